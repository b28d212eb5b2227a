//! Switching the faults of an emulated provider or a proxy, by its admin API.

use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::Value;

use crate::chaos::Scenario;
use crate::chaos::live::Mark;
use crate::chaos::scenario::Selector;

use super::LoadError;

/// How long the admin API may take for one answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// An emulator or proxy whose faults a run switches.
#[derive(Debug, Clone)]
pub struct Stage {
    /// Its address, such as `http://127.0.0.1:4010`.
    pub url: String,
}

impl Stage {
    /// Takes away what is set there, sets this scenario's faults, and starts its clock at zero.
    ///
    /// # Errors
    /// Fails when it does not answer or does not take a fault.
    pub async fn set(&self, http: &Client, scenario: &Scenario) -> Result<(), LoadError> {
        self.ask(http, Method::POST, "clock/pause", None).await?;
        self.clear(http).await?;
        for fault in &scenario.faults {
            // Uploads are the load's own.
            if !fault.on.contains(&Selector::Requests) {
                self.ask(http, Method::POST, "faults", Some(fault.to_entry())).await?;
            }
        }
        self.ask(http, Method::POST, "reset", None).await?;
        self.ask(http, Method::POST, "clock/start", None).await?;
        Ok(())
    }

    /// Takes away all faults.
    ///
    /// # Errors
    /// Fails when it does not answer.
    pub async fn clear(&self, http: &Client) -> Result<(), LoadError> {
        let state = self.ask(http, Method::GET, "state", None).await?;
        let faults = state.get("faults").and_then(Value::as_array);
        for index in faults
            .into_iter()
            .flatten()
            .filter_map(|fault| fault.get("index")?.as_u64())
        {
            self.ask(http, Method::DELETE, &format!("faults/{index}"), None).await?;
        }
        Ok(())
    }

    /// How many calls providers have got since the scenario's faults were set; `None` where it does not say.
    ///
    /// # Errors
    /// Fails when it does not answer.
    pub async fn calls(&self, http: &Client) -> Result<Option<u64>, LoadError> {
        let state = self.ask(http, Method::GET, "state", None).await?;
        Ok(state.get("calls").and_then(Value::as_u64))
    }

    /// The answers that it has marked as not right, by question and digest; `None` where it marks none.
    ///
    /// # Errors
    /// Fails when it does not answer, or not with marks.
    pub async fn marks(&self, http: &Client) -> Result<Option<Vec<Mark>>, LoadError> {
        let marks = self.ask(http, Method::GET, "marks", None).await?;
        serde_json::from_value(marks).map_err(|_| LoadError::Stage {
            url: self.url.clone(),
            why: "what it gives are no marks of answers".to_owned(),
        })
    }

    async fn ask(&self, http: &Client, method: Method, path: &str, body: Option<Value>) -> Result<Value, LoadError> {
        let wrong = |why: String| LoadError::Stage {
            url: self.url.clone(),
            why,
        };
        let url = format!("{}/__aisys/{path}", self.url.trim_end_matches('/'));
        let mut request = http.request(method, url).timeout(PATIENCE);
        if let Some(body) = body {
            request = request.body(body.to_string());
        }
        let response = request
            .send()
            .await
            .map_err(|error| wrong(error.without_url().to_string()))?;
        let status = response.status();
        let text = response
            .text()
            .await
            .map_err(|error| wrong(error.without_url().to_string()))?;
        if !status.is_success() {
            return Err(wrong(format!(
                "status {status}: {}",
                text.chars().take(500).collect::<String>()
            )));
        }
        serde_json::from_str(&text).map_err(|_| wrong("the answer is no JSON".to_owned()))
    }
}
