//! Known answers for what joining files makes of them.

use std::time::Duration;

use crate::read::{Document, compose, env, litellm};
use crate::source::{SourceFile, parse_yaml};
use crate::system::prices::Prices;
use crate::system::{
    Auth, Backoff, CallSite, Dialect, Mode, Origin, Plan, Policy, ProductDefault, Retry, Route, Sdk, Setting, System,
};

use super::link;

/// Reads files side by side as the whole reader does, without linking them.
fn read(files: &[(&str, &str)]) -> System {
    let prices = Prices::shipped();
    let mut system = System::default();
    for (path, text) in files {
        let file = SourceFile::new(*path, *text);
        if path.contains(".env") {
            system.absorb(env::read(&file));
            continue;
        }
        let document = Document {
            roots: parse_yaml(&file).unwrap(),
            file,
            prices: &prices,
        };
        let reader = [&litellm::READER, &compose::READER]
            .into_iter()
            .find(|reader| (reader.recognises)(&document))
            .unwrap();
        system.absorb((reader.read)(&document));
    }
    system
}

fn linked(files: &[(&str, &str)]) -> System {
    let mut system = read(files);
    link(&mut system);
    system
}

const CONFIG: &str = "model_list:\n  - model_name: chat\n    litellm_params: {model: openai/gpt-4o, api_key: os.environ/K, timeout: 5, num_retries: 1}\nlitellm_settings: {max_budget: 10, budget_duration: 1d}\n";

fn compose(environment: &str) -> String {
    format!(
        "services:\n  proxy:\n    image: ghcr.io/berriai/litellm:v1\n    volumes: [./config.yaml:/app/c.yaml]\n    ports: [\"8080:4000\"]\n    environment: {environment}\n"
    )
}

#[test]
fn a_mounted_file_is_run_by_its_service_and_has_its_addresses() {
    let yaml = compose("{}");
    let system = linked(&[
        ("a/config.yaml", CONFIG),
        ("a/other.yaml", CONFIG),
        ("a/compose.yaml", &yaml),
    ]);
    assert_eq!(system.gateways[0].run_by.len(), 1);
    assert!(system.gateways[1].run_by.is_empty());
    let addresses = &system.gateways[0].addresses;
    assert!(addresses.contains(&"localhost:8080".to_owned()));
    assert!(addresses.contains(&"proxy:4000".to_owned()));
    assert!(!addresses.contains(&"localhost:4000".to_owned()));
}

#[test]
fn a_mounted_folder_needs_the_command_where_it_holds_two() {
    let yaml = "services:\n  proxy:\n    image: ghcr.io/berriai/litellm:v1\n    volumes: [./conf:/app]\n    command: --config /app/b.yaml\n";
    let system = linked(&[("conf/a.yaml", CONFIG), ("conf/b.yaml", CONFIG), ("compose.yaml", yaml)]);
    assert!(system.gateways[0].run_by.is_empty());
    assert_eq!(system.gateways[1].run_by.len(), 1);
}

#[test]
fn without_a_mount_the_only_configuration_below_is_run() {
    let yaml = "services: {litellm: {build: .}}\n";
    let system = linked(&[
        ("x/conf/a.yaml", CONFIG),
        ("y/b.yaml", CONFIG),
        ("x/compose.yaml", yaml),
    ]);
    assert_eq!(system.gateways[0].run_by.len(), 1);
    assert!(system.gateways[1].run_by.is_empty());
}

#[test]
fn the_environment_settles_key_database_and_shared_state() {
    let bare = linked(&[("config.yaml", CONFIG), ("compose.yaml", &compose("{}"))]);
    assert!(bare.routes[0].policy.budgets[0].enforced.is_err());
    assert!(matches!(bare.gateways[0].auth, Auth::Missing(_)));

    let yaml = compose(
        "{LITELLM_MASTER_KEY: \"${LITELLM_MASTER_KEY}\", DATABASE_URL: \"postgres://u:${P}@db:5432/x\", REDIS_HOST: redis}",
    );
    let system = linked(&[("config.yaml", CONFIG), ("compose.yaml", &yaml)]);
    assert!(matches!(system.gateways[0].auth, Auth::Key(_)));
    assert!(system.gateways[0].database.is_some());
    assert_eq!(system.gateways[0].shared_state.as_ref().unwrap().value, "redis");
    assert!(system.routes[0].policy.budgets[0].enforced.is_ok());
}

#[test]
fn a_key_is_judged_by_the_value_that_compose_would_use() {
    let auth = |environment: &str, env: &str| {
        let yaml = compose(environment);
        let system = linked(&[("config.yaml", CONFIG), ("compose.yaml", &yaml), (".env", env)]);
        system.gateways[0].auth.clone()
    };
    let key = "{LITELLM_MASTER_KEY: \"${KEY:-sk-1234}\"}";
    assert!(matches!(auth(key, "A=1\n"), Auth::Weak(_)));
    assert!(matches!(auth(key, "KEY=sk-9aK3jd82Jd8s\n"), Auth::Key(_)));
    assert!(matches!(
        auth("{LITELLM_MASTER_KEY: sk-9aK3jd82Jd8s}", ""),
        Auth::Literal(_)
    ));
    assert!(matches!(auth("{}", "LITELLM_MASTER_KEY=sk-1234\n"), Auth::Weak(_)));
}

