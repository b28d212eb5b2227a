//! A configuration once for each cell, in one file: everything under names of the cell's own.

use std::path::Path;

use serde_json::{Map, Value};

use crate::chaos::scenario::as_json;
use crate::read::FormError;
use crate::source::{SourceFile, parse_yaml};

use super::{Cell, Configuration};

/// Keys that hold `[{route: [routes]}]`.
const FALLBACKS: &[&str] = &["fallbacks", "context_window_fallbacks", "content_policy_fallbacks"];
/// Keys that hold `{route: …}`.
const BY_ROUTE: &[&str] = &["model_group_retry_policy"];

/// A configuration for `LiteLLM` that serves every cell: JSON, which is YAML. `base` gives where a fault's broken
/// provider is, when it is not at the emulator.
///
/// # Errors
/// Fails when the configuration cannot be read.
pub fn multiplied(
    configuration: &Configuration,
    cells: &[Cell],
    base: &dyn Fn(&Cell) -> Option<String>,
) -> Result<Value, FormError> {
    let path = Path::new(configuration.name);
    let file = SourceFile::new(path, configuration.text.to_owned());
    let documents = parse_yaml(&file).map_err(|error| FormError::parse(path, error))?;
    let mut root = documents.first().map(as_json).unwrap_or_default();
    let models = root["model_list"].as_array().cloned().unwrap_or_default();
    let mut all = Vec::new();
    for cell in cells {
        let (prefix, base) = (cell.prefix(), base(cell));
        all.extend(models.iter().map(|model| renamed(model, &prefix, base.as_deref())));
    }
    root["model_list"] = Value::Array(all);
    for section in ["router_settings", "litellm_settings"] {
        let Some(settings) = root.get_mut(section).and_then(Value::as_object_mut) else {
            continue;
        };
        for (key, value) in settings.iter_mut() {
            if FALLBACKS.contains(&key.as_str()) {
                *value = fallbacks(value, cells);
            } else if BY_ROUTE.contains(&key.as_str()) {
                *value = by_route(value, cells);
            }
        }
    }
    root["general_settings"]["master_key"] = "os.environ/LITELLM_MASTER_KEY".into();
    Ok(root)
}

/// An entry of `model_list` under a cell's names.
fn renamed(model: &Value, prefix: &str, base: Option<&str>) -> Value {
    let mut model = model.clone();
    let named = |name: &Value| format!("{prefix}{}", name.as_str().unwrap_or_default());
    model["model_name"] = named(&model["model_name"]).into();
    let params = &mut model["litellm_params"];
    let written = params["model"].as_str().unwrap_or_default().to_owned();
    let (provider, name) = written.split_once('/').unwrap_or(("openai", &written));
    params["model"] = format!("{provider}/{prefix}{name}").into();
    if let Some(base) = base.filter(|_| Cell::breaks(name)) {
        params["api_base"] = base.into();
    }
    model
}

fn fallbacks(written: &Value, cells: &[Cell]) -> Value {
    let entries = written.as_array().map(Vec::as_slice).unwrap_or_default();
    let of_cell = |cell: &Cell| {
        let prefix = cell.prefix();
        entries.iter().map(move |entry| {
            let routes = entry.as_object().into_iter().flatten().map(|(route, others)| {
                let others = others.as_array().map(Vec::as_slice).unwrap_or_default();
                let others = others
                    .iter()
                    .map(|it| format!("{prefix}{}", it.as_str().unwrap_or_default()));
                (format!("{prefix}{route}"), Value::from_iter(others))
            });
            Value::Object(Map::from_iter(routes))
        })
    };
    Value::Array(cells.iter().flat_map(of_cell).collect())
}

fn by_route(written: &Value, cells: &[Cell]) -> Value {
    let mut all = Map::new();
    for cell in cells {
        for (route, setting) in written.as_object().into_iter().flatten() {
            all.insert(format!("{}{route}", cell.prefix()), setting.clone());
        }
    }
    Value::Object(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chaos::validate::{CONFIGURATIONS, FAULTS, cells};

    #[test]
    fn every_cell_gets_its_own_names() {
        let default = &CONFIGURATIONS[0];
        let cells: Vec<Cell> = cells(default, &FAULTS[..2]);
        let base = |cell: &Cell| cell.fault.base.map(str::to_owned);
        let all = multiplied(default, &cells, &base).unwrap();
        assert_eq!(all["model_list"].as_array().unwrap().len(), cells.len() * 2);
        assert_eq!(all["model_list"][2]["model_name"], "c1-main");
        assert_eq!(all["model_list"][2]["litellm_params"]["model"], "openai/c1-primary");
        assert_eq!(
            all["model_list"][2]["litellm_params"]["api_base"],
            "os.environ/OPENAI_BASE"
        );
        assert_eq!(
            all["model_list"][4]["litellm_params"]["api_base"],
            FAULTS[1].base.unwrap()
        );
        assert_eq!(
            all["model_list"][5]["litellm_params"]["api_base"],
            "os.environ/OPENAI_BASE"
        );
        assert_eq!(
            all["router_settings"]["fallbacks"][1],
            serde_json::json!({"c1-main": ["c1-backup"]})
        );
    }

    #[test]
    fn a_configuration_once_is_read_as_itself() {
        for configuration in CONFIGURATIONS {
            let cells = cells(configuration, &FAULTS[..1]);
            let text = multiplied(configuration, &cells, &|_| None).unwrap().to_string();
            let prices = crate::system::prices::Prices::shipped();
            let read = crate::read::read_bytes(Path::new("config.yaml"), text.into_bytes(), &prices);
            assert!(read.errors.is_empty(), "{}", configuration.name);
            let once = configuration.reading();
            assert_eq!(read.system.routes.len(), once.system.routes.len() * cells.len());
        }
    }
}
