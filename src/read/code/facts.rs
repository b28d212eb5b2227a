//! What stands around a call: loops, retries, handlers, prompts, what becomes of the answer.

use tree_sitter::Node;

use crate::source::Place;
use crate::system::{LoopBound, ModelLoop, Prompt, Setting};

use super::scope::{Call, Scope, Value};
use super::tree::{Source, around, every, is_call, is_function, named_children};

/// The loop around a call, in its own function.
pub(super) fn model_loop(source: Source<'_>, scope: &Scope<'_, '_>, call: Node<'_>) -> Option<ModelLoop> {
    let found = around(call).into_iter().find(|node| {
        matches!(
            node.kind(),
            "while_statement" | "for_statement" | "for_in_statement" | "do_statement" | "list_comprehension"
        )
    })?;
    let text = source.text(found);
    // Whoever types ends a conversation; that is no loop of the model's.
    let waits_for_people = ["input(", ".question(", "readline", "prompt("]
        .iter()
        .any(|it| text.contains(it));
    let bound = match found.kind() {
        _ if waits_for_people => LoopBound::Data,
        "while_statement" | "do_statement" => while_bound(source, found),
        "for_statement" if source.is_python() => for_bound(source, scope, found),
        // `for (;;)` has no condition.
        "for_statement" if is_empty_condition(source, found) => LoopBound::Nothing,
        _ => LoopBound::Data,
    };
    let head = source.place(found).first_line();
    Some(ModelLoop { place: head, bound })
}

fn while_bound(source: Source<'_>, node: Node<'_>) -> LoopBound {
    let Some(condition) = node.child_by_field_name("condition") else {
        return LoopBound::Nothing;
    };
    // A comparison counts something; a flag or `True` waits for the model.
    let text = source.text(condition);
    if text.contains(['<', '>']) {
        LoopBound::Data
    } else {
        LoopBound::Nothing
    }
}

fn for_bound(source: Source<'_>, scope: &Scope<'_, '_>, node: Node<'_>) -> LoopBound {
    let over = node.child_by_field_name("right");
    let range = over.filter(|over| is_call(*over) && source.callee(*over).as_deref() == Some("range"));
    let last = range.and_then(|range| source.positional(range).last().copied());
    match last.and_then(|last| scope_number(source, scope, last)) {
        Some(rounds) => LoopBound::Rounds(rounds),
        None => LoopBound::Data,
    }
}

fn scope_number(source: Source<'_>, _scope: &Scope<'_, '_>, node: Node<'_>) -> Option<u64> {
    source.text(node).parse().ok()
}

fn is_empty_condition(source: Source<'_>, node: Node<'_>) -> bool {
    node.child_by_field_name("condition")
        .is_none_or(|condition| source.text(condition).trim_matches(';').trim().is_empty())
}

/// Retries of the application's own around a call: a decorator, or a loop with a handler.
pub(super) fn app_retries(source: Source<'_>, call: Node<'_>) -> Option<Setting<Option<u32>>> {
    let outside = around(call);
    let decorated = outside
        .last()
        .filter(|node| is_function(**node))
        .and_then(Node::parent)
        .filter(|parent| parent.kind() == "decorated_definition");
    for decorator in named_children(decorated)
        .into_iter()
        .filter(|child| child.kind() == "decorator")
    {
        let text = source.text(decorator);
        if text.contains("retry") || text.contains("backoff.on_") {
            let tries = ["stop_after_attempt(", "max_tries=", "max_attempts=", "tries="]
                .iter()
                .find_map(|mark| leading_number(text.split_once(mark)?.1));
            return Some(Setting::written(tries, source.place(decorator).first_line()));
        }
    }
    // `for attempt in range(3): try: call() except: …`
    let handled = outside.iter().position(|node| node.kind() == "try_statement")?;
    let around_handler = outside[handled..]
        .iter()
        .find(|node| matches!(node.kind(), "for_statement" | "while_statement"))?;
    let head = source.place(*around_handler).first_line();
    let names_tries = ["attempt", "retry", "retries", "tries"]
        .iter()
        .any(|word| head.text().to_ascii_lowercase().contains(word));
    names_tries.then(|| {
        let tries = head
            .text()
            .split_once("range(")
            .and_then(|(_, rest)| leading_number(rest));
        Setting::written(tries, head.clone())
    })
}