#[test]
fn an_override_belongs_to_the_service_that_it_overrides() {
    let yaml = compose("{A: \"1\"}");
    let over = "services: {proxy: {restart: always, environment: {A: \"2\", B: \"3\"}}}\n";
    let system = linked(&[("compose.override.yaml", over), ("compose.yaml", &yaml)]);
    assert_eq!(system.services.len(), 1);
    assert!(system.services[0].restarts.value);
    let values: Vec<_> = system.services[0]
        .environment
        .iter()
        .map(|(_, value)| value.value.as_deref().unwrap())
        .collect();
    assert_eq!(values, ["2", "3"]);
}

#[test]
fn one_model_server_is_one_host_under_all_its_names() {
    let config = "model_list:\n  - {model_name: a, litellm_params: {model: ollama/x, api_base: \"http://localhost:9000\"}}\n  - {model_name: b, litellm_params: {model: ollama/x, api_base: \"http://ollama:11434\"}}\n  - {model_name: c, litellm_params: {model: openai/x, api_base: os.environ/BASE}}\n";
    let yaml = "services: {ollama: {image: ollama/ollama, ports: [\"9000:11434\"]}}\n";
    let system = linked(&[
        ("config.yaml", config),
        ("compose.yaml", yaml),
        (".env", "BASE=http://ollama:11434/v1\n"),
    ]);
    for deployment in &system.deployments {
        assert_eq!(deployment.host.as_ref().unwrap().value, "ollama:11434");
        assert!(deployment.self_hosted);
    }
}

/// A call of a model with the library's timeout of 20 s and two retries.
fn add_call(system: &mut System, base_url: &str) {
    let file = SourceFile::new("app.py", "client.chat()");
    let place = file.place(crate::source::Span::new(0, 6));
    let call = system.add_call(CallSite {
        place: place.clone(),
        sdk: Sdk::OpenaiPython,
        client: None,
        model: Some(Setting::written("chat".to_owned(), place.clone())),
        provider: Setting::written("openai".to_owned(), place.clone()),
        base_url: Some(Setting::written(base_url.to_owned(), place.clone())),
        account: None,
        timeout: Setting::written(Some(Duration::from_secs(20)), place.clone()),
        retries: Setting::written(2, place.clone()),
        max_output_tokens: None,
        streams: None,
        model_loop: None,
        app_retries: None,
        obeys_retry_after: None,
        prompt: None,
        untrusted_in_system: None,
        parses_json: None,
        has_schema: false,
        stuffs_context: None,
        handles_failure: false,
        fallbacks: Vec::new(),
        prompt_cache: false,
        multiplier: None,
        reaches: None,
    });
    system.add_route(Route {
        name: "app.py".to_owned(),
        dialect: Dialect::Code,
        places: vec![place.clone()],
        gateway: None,
        call: Some(call),
        mode: Mode::Chat,
        wildcard: false,
        catch_all: false,
        members: Vec::new(),
        fallbacks: Vec::new(),
        plan: Plan::Retry(Box::new(Retry {
            plan: Plan::Degraded(Setting::written((), place.clone())),
            retries: Setting::written(2, place),
            backoff: Backoff::none(Origin::Default(ProductDefault::of(Dialect::Code))),
            on_timeout: true,
            statuses: None,
            layer: "openai (Python)",
        })),
        policy: Policy::bare(Dialect::Code),
    });
}

#[test]
fn a_call_of_a_gateway_is_around_the_gateways_path() {
    let yaml = compose("{}");
    for (base_url, reaches) in [
        ("http://localhost:8080/v1", true),
        ("$LLM_URL", true),
        ("http://localhost:4000", false),
    ] {
        let mut system = read(&[
            ("config.yaml", CONFIG),
            ("compose.yaml", &yaml),
            (".env", "LLM_URL=http://proxy:4000\n"),
        ]);
        add_call(&mut system, base_url);
        link(&mut system);
        assert_eq!(system.calls[0].reaches.is_some(), reaches, "{base_url}");
        if !reaches {
            continue;
        }
        let outer = &system.routes[1];
        // The library repeats twice, and each time the router inside repeats once.
        let counts: Vec<u32> = outer.plan.retries().iter().map(|retry| retry.retries.value).collect();
        assert_eq!(counts, [2, 1]);
        let Plan::Retry(retry) = &outer.plan else {
            panic!("the library's retries are outermost")
        };
        let Plan::Within { limit, .. } = &retry.plan else {
            panic!("its timeout bounds one attempt")
        };
        assert_eq!(limit.value, Some(Duration::from_secs(20)));
        assert_eq!(outer.members, system.routes[0].members);
    }
}
