//! What the models of this process take, beside candle-transformers where it has the same.
//!
//! `cargo bench --bench models`. The transformers are those of the store by the names `minilm` and `smollm2`;
//! what is not there is left out. With `AISYS_CRANFIELD=FOLDER` (the collection's `cran.all.1400`, `cran.qry`
//! and `cranqrel`) it also tells nDCG@10 of each embedder. Seconds of the processor come from `/proc`, so that
//! other programs on the machine do not count.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    missing_docs,
    reason = "a benchmark fails by a panic and prints"
)]

use std::collections::HashMap;
use std::hint::black_box;
use std::path::Path;

use aisys::clock::Moment;
use aisys::embedded::{Embedder, Models, home};

fn main() {
    let home = home(|name| std::env::var(name).ok()).unwrap();
    let models = Models::open(&home);
    let rules = include_str!("../docs/rules.md");
    let lines = rules.lines().filter(|line| (40..200).contains(&line.len()));
    let sentences: Vec<&str> = lines.take(200).collect();
    let passages: Vec<String> = sentences.chunks(6).map(|chunk| chunk.join(" ")).collect();
    let passages: Vec<&str> = passages.iter().map(String::as_str).collect();

    let table = timed("static table, load", 1, || models.embedder("default").unwrap());
    timed("static table, sentences", 100 * sentences.len(), || {
        for _ in 0..100 {
            black_box(table.embed(&sentences).unwrap());
        }
    });
    cranfield("static table", table.as_ref());
    #[cfg(feature = "models")]
    transformers::run(&models, &sentences, &passages);
    #[cfg(not(feature = "models"))]
    black_box(passages);
}

/// Runs something and tells how many of it a second of the clock, and one of the processor, give.
fn timed<T>(what: &str, count: usize, work: impl FnOnce() -> T) -> T {
    let (begin, processor) = (Moment::now(), processor_seconds());
    let made = work();
    let (seconds, processor) = (begin.elapsed().as_secs_f64(), processor_seconds() - processor);
    println!(
        "{what}: {count} in {:.1} ms: {:.1}/s, {:.1} a second of one processor",
        seconds * 1_000.0,
        count as f64 / seconds,
        count as f64 / processor
    );
    made
}

/// Seconds that this process has taken of all processors; not a number where there is no `/proc`.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> = stat
        .rsplit(')')
        .next()
        .map(|rest| {
            rest.split_whitespace()
                .map(|field| field.parse().unwrap_or(f64::NAN))
                .collect()
        })
        .unwrap_or_default();
    // utime and stime, in the kernel's hundredths (proc(5)).
    fields
        .get(11)
        .zip(fields.get(12))
        .map_or(f64::NAN, |(user, system)| (user + system) / 100.0)
}

/// nDCG@10 on Cranfield: grades 1 to 4 count 4 to 1, as in `peers`.
fn cranfield(name: &str, embedder: &dyn Embedder) {
    let Ok(folder) = std::env::var("AISYS_CRANFIELD") else {
        return;
    };
    let read = |file: &str| {
        std::fs::read_to_string(Path::new(&folder).join(file))
            .unwrap()
            .replace('\r', "")
    };
    let texts = |file: &str| -> Vec<String> {
        let all = read(file);
        let records = all.split(".I ").skip(1);
        let text = |record: &str| {
            let lines = record.lines().skip(1);
            let mut field = "";
            let mut words = String::new();
            for line in lines {
                match line.trim_end() {
                    mark @ (".T" | ".A" | ".B" | ".W") => field = mark,
                    line if field == ".T" || field == ".W" => {
                        words.push_str(line);
                        words.push(' ');
                    }
                    _ => {}
                }
            }
            words
        };
        records.map(text).collect()
    };
    let (documents, queries) = (texts("cran.all.1400"), texts("cran.qry"));
    let mut grades: HashMap<usize, HashMap<usize, f64>> = HashMap::new();
    for line in read("cranqrel").lines() {
        let numbers: Vec<i32> = line.split_whitespace().map(|field| field.parse().unwrap()).collect();
        let grade = f64::from(if (1..=4).contains(&numbers[2]) {
            5 - numbers[2]
        } else {
            0
        });
        let place = |number: i32| usize::try_from(number - 1).unwrap();
        grades
            .entry(place(numbers[0]))
            .or_default()
            .insert(place(numbers[1]), grade);
    }
    let vectors = |texts: &[String]| {
        embedder
            .embed(&texts.iter().map(String::as_str).collect::<Vec<_>>())
            .unwrap()
    };
    let (documents, queries) = (vectors(&documents), vectors(&queries));
    let gain = |grades: &[f64]| -> f64 {
        let ranked = grades.iter().take(10).zip(2_u32..);
        ranked.map(|(grade, rank)| grade / f64::from(rank).log2()).sum()
    };
    let mut total = 0.0;
    for (number, query) in queries.iter().enumerate() {
        let score = |document: &Vec<f32>| query.iter().zip(document).map(|(a, b)| a * b).sum::<f32>();
        let mut ranked: Vec<(usize, f32)> = documents.iter().map(score).enumerate().collect();
        ranked.sort_by(|left, right| right.1.total_cmp(&left.1));
        let judged = &grades[&number];
        let found: Vec<f64> = ranked
            .iter()
            .map(|(place, _)| judged.get(place).copied().unwrap_or(0.0))
            .collect();
        let mut best: Vec<f64> = judged.values().copied().collect();
        best.sort_by(|left, right| right.total_cmp(left));
        total += gain(&found) / gain(&best);
    }
    println!("{name}: nDCG@10 on Cranfield {:.4}", total / queries.len() as f64);
}

