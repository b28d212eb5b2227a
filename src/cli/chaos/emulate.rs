//! `aisys chaos emulate`: providers on loopback that need no key and break as asked.

use std::io::Write;
use std::sync::Arc;

use clap::Args;

use crate::chaos::emulate::{Answers, EXPORTS, Emulator, run as serve};
use crate::cli::Failure;
use crate::exit;

use super::live::LiveArgs;

const EXAMPLES: &str = "\
One port speaks the APIs of OpenAI (chat, responses, embeddings, models), Azure OpenAI, Anthropic, Gemini, Bedrock
(converse) and Ollama. A path may begin with another provider's name and a region, so that faults can tell them apart:
/groq/v1/chat/completions, /azure/swedencentral/openai/deployments/...

Examples:
  aisys chaos emulate                                      healthy, echoes each question
  aisys chaos emulate friday --answers lorem:250           with a shipped scenario's faults, answers of 250 tokens
  aisys chaos emulate friday --log run.jsonl               logs each decision; --replay run.jsonl meets the same again
  aisys chaos emulate --port 8080 > providers.env &        then `. ./providers.env` sets the variables that SDKs read
  curl -X POST localhost:8080/__aisys/faults -d '{on: provider/openai, share: 0.5, answer: 529}'";

/// The arguments of `aisys chaos emulate`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct EmulateArgs {
    /// The scenario whose faults are played, a file or a shipped name; without one everything is healthy
    scenario: Option<String>,
    /// What models say: echo, lorem, lorem:TOKENS, a script (.yaml) or a cassette (.jsonl)
    #[arg(long, default_value = "echo")]
    answers: String,
    #[command(flatten)]
    live: LiveArgs,
}

/// Runs `aisys chaos emulate` until it is stopped.
pub(super) fn run(arguments: &EmulateArgs, out: &mut dyn Write, notes: &mut dyn Write) -> Result<u8, Failure> {
    let answers = Answers::parse(&arguments.answers).map_err(|error| Failure::Usage(error.to_string()))?;
    let director = arguments.live.director(arguments.scenario.as_deref())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(async {
        let listener = arguments.live.listen().await?;
        let address = listener.local_addr()?;
        for (_, variable, path) in EXPORTS {
            writeln!(out, "export {variable}=http://{address}{path}")?;
        }
        writeln!(out, "# admin: http://{address}/__aisys/state")?;
        out.flush()?;
        let emulator = Arc::new(Emulator {
            director: Arc::clone(&director),
            answers,
            has_traffic: arguments.scenario.is_some(),
        });
        arguments.live.serve(&director, serve(listener, emulator), notes).await
    });
    // Streams that are open are not waited for.
    runtime.shutdown_background();
    served.map(|()| exit::HOLDS)
}
