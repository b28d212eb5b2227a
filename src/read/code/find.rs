//! The calls of a file: through a client, by a function of its own, or as a model object.

use tree_sitter::Node;

use crate::system::Sdk;

use super::scope::{Call, Scope};
use super::sdks::{CONSTRUCTORS, FUNCTIONS, METHODS, module_of, provider_of};
use super::tree::{Source, is_call};

/// A call of a model.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'t> {
    /// The call expression.
    pub call: Node<'t>,
    /// The expression that makes the client, when the file holds it.
    pub client: Option<Node<'t>>,
    /// The library.
    pub sdk: Sdk,
    /// The provider, unless the model or an endpoint says otherwise.
    pub provider: &'static str,
}

/// A file with more calls of models is generated, and each of them costs a look at all the others.
const MOST: usize = 200;

/// All calls of models, in the order of the text.
pub(super) fn calls<'t>(source: Source<'_>, scope: &Scope<'_, 't>) -> Vec<Found<'t>> {
    scope
        .calls()
        .iter()
        .filter_map(|call| recognise(source, scope, call))
        .take(MOST)
        .collect()
}

fn recognise<'t>(source: Source<'_>, scope: &Scope<'_, 't>, call: &Call<'t>) -> Option<Found<'t>> {
    let Call { node, callee } = call;
    let node = *node;
    method(source, scope, node, callee)
        .or_else(|| function(scope, node, callee))
        .or_else(|| model_object(source, scope, node))
}

/// `client.chat.completions.create(…)`.
fn method<'t>(source: Source<'_>, scope: &Scope<'_, 't>, node: Node<'t>, callee: &str) -> Option<Found<'t>> {
    let (end, sdks) = METHODS.iter().find(|(end, _)| callee.ends_with(end))?;
    let base = callee[..callee.len() - end.len()].trim_end_matches(".beta");
    // `OpenAI(…).chat…` has its client in place; a name leads to it.
    let base = base.split_once(".with_options(").map_or(base, |(base, _)| base);
    let bare = base.strip_prefix("await").unwrap_or(base);
    let made = scope.assigned(bare).or_else(|| inline_client(source, node));
    let client = made.and_then(|made| constructor(source, scope, made));
    if let Some((made, sdk, provider)) = client {
        return sdks.contains(&sdk).then_some(Found {
            call: node,
            client: Some(made),
            sdk,
            provider,
        });
    }
    // A client from elsewhere: the library must at least be imported here, or the name be its own.
    let sdk = *sdks
        .iter()
        .find(|sdk| scope.imports(module_of(**sdk)) && is_of(source, **sdk))?;
    Some(Found {
        call: node,
        client: None,
        sdk,
        provider: provider_of(sdk),
    })
}

/// Whether a library is one of the file's language.
fn is_of(source: Source<'_>, sdk: Sdk) -> bool {
    let python = matches!(
        sdk,
        Sdk::OpenaiPython | Sdk::AnthropicPython | Sdk::GeminiPython | Sdk::LitellmPython | Sdk::LangchainPython
    );
    python == source.is_python()
}

/// The client that is made inside the call's own chain.
fn inline_client<'t>(source: Source<'_>, call: Node<'t>) -> Option<Node<'t>> {
    let mut at = call.child_by_field_name("function")?;
    loop {
        at = at.child_by_field_name("object")?;
        if is_call(at) {
            let callee = source.callee(at)?;
            return (!callee.ends_with("with_options")).then_some(at);
        }
    }
}

/// Whether an expression makes a client: the expression, its library and its provider.
fn constructor<'t>(source: Source<'_>, scope: &Scope<'_, 't>, node: Node<'t>) -> Option<(Node<'t>, Sdk, &'static str)> {
    if !is_call(node) {
        return None;
    }
    let callee = source.callee(node)?;
    let (module, name) = match callee.rsplit_once('.') {
        None => scope.import(&callee)?,
        // `openai.OpenAI(…)`, `genai.Client(…)`.
        Some((prefix, name)) => (scope.import(prefix)?.0, name),
    };
    CONSTRUCTORS
        .iter()
        .find(|(known, made, sdk, _)| {
            let same_name = *made == name || (*made == "default" && name == callee.as_str() && !source.is_python());
            *known == module && same_name && is_of(source, *sdk)
        })
        .or_else(|| {
            // Node's named imports: `import {OpenAI, AzureOpenAI} from "openai"`.
            CONSTRUCTORS.iter().find(|(known, made, sdk, _)| {
                *known == module && *made == "default" && is_of(source, *sdk) && name.ends_with("OpenAI")
            })
        })
        .map(|(_, _, sdk, provider)| {
            let provider = if name.contains("Azure") { "azure" } else { provider };
            (node, *sdk, provider)
        })
}

/// `litellm.completion(…)`, `generateText({…})`.
fn function<'t>(scope: &Scope<'_, 't>, node: Node<'t>, callee: &str) -> Option<Found<'t>> {
    let (module, name) = match callee.rsplit_once('.') {
        None => scope.import(callee)?,
        Some((prefix, name)) => (scope.import(prefix)?.0, name),
    };
    let (_, _, sdk) = FUNCTIONS
        .iter()
        .find(|(known, made, _)| *known == module && *made == name)?;
    Some(Found {
        call: node,
        client: None,
        sdk: *sdk,
        provider: provider_of(*sdk),
    })
}

/// `ChatOpenAI(…)`: a model that is called by whoever has it.
fn model_object<'t>(source: Source<'_>, scope: &Scope<'_, 't>, node: Node<'t>) -> Option<Found<'t>> {
    let (made, sdk, provider) = constructor(source, scope, node)?;
    matches!(sdk, Sdk::LangchainPython | Sdk::LangchainNode).then_some(Found {
        call: made,
        client: Some(made),
        sdk,
        provider,
    })
}