/// Where the function sleeps for as long as a `Retry-After` says, without a cap.
pub(super) fn obeyed_retry_after(source: Source<'_>, scope: &Scope<'_, '_>, call: Node<'_>) -> Option<Place> {
    let function = around(call).last().copied()?;
    let says = |text: &str| {
        let lower = text.to_ascii_lowercase();
        lower.contains("retry-after") || lower.contains("retry_after") || lower.contains("retryafter")
    };
    let obeys = |call: &&Call<'_>| {
        let callee = call.callee.as_str();
        let sleeps = callee.ends_with("sleep") || callee == "setTimeout" || callee.ends_with("delay");
        let arguments = call
            .node
            .child_by_field_name("arguments")
            .filter(|_| sleeps)
            .map_or("", |arguments| source.text(arguments));
        sleeps && says(arguments) && !arguments.contains("min(")
    };
    let found = scope.calls_in(function).iter().find(obeys)?;
    Some(source.place(found.node))
}

fn leading_number(text: &str) -> Option<u32> {
    let digits: String = text.trim_start().chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Whether a failure of the call is caught in its own function.
pub(super) fn handles_failure(call: Node<'_>) -> bool {
    around(call).iter().any(|node| node.kind() == "try_statement")
        || call
            .parent()
            .and_then(|parent| parent.child_by_field_name("property"))
            .is_some_and(|property| property.kind() == "property_identifier" && property.byte_range().len() == 5)
}

/// The system prompt of a call: `system=`, `instructions=`, or the message whose role is system.
pub(super) fn system_prompt<'t>(source: Source<'_>, scope: &Scope<'_, 't>, call: Node<'t>) -> Option<Node<'t>> {
    let named = source.named(call);
    let direct = named.iter().find(|(name, _)| {
        matches!(
            *name,
            "system" | "instructions" | "system_instruction" | "systemInstruction"
        )
    });
    if let Some((_, value)) = direct {
        return Some(scope.follow(*value));
    }
    let messages = named
        .iter()
        .find(|(name, _)| matches!(*name, "messages" | "input" | "contents"))?
        .1;
    let list = scope.follow(messages);
    named_children(Some(list))
        .into_iter()
        .filter(|item| matches!(item.kind(), "dictionary" | "object"))
        .find_map(|item| {
            let pairs = source.pairs(item);
            let role = pairs.iter().find(|(key, _)| *key == "role")?.1;
            let is_system = source
                .literal(role)
                .is_some_and(|role| matches!(role.as_str(), "system" | "developer"));
            let content = pairs.iter().find(|(key, _)| *key == "content")?.1;
            is_system.then(|| scope.follow(content))
        })
}

/// The literal part of a prompt.
pub(super) fn prompt(source: Source<'_>, node: Node<'_>) -> Option<Prompt> {
    let is_text = matches!(
        node.kind(),
        "string" | "template_string" | "concatenated_string" | "parenthesized_expression" | "binary_operator"
    );
    is_text.then(|| Prompt {
        place: source.place(node),
        characters: source.text(node).chars().count(),
        system: true,
    })
}

/// Where a parameter of the function, or a part of a request, is joined into a prompt.
pub(super) fn joined_from_outside(source: Source<'_>, call: Node<'_>, prompt: Node<'_>) -> Option<Place> {
    let outside = around(call);
    let function = outside.last().filter(|node| is_function(**node))?;
    let parameters = function
        .child_by_field_name("parameters")
        .or_else(|| function.child_by_field_name("parameter"))?;
    let mut names: Vec<&str> = Vec::new();
    every(parameters, |node| {
        if node.kind() == "identifier" || node.kind() == "shorthand_property_identifier_pattern" {
            names.push(source.text(node));
        }
    });
    names.retain(|name| !matches!(*name, "self" | "cls" | "this"));
    let mut found = None;
    every(prompt, |node| {
        let joins = matches!(node.kind(), "interpolation" | "template_substitution")
            || (node.parent().is_some_and(|parent| parent.kind() == "binary_operator") && node.kind() == "identifier");
        if !joins || found.is_some() {
            return;
        }
        let mut from_outside = false;
        every(node, |inner| {
            let text = source.text(inner);
            from_outside |=
                inner.kind() == "identifier" && (names.contains(&text) || text == "request" || text == "req");
        });
        if from_outside {
            found = Some(source.place(node));
        }
    });
    found
}

/// Where the answer of a call is parsed as JSON, in the same function.
pub(super) fn parsed_as_json(source: Source<'_>, scope: &Scope<'_, '_>, call: Node<'_>) -> Option<Place> {
    let outside = around(call);
    let function = outside.last().copied()?;
    let names = names_of_answer(source, scope, call, function);
    let parses_answer = |parser: &&Call<'_>| {
        let parses = matches!(
            parser.callee.as_str(),
            "json.loads" | "JSON.parse" | "loads" | "orjson.loads"
        );
        let argument = || source.positional(parser.node).first().copied();
        parses.then(argument).flatten().is_some_and(|argument| {
            let mut is_answer =
                argument.byte_range().start <= call.start_byte() && call.end_byte() <= argument.end_byte();
            every(argument, |inner| {
                is_answer |= inner.kind() == "identifier" && names.iter().any(|name| *name == source.text(inner));
            });
            is_answer
        })
    };
    let found = scope.calls_in(function).iter().find(parses_answer)?;
    Some(source.place(found.node))
}

