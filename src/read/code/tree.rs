//! What the grammars have in common: calls, their arguments, literals.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use tree_sitter::{Node, Parser, Tree};

use crate::source::{Place, SourceFile, Span};

/// A grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Language {
    Python,
    Javascript,
    Typescript,
    Tsx,
}

thread_local! {
    /// Parsers are made once for each thread: making one costs more than a small file.
    static PARSERS: RefCell<HashMap<Language, Parser>> = RefCell::new(HashMap::new());
}

impl Language {
    /// The grammar of a file, by its extension.
    pub(super) fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "py" => Some(Self::Python),
            "js" | "mjs" | "cjs" | "jsx" => Some(Self::Javascript),
            "ts" | "mts" | "cts" => Some(Self::Typescript),
            "tsx" => Some(Self::Tsx),
            _ => None,
        }
    }

    /// The syntax tree of a text. A text with errors has a tree too, with the errors left out.
    pub(super) fn parse(self, text: &str) -> Option<Tree> {
        PARSERS.with_borrow_mut(|parsers| {
            let parser = parsers.entry(self).or_insert_with(|| {
                let mut parser = Parser::new();
                let grammar = match self {
                    Self::Python => tree_sitter_python::LANGUAGE.into(),
                    Self::Javascript => tree_sitter_javascript::LANGUAGE.into(),
                    Self::Typescript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
                    Self::Tsx => tree_sitter_typescript::LANGUAGE_TSX.into(),
                };
                // A grammar of another version than the library's gives a parser that parses nothing.
                let _ = parser.set_language(&grammar);
                parser
            });
            parser.parse(text, None)
        })
    }
}

/// A file that is being read.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub file: &'a Arc<SourceFile>,
    pub language: Language,
    pub text: &'a str,
}

impl<'a> Source<'a> {
    /// Whether it is Python, and not one of the scripts.
    pub(super) fn is_python(self) -> bool {
        self.language == Language::Python
    }

    /// A node's text.
    pub(super) fn text(self, node: Node<'_>) -> &'a str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    /// A node's place.
    pub(super) fn place(self, node: Node<'_>) -> Place {
        self.file.place(Span::new(node.start_byte(), node.end_byte()))
    }

    /// What is called: the callee's text without white space, `client.chat.completions.create`.
    pub(super) fn callee(self, call: Node<'_>) -> Option<String> {
        let function = call
            .child_by_field_name("function")
            .or_else(|| call.child_by_field_name("constructor"))?;
        let text: String = self.text(function).chars().filter(|c| !c.is_whitespace()).collect();
        // A chain with calls in it is long; its end tells what is called.
        Some(text.replace("?.", "."))
    }

    /// The positional arguments of a call.
    #[expect(clippy::unused_self, reason = "the twin of `named`")]
    pub(super) fn positional(self, call: Node<'_>) -> Vec<Node<'_>> {
        named_children(call.child_by_field_name("arguments"))
            .into_iter()
            .filter(|argument| !matches!(argument.kind(), "keyword_argument" | "comment"))
            .collect()
    }

    /// The named arguments of a call: keywords in Python, the keys of object arguments in scripts.
    pub(super) fn named<'t>(self, call: Node<'t>) -> Vec<(&'a str, Node<'t>)> {
        let arguments = named_children(call.child_by_field_name("arguments"));
        arguments
            .into_iter()
            .flat_map(|argument| match argument.kind() {
                "keyword_argument" => argument
                    .child_by_field_name("name")
                    .zip(argument.child_by_field_name("value"))
                    .map(|(name, value)| (self.text(name), value))
                    .into_iter()
                    .collect(),
                "object" => self.pairs(argument),
                _ => Vec::new(),
            })
            .collect()
    }

    /// The keys and values of an object or dictionary literal.
    pub(super) fn pairs<'t>(self, object: Node<'t>) -> Vec<(&'a str, Node<'t>)> {
        named_children(Some(object))
            .into_iter()
            .filter_map(|pair| match pair.kind() {
                "pair" => {
                    let key = pair.child_by_field_name("key")?;
                    let value = pair.child_by_field_name("value")?;
                    Some((self.text(key).trim_matches(['"', '\'']), value))
                }
                // `{model}` stands for `{model: model}`.
                "shorthand_property_identifier" => Some((self.text(pair), pair)),
                _ => None,
            })
            .collect()
    }

    /// The text of a string literal without its quotes; `None` when text is joined into it.
    pub(super) fn literal(self, node: Node<'_>) -> Option<String> {
        match node.kind() {
            "string" | "template_string" => {
                let children = named_children(Some(node));
                let joined = children
                    .iter()
                    .any(|child| matches!(child.kind(), "interpolation" | "template_substitution"));
                if joined {
                    return None;
                }
                let content: String = children
                    .iter()
                    .filter(|child| matches!(child.kind(), "string_content" | "string_fragment" | "escape_sequence"))
                    .map(|child| self.text(*child))
                    .collect();
                if !content.is_empty() {
                    return Some(content);
                }
                let text = self.text(node);
                let inner = text.trim_start_matches(|c: char| c.is_ascii_alphabetic());
                Some(inner.trim_matches(['"', '\'', '`']).to_owned())
            }
            "concatenated_string" => named_children(Some(node))
                .into_iter()
                .map(|part| self.literal(part))
                .collect(),
            "parenthesized_expression" => self.literal(node.named_child(0)?),
            _ => None,
        }
    }
}

/// The named children of a node.
pub(super) fn named_children(node: Option<Node<'_>>) -> Vec<Node<'_>> {
    let Some(node) = node else { return Vec::new() };
    let mut cursor = node.walk();
    node.named_children(&mut cursor).collect()
}

/// Every node below `root`, parents first, without recursion: a tree can be as deep as its text is
/// long.
pub(super) fn every<'t>(root: Node<'t>, mut visit: impl FnMut(Node<'t>)) {
    let mut cursor = root.walk();
    loop {
        visit(cursor.node());
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}

/// Whether a node is a call.
pub(super) fn is_call(node: Node<'_>) -> bool {
    matches!(node.kind(), "call" | "call_expression" | "new_expression")
}

/// Whether a node is a function: what stands outside it says nothing of what runs inside.
pub(super) fn is_function(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "function_definition"
            | "function_declaration"
            | "function_expression"
            | "arrow_function"
            | "method_definition"
            | "generator_function_declaration"
            | "lambda"
            | "class_definition"
            | "class_declaration"
    )
}

/// The nodes around a node, the nearest first, up to and with its function.
pub(super) fn around(node: Node<'_>) -> Vec<Node<'_>> {
    let mut found = Vec::new();
    let mut at = node.parent();
    while let Some(parent) = at {
        found.push(parent);
        if is_function(parent) {
            break;
        }
        at = parent.parent();
    }
    found
}
