//! `aisys schema`: the JSON Schema of `aisys.yaml`.

use std::io::Write;

use crate::exit;
use crate::read::aisys::json_schema;

use super::Failure;

pub(super) fn run(out: &mut dyn Write) -> Result<u8, Failure> {
    let text = serde_json::to_string_pretty(&json_schema()).map_err(|error| Failure::Outside(error.to_string()))?;
    writeln!(out, "{text}")?;
    Ok(exit::HOLDS)
}
