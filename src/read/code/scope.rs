//! What a file's names stand for: imports, assigned values, environment variables.

use std::collections::HashMap;

use tree_sitter::Node;

use super::sdks;
use super::tree::{Source, every, is_call, named_children};

/// How often a name may lead to another name.
const DEEPEST: usize = 4;

/// The names of a file.
pub(super) struct Scope<'a, 't> {
    source: Source<'a>,
    /// A name to the module that it comes from, and its name there.
    imports: HashMap<&'a str, (String, &'a str)>,
    /// A name, or `self.client`, to what was last assigned to it.
    values: HashMap<&'a str, Node<'t>>,
    /// All calls, in the order of the text.
    calls: Vec<Call<'t>>,
    /// All assignments and declarations, in the order of the text.
    assignments: Vec<Node<'t>>,
}

/// A call, and what is called.
#[derive(Debug)]
pub(super) struct Call<'t> {
    /// The call expression.
    pub node: Node<'t>,
    /// The callee's text without white space; empty when it has none.
    pub callee: String,
}

/// What an expression stands for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// Text.
    Text(String),
    /// A number.
    Number(f64),
    /// `True`, `true`.
    Bool(bool),
    /// `None`, `null`.
    Nothing,
    /// An environment variable, and the text that is used without it.
    Variable(String, Option<String>),
}

impl<'a, 't> Scope<'a, 't> {
    pub(super) fn of(source: Source<'a>, root: Node<'t>) -> Self {
        let mut scope = Self {
            source,
            imports: HashMap::new(),
            values: HashMap::new(),
            calls: Vec::new(),
            assignments: Vec::new(),
        };
        every(root, |node| scope.note(node));
        scope
    }

    /// All calls, in the order of the text. They are gathered once: a walk of the whole tree for each
    /// call would make a file's cost the square of its length.
    pub(super) fn calls(&self) -> &[Call<'t>] {
        &self.calls
    }

    /// The calls inside a node.
    pub(super) fn calls_in(&self, node: Node<'_>) -> &[Call<'t>] {
        inside(&self.calls, |call| call.node, node)
    }

    /// The assignments and declarations inside a node.
    pub(super) fn assignments_in(&self, node: Node<'_>) -> &[Node<'t>] {
        inside(&self.assignments, |assignment| *assignment, node)
    }

    /// Whether any library that is known here is imported.
    pub(super) fn imports_a_library(&self) -> bool {
        self.imports.values().any(|(module, _)| sdks::is_known_module(module))
    }

    /// Whether a module, or one inside it, is imported.
    pub(super) fn imports(&self, module: &str) -> bool {
        self.imports.values().any(|(known, _)| {
            known == module || known.starts_with(&format!("{module}.")) || known.starts_with(&format!("{module}/"))
        })
    }

    /// The module and the original name behind an imported name.
    pub(super) fn import(&self, name: &str) -> Option<(&str, &str)> {
        self.imports
            .get(name)
            .map(|(module, original)| (module.as_str(), *original))
    }