#[cfg(feature = "models")]
mod transformers {
    use std::fs::File;
    use std::io::BufReader;

    use aisys::embedded::Models;
    use aisys::wire::{Message, Role};
    use candle_core::quantized::gguf_file::Content;
    use candle_core::{DType, Device, Tensor};
    use candle_transformers::models::bert::BertModel;
    use candle_transformers::models::quantized_llama::ModelWeights;

    use super::{black_box, cranfield, processor_seconds, timed};

    pub(super) fn run(models: &Models, sentences: &[&str], passages: &[&str]) {
        let (sentences, passages) = (&sentences[..64], &passages[..16]);
        if models.store().open("minilm").is_ok() {
            let minilm = timed("minilm, load", 1, || models.embedder("minilm").unwrap());
            minilm.embed(&sentences[..4]).unwrap();
            timed("minilm, one sentence at a time", 16, || {
                for sentence in &sentences[..16] {
                    black_box(minilm.embed(&[sentence]).unwrap());
                }
            });
            timed("minilm, sentences", sentences.len(), || {
                minilm.embed(sentences).unwrap()
            });
            timed("minilm, passages", passages.len(), || minilm.embed(passages).unwrap());
            candle_bert(models, sentences, passages);
            cranfield("minilm", minilm.as_ref());
        }
        if models.store().open("smollm2").is_ok() {
            chat(models, passages);
            candle_llama(models);
        }
    }

    /// The same model by candle-transformers, over the same tokens in batches of like length.
    fn candle_bert(models: &Models, sentences: &[&str], passages: &[&str]) {
        let (folder, _) = models.store().open("minilm").unwrap();
        let weights = std::fs::read(folder.join("model.safetensors")).unwrap();
        let builder = candle_nn::VarBuilder::from_buffered_safetensors(weights, DType::F32, &Device::Cpu).unwrap();
        let config = serde_json::from_slice(&std::fs::read(folder.join("config.json")).unwrap()).unwrap();
        let model = BertModel::load(builder, &config).unwrap();
        let mut tokenizer = tokenizers::Tokenizer::from_file(folder.join("tokenizer.json")).unwrap();
        tokenizer.with_padding(None);
        let cut = tokenizers::TruncationParams {
            max_length: 256,
            ..Default::default()
        };
        tokenizer.with_truncation(Some(cut)).unwrap();
        let embed = |texts: &[&str]| {
            let mut encodings = tokenizer.encode_batch(texts.to_vec(), true).unwrap();
            encodings.sort_by_key(|encoding| encoding.get_ids().len());
            for batch in encodings.chunks(16) {
                let width = batch.iter().map(|it| it.get_ids().len()).max().unwrap();
                let filled = |of: fn(&tokenizers::Encoding) -> &[u32]| -> Tensor {
                    let rows = batch.iter().map(|it| {
                        let mut row = of(it).to_vec();
                        row.resize(width, 0);
                        row
                    });
                    let values: Vec<u32> = rows.flatten().collect();
                    Tensor::from_vec(values, (batch.len(), width), &Device::Cpu).unwrap()
                };
                let ids = filled(tokenizers::Encoding::get_ids);
                let mask = filled(tokenizers::Encoding::get_attention_mask);
                black_box(model.forward(&ids, &ids.zeros_like().unwrap(), Some(&mask)).unwrap());
            }
        };
        embed(&sentences[..4]);
        timed("minilm by candle-transformers, sentences", sentences.len(), || {
            embed(sentences);
        });
        timed("minilm by candle-transformers, passages", passages.len(), || {
            embed(passages);
        });
    }

    fn chat(models: &Models, passages: &[&str]) {
        let model = timed("smollm2, load", 1, || models.gguf("smollm2").unwrap());
        let messages = [Message::text(
            Role::User,
            format!("Summarise:\n{}", passages[..2].join("\n")),
        )];
        let (begin, mut first) = (processor_seconds(), 0.0);
        let mut watch = |piece: &str| {
            if !piece.is_empty() && first == 0.0 {
                first = processor_seconds();
            }
            true
        };
        let answer = model.generate(&messages, 24, 0.0, 0, &mut watch).unwrap();
        println!(
            "smollm2: prompt of {} tokens {:.1}, answer of {} tokens {:.1} a second of one processor",
            answer.input_tokens,
            answer.input_tokens as f64 / (first - begin),
            answer.output_tokens,
            (answer.output_tokens - 1) as f64 / (processor_seconds() - first)
        );
    }

    fn candle_llama(models: &Models) {
        let (folder, manifest) = models.store().open("smollm2").unwrap();
        let file = manifest.files.iter().find(|file| file.name.ends_with(".gguf")).unwrap();
        let mut reader = BufReader::new(File::open(folder.join(&file.name)).unwrap());
        let content = Content::read(&mut reader).unwrap();
        let mut model = ModelWeights::from_gguf(content, &mut reader, &Device::Cpu).unwrap();
        let ids = Tensor::arange(100_u32, 164, &Device::Cpu)
            .unwrap()
            .reshape((1, 64))
            .unwrap();
        timed("smollm2 by candle-transformers, prompt", 64, || {
            model.forward(&ids, 0).unwrap()
        });
        let one = Tensor::new(&[[5_u32]], &Device::Cpu).unwrap();
        timed("smollm2 by candle-transformers, answer", 16, || {
            for at in 0..16 {
                black_box(model.forward(&one, 64 + at).unwrap());
            }
        });
    }
}
