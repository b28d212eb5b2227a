//! A program between applications and providers.

use crate::source::Place;

use super::ids::Offset;
use super::{Dialect, ServiceId, Setting};

/// A program between applications and providers, as its configuration describes it.
#[derive(Debug, Clone)]
pub struct Gateway {
    /// Its dialect, so its product.
    pub dialect: Dialect,
    /// The configuration file: its first key, so that findings without a better place have one.
    pub place: Place,
    /// Who may call it.
    pub auth: Auth,
    /// Where traces or spend are sent.
    pub traces: Setting<bool>,
    /// Whether somebody is told when it breaks.
    pub alerting: Setting<bool>,
    /// Where prompts and answers are written into logs or tables, if they are.
    pub prompts_logged: Option<Place>,
    /// Where debug logging is switched on.
    pub debug: Option<Place>,
    /// Where state that instances must share is kept, if it is: cooldowns, usage.
    pub shared_state: Option<Setting<String>>,
    /// Its database, if one is named in the file or in the environment beside it.
    pub database: Option<Setting<String>>,
    /// Services without which no request is answered (a store that fails closed).
    pub path_services: Vec<Setting<String>>,
    /// Whether it stops working on a request whose caller has gone.
    pub cancels_on_disconnect: Option<Setting<bool>>,
    /// The services that run it, one for each that was seen in compose files or manifests.
    pub run_by: Vec<ServiceId>,
    /// Host names and ports under which callers reach it, from the services that run it.
    pub addresses: Vec<String>,
    /// Whether live answers are judged or sampled by it.
    pub judged: Setting<bool>,
    /// Whether user or key budgets and limits exist.
    pub per_user_limits: Setting<bool>,
}

/// Who may call a gateway.
#[derive(Debug, Clone)]
pub enum Auth {
    /// A key, from the environment or a secret.
    Key(Place),
    /// A key that stands in the file.
    Literal(Place),
    /// A key that everybody knows.
    Weak(Place),
    /// Switched off, or nothing is written; the text says which.
    Missing(Option<Place>),
    /// The dialect leaves it to something else.
    Elsewhere,
}

impl Gateway {
    pub(super) fn shifted(mut self, by: &Offset) -> Self {
        for service in &mut self.run_by {
            *service = by.service(*service);
        }
        self
    }
}

/// An evaluation suite that was seen: promptfoo, `TensorZero` evaluations, ours.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// Where it is declared.
    pub place: Place,
    /// The tool.
    pub tool: &'static str,
    /// Models and routes that it names.
    pub subjects: Vec<String>,
    /// The model that grades, when one is named.
    pub judge: Option<Setting<String>>,
}
