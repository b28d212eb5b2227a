//! Parse, run one stage, map the outcome to an exit code.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use aisys::{cli, exit};
use clap::Parser;

/// A system is thousands of short texts: this allocator takes a third of the time of the C library's. Without huge
/// pages (`no_thp`), each of which is 2 MiB however little of it is used, and cleared as a whole: the memory of a run is
/// less by a fifth to a half, and its time no longer.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let parsed = cli::Cli::parse();
    let mut out = BufWriter::new(io::stdout().lock());
    let mut notes = io::stderr().lock();
    let outcome =
        cli::run(&parsed, &mut out, &mut notes).and_then(|code| out.flush().map_err(cli::Failure::from).map(|()| code));
    match outcome {
        Ok(code) => ExitCode::from(code),
        // Whoever reads may stop reading: `aisys audit | head` is no failure.
        Err(cli::Failure::Pipe) => ExitCode::from(exit::HOLDS),
        Err(failure) => {
            let _ = writeln!(notes, "error: {failure}");
            ExitCode::from(failure.code())
        }
    }
}