/// The names that hold an answer, or a part of it.
fn names_of_answer<'a>(source: Source<'a>, scope: &Scope<'_, '_>, call: Node<'_>, function: Node<'_>) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    // Two rounds: `response = call(…)`, then `text = response.choices[0]…`.
    for _ in 0..2 {
        for node in scope.assignments_in(function) {
            let name = node
                .child_by_field_name("left")
                .or_else(|| node.child_by_field_name("name"));
            let value = node
                .child_by_field_name("right")
                .or_else(|| node.child_by_field_name("value"));
            let (Some(name), Some(value)) = (name, value) else {
                continue;
            };
            let mut holds = value.start_byte() <= call.start_byte() && call.end_byte() <= value.end_byte();
            every(value, |inner| {
                holds |= inner.kind() == "identifier" && names.contains(&source.text(inner));
            });
            let name = source.text(name);
            if holds && !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

/// Where a whole file goes into the messages.
pub(super) fn stuffed<'t>(source: Source<'_>, scope: &Scope<'_, 't>, call: Node<'t>) -> Option<Place> {
    let named = source.named(call);
    let messages = named
        .iter()
        .find(|(name, _)| matches!(*name, "messages" | "input" | "contents" | "prompt"))?
        .1;
    let whole = |text: &str| {
        [".read()", ".read_text(", "readFileSync(", "readFile("]
            .iter()
            .any(|mark| text.contains(mark))
    };
    let mut found = None;
    every(scope.follow(messages), |node| {
        if found.is_some() {
            return;
        }
        let value = if node.kind() == "identifier" {
            scope.follow(node)
        } else {
            node
        };
        let is_read = is_call(value) || value.kind() == "await_expression";
        if is_read && whole(source.text(value)) {
            found = Some(source.place(value).first_line());
        }
    });
    found
}

/// Models that the code itself falls back to: `fallbacks=[…]`, `.with_fallbacks([…])`.
pub(super) fn fallbacks<'t>(source: Source<'_>, scope: &Scope<'_, 't>, call: Node<'t>) -> Vec<Setting<String>> {
    let mut found = Vec::new();
    let mut list = |node: Node<'t>| {
        for item in named_children(Some(scope.follow(node))) {
            let text = match scope.value(item) {
                Some(Value::Text(text)) => text,
                _ => source.text(item).to_owned(),
            };
            found.push(Setting::written(text, source.place(item)));
        }
    };
    if let Some((_, value)) = source.named(call).into_iter().find(|(name, _)| *name == "fallbacks") {
        list(value);
    }
    let name = around(call)
        .into_iter()
        .find(|node| matches!(node.kind(), "assignment" | "variable_declarator"))
        .and_then(|node| {
            node.child_by_field_name("left")
                .or_else(|| node.child_by_field_name("name"))
        })
        .map(|name| source.text(name));
    for chained in scope.calls() {
        let callee = chained.callee.as_str();
        let Some(base) = callee
            .strip_suffix(".with_fallbacks")
            .or_else(|| callee.strip_suffix(".withFallbacks"))
        else {
            continue;
        };
        let own = name == Some(base) || base == source.text(call).split_whitespace().collect::<String>();
        if let Some(argument) = source.positional(chained.node).first().filter(|_| own) {
            list(*argument);
        }
    }
    found
}