    /// What was assigned to a name.
    pub(super) fn assigned(&self, name: &str) -> Option<Node<'t>> {
        self.values.get(name).copied()
    }

    fn note(&mut self, node: Node<'t>) {
        if is_call(node) {
            let callee = self.source.callee(node).unwrap_or_default();
            self.calls.push(Call { node, callee });
        } else if matches!(node.kind(), "assignment" | "variable_declarator") {
            self.assignments.push(node);
        }
        match node.kind() {
            "import_statement" if self.source.is_python() => self.python_import(node),
            "import_from_statement" => self.python_from(node),
            "import_statement" => self.script_import(node),
            "assignment" | "assignment_expression" => {
                self.assign(node.child_by_field_name("left"), node.child_by_field_name("right"));
            }
            "variable_declarator" => {
                let value = node.child_by_field_name("value");
                if let Some(module) = value.and_then(|value| self.required(value)) {
                    self.destructured(node.child_by_field_name("name"), &module);
                }
                self.assign(node.child_by_field_name("name"), value);
            }
            _ => {}
        }
    }

    fn assign(&mut self, name: Option<Node<'t>>, value: Option<Node<'t>>) {
        if let (Some(name), Some(value)) = (name, value) {
            let value = if value.kind() == "await" || value.kind() == "await_expression" {
                value.named_child(0).unwrap_or(value)
            } else {
                value
            };
            self.values.insert(self.source.text(name), value);
        }
    }

    /// `import a.b as c`, `import a.b`.
    fn python_import(&mut self, node: Node<'t>) {
        for child in named_children(Some(node)) {
            let (module, name) = match child.kind() {
                "aliased_import" => (child.child_by_field_name("name"), child.child_by_field_name("alias")),
                _ => (Some(child), Some(child)),
            };
            if let (Some(module), Some(name)) = (module, name) {
                let module = self.source.text(module);
                let name = self.source.text(name);
                self.imports.insert(name, (module.to_owned(), ""));
            }
        }
    }

    /// `from a import b as c, d`.
    fn python_from(&mut self, node: Node<'t>) {
        let Some(module) = node.child_by_field_name("module_name") else {
            return;
        };
        let module_text = self.source.text(module);
        for child in named_children(Some(node)).into_iter().filter(|child| *child != module) {
            let (original, name) = match child.kind() {
                "aliased_import" => (child.child_by_field_name("name"), child.child_by_field_name("alias")),
                _ => (Some(child), Some(child)),
            };
            if let (Some(original), Some(name)) = (original, name) {
                let original = self.source.text(original);
                // `from google import genai` imports a module.
                let module = if module_text == "google" && original == "genai" {
                    "google.genai".to_owned()
                } else {
                    module_text.to_owned()
                };
                self.imports.insert(self.source.text(name), (module, original));
            }
        }
    }

    /// `import A, {b as c} from "module"`.
    fn script_import(&mut self, node: Node<'t>) {
        let Some(module) = node
            .child_by_field_name("source")
            .and_then(|it| self.source.literal(it))
        else {
            return;
        };
        every(node, |child| match child.kind() {
            "import_specifier" => {
                let original = child.child_by_field_name("name");
                let name = child.child_by_field_name("alias").or(original);
                if let (Some(original), Some(name)) = (original, name) {
                    let original = self.source.text(original);
                    self.imports.insert(self.source.text(name), (module.clone(), original));
                }
            }
            "identifier"
                if child
                    .parent()
                    .is_some_and(|parent| matches!(parent.kind(), "import_clause" | "namespace_import")) =>
            {
                self.imports
                    .insert(self.source.text(child), (module.clone(), "default"));
            }
            _ => {}
        });
    }

    /// The module of `require("module")`.
    fn required(&self, value: Node<'t>) -> Option<String> {
        let call = if value.kind() == "member_expression" {
            value.child_by_field_name("object")?
        } else {
            value
        };
        if call.kind() != "call_expression" || self.source.callee(call)? != "require" {
            return None;
        }
        self.source.literal(*self.source.positional(call).first()?)
    }

    fn destructured(&mut self, name: Option<Node<'t>>, module: &str) {
        let Some(name) = name else { return };
        if name.kind() == "identifier" {
            self.imports
                .insert(self.source.text(name), (module.to_owned(), "default"));
            return;
        }
        every(name, |child| {
            if child.kind() == "shorthand_property_identifier_pattern" {
                let text = self.source.text(child);
                self.imports.insert(text, (module.to_owned(), text));
            }
        });
    }

    /// The expression that a name leads to, or the expression itself.
    pub(super) fn follow(&self, node: Node<'t>) -> Node<'t> {
        let mut at = node;
        for _ in 0..DEEPEST {
            let is_name = matches!(
                at.kind(),
                "identifier" | "attribute" | "member_expression" | "shorthand_property_identifier"
            );
            match self.values.get(self.source.text(at)).filter(|_| is_name) {
                Some(value) if *value != at => at = *value,
                _ => break,
            }
        }
        at
    }

    /// What an expression stands for, as far as the file tells.
    pub(super) fn value(&self, node: Node<'t>) -> Option<Value> {
        let node = self.follow(node);
        match node.kind() {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            "none" | "null" | "undefined" => Some(Value::Nothing),
            "integer" | "float" | "number" => number(self.source.text(node)).map(Value::Number),
            "binary_operator" | "binary_expression" => self.product(node),
            "call" | "call_expression" => self.variable_call(node),
            "subscript" | "member_expression" | "non_null_expression" | "as_expression" => self.variable(node),
            "boolean_operator" => self.value(node.child_by_field_name("left")?),
            _ => self.source.literal(node).map(Value::Text),
        }
    }

    /// `60 * 1000`, and `process.env.X || "default"`.
    fn product(&self, node: Node<'t>) -> Option<Value> {
        let left = self.value(node.child_by_field_name("left")?);
        let right = self.value(node.child_by_field_name("right")?);
        let operator = self.source.text(node.child_by_field_name("operator")?);
        match (left, operator, right) {
            (Some(Value::Number(left)), "*", Some(Value::Number(right))) => Some(Value::Number(left * right)),
            (Some(Value::Variable(name, None)), "||" | "??", Some(Value::Text(default))) => {
                Some(Value::Variable(name, Some(default)))
            }
            (Some(left), "||" | "??", _) => Some(left),
            _ => None,
        }
    }

    /// `os.getenv("X", "default")`, `os.environ.get("X")`.
    fn variable_call(&self, node: Node<'t>) -> Option<Value> {
        let callee = self.source.callee(node)?;
        if !matches!(
            callee.as_str(),
            "os.getenv" | "getenv" | "os.environ.get" | "environ.get"
        ) {
            return None;
        }
        let arguments = self.source.positional(node);
        let name = self.source.literal(*arguments.first()?)?;
        let default = arguments.get(1).and_then(|it| self.source.literal(*it));
        Some(Value::Variable(name, default))
    }

    /// `os.environ["X"]`, `process.env.X`, `process.env["X"]`, `process.env.X!`.
    fn variable(&self, node: Node<'t>) -> Option<Value> {
        let text: String = self.source.text(node).chars().filter(|c| !c.is_whitespace()).collect();
        let name = text
            .strip_prefix("os.environ[")
            .or_else(|| text.strip_prefix("environ["))
            .or_else(|| text.strip_prefix("process.env["))
            .map(|rest| rest.trim_matches(['"', '\'', ']']))
            .or_else(|| {
                let rest = text
                    .strip_prefix("process.env.")
                    .or_else(|| text.strip_prefix("import.meta.env."))?;
                rest.split(['!', '.']).next()
            })?;
        let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        is_name.then(|| Value::Variable(name.to_owned(), None))
    }
}

/// A number as the languages write it: `1_000`, `60.0`, `1e3`.
fn number(text: &str) -> Option<f64> {
    text.replace('_', "").parse().ok()
}

/// The members of a list in the order of the text whose nodes lie inside a node.
fn inside<'l, 't, T>(list: &'l [T], node_of: impl Fn(&T) -> Node<'t>, outer: Node<'_>) -> &'l [T] {
    let first = list.partition_point(|it| node_of(it).start_byte() < outer.start_byte());
    let rest = &list[first..];
    let end = rest.partition_point(|it| node_of(it).start_byte() < outer.end_byte());
    &rest[..end]
}
