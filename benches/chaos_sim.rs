//! How fast the simulator is: one gateway, three providers with streams, a cache and limits.
//!
//! `cargo bench --bench chaos_sim [-- faults]`: three million requests at 1, 20 and 100 requests a second each, on
//! one core; with `faults`, half of one provider's calls are refused for ten minutes of every two hours.

#![allow(missing_docs, reason = "a program")]

use std::error::Error;
use std::io::Write as _;
use std::path::Path;

use aisys::chaos::{Scenario, sim};
use aisys::clock::Moment;
use aisys::read::read_bytes;
use aisys::source::SourceFile;
use aisys::system::prices::Prices;

const REQUESTS: f64 = 3_000_000.0;

const CONFIGURATION: &str = "
model_list:
- {model_name: main, litellm_params: {model: openai/gpt-4o, api_key: a, timeout: 10, stream_timeout: 10, num_retries: 1}}
- {model_name: main, litellm_params: {model: azure/gpt-4o, api_base: 'https://example.openai.azure.com', api_key: b,
    timeout: 10, stream_timeout: 10, num_retries: 1}}
- {model_name: backup, litellm_params: {model: anthropic/claude-3-5-haiku-20241022, api_key: c, timeout: 10,
    num_retries: 1}}
router_settings: {fallbacks: [{main: [backup]}]}
litellm_settings: {cache: true, cache_params: {type: redis, ttl: 600, host: r}}
";

const FAULTS: &str = "faults: [{at: 1h, for: 10m, every: 2h, on: provider/openai, share: 0.5, answer: 529}]\n";

fn main() -> Result<(), Box<dyn Error>> {
    let faults = std::env::args().any(|word| word == "faults");
    let system = read_bytes(Path::new("config.yaml"), CONFIGURATION.into(), &Prices::shipped()).system;
    let route = sim::entry(&system, None).ok_or("no route")?;
    let mut out = std::io::stdout().lock();
    for rate in [1.0, 20.0, 100.0] {
        let hours = REQUESTS / rate / 3_600.0;
        let text = format!(
            "scenario: bench\n\
             traffic: {{rate: {rate}/s, for: {hours:.2}h, prompt_tokens: 'lognormal(800, 1.1)', \
             output_tokens: 'lognormal(250, 0.8)', tenants: zipf(50), repeat_questions: 0.3}}\n\
             providers: {{default: {{first_token: 'lognormal(450ms, 0.5)', tokens_per_second: 60, \
             limits: {{rpm: 10000, tpm: 30M}}}}}}\n{}",
            if faults { FAULTS } else { "" }
        );
        let scenario = Scenario::parse(&SourceFile::new(Path::new("bench.yaml"), text))?;
        let setup = sim::Setup::new(&system, route, &scenario);
        let start = Moment::now();
        let total = sim::tally(&setup, 1).total();
        let seconds = start.elapsed().as_secs_f64();
        let requests = scenario.requests().count();
        let millions = f64::from(u32::try_from(requests)?) / 1e6;
        writeln!(
            out,
            "{rate}/s: {requests} requests, {} cached, {hours:.0} h in {seconds:.2} s: {:.2} million requests a second, \
             {:.0} hours a second",
            total.cached,
            millions / seconds,
            hours / seconds
        )?;
    }
    Ok(())
}
