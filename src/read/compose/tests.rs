//! Known answers for what the reader makes of a compose file.

use crate::read::Document;
use crate::source::{SourceFile, parse_yaml};
use crate::system::prices::Prices;
use crate::system::{Dialect, RemarkKind, Service, ServiceKind, System};

use super::READER;

fn document<'a>(text: &str, prices: &'a Prices) -> Document<'a> {
    let file = SourceFile::new("app/compose.yaml", text);
    let roots = parse_yaml(&file).unwrap();
    Document { file, roots, prices }
}

fn system(text: &str) -> System {
    let prices = Prices::shipped();
    let document = document(text, &prices);
    assert!((READER.recognises)(&document));
    (READER.read)(&document)
}

fn service<'a>(system: &'a System, name: &str) -> &'a Service {
    system.services.iter().find(|service| service.name == name).unwrap()
}

const FULL: &str = r#"
x-common: &common
  restart: unless-stopped
  environment: &env
    LITELLM_LOG: INFO
services:
  litellm:
    <<: *common
    image: ${IMAGE:-ghcr.io/berriai/litellm}:main-stable
    command: ["--config", "/app/config.yaml", "--num_workers", "4"]
    environment:
      <<: *env
      OPENAI_API_KEY: ${OPENAI_API_KEY}
      LITELLM_MASTER_KEY: "sk-9aK3jd82Jd8sKq0P"
      PASSED:
    env_file: [.env, {path: ./more.env, required: false}]
    volumes: ["./config.yaml:/app/config.yaml:ro", "data:/data"]
    ports: ["127.0.0.1:4000:4000", {target: 4000, published: "4001"}]
    depends_on: {db: {condition: service_healthy}}
    healthcheck: {test: [CMD, curl, "-f", "http://localhost:4000/health"]}
    deploy: {replicas: 2, resources: {limits: {memory: 1G}}}
  db:
    image: postgres:16
    mem_limit: 512m
    environment:
      - POSTGRES_USER=llm
      - "POSTGRES_PASSWORD=llm"
    healthcheck: {disable: true}
    restart: "no"
  app:
    extends: base
    depends_on: [litellm]
    environment: {MODE: prod}
  base:
    build: .
    restart: always
    environment: {MODE: dev, OTHER: "1"}
    deploy: {restart_policy: {condition: none}}
"#;

#[test]
fn a_service_has_all_its_fields() {
    let system = system(FULL);
    let proxy = service(&system, "litellm");
    assert_eq!(proxy.kind, ServiceKind::Gateway(Dialect::Litellm));
    assert_eq!(
        proxy.image.as_ref().unwrap().value,
        "ghcr.io/berriai/litellm:main-stable"
    );
    assert_eq!(proxy.replicas.value, 2);
    assert!(proxy.restarts.value && proxy.health_check.value);
    assert_eq!(proxy.restarts.place().unwrap().start().line, 3);
    assert_eq!(
        proxy.command.as_ref().unwrap().value,
        "--config /app/config.yaml --num_workers 4"
    );
    assert_eq!(proxy.workers(), 4);
    let files: Vec<&str> = proxy.env_files.iter().map(|file| file.value.as_str()).collect();
    assert_eq!(files, [".env", "./more.env"]);
    assert_eq!(proxy.mounts.len(), 1);
    assert_eq!(proxy.mounts[0].0.value, "./config.yaml");
    assert_eq!(proxy.mounts[0].1, "/app/config.yaml");
    let ports: Vec<_> = proxy
        .ports
        .iter()
        .map(|port| (port.value.host, port.value.every_interface))
        .collect();
    assert_eq!(ports, [(Some(4000), false), (Some(4001), true)]);
    assert_eq!(proxy.depends_on[0].value, "db");
    assert_eq!(proxy.memory_limit.as_ref().unwrap().value, "1G");
    let mut names: Vec<&str> = proxy.environment.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["LITELLM_LOG", "LITELLM_MASTER_KEY", "OPENAI_API_KEY", "PASSED"]);
}

#[test]
fn restart_and_health_can_be_switched_off_and_defaults_are_none() {
    let system = system(FULL);
    let db = service(&system, "db");
    assert_eq!(db.kind, ServiceKind::Database);
    assert!(!db.restarts.value && db.restarts.is_written());
    assert!(!db.health_check.value && db.health_check.is_written());
    assert_eq!(db.replicas.value, 1);
    assert!(!db.replicas.is_written());
    assert_eq!(db.memory_limit.as_ref().unwrap().value, "512m");
}

#[test]
fn extends_is_followed_and_the_nearer_value_wins() {
    let system = system(FULL);
    let app = service(&system, "app");
    let values: Vec<_> = app
        .environment
        .iter()
        .map(|(name, value)| (name.as_str(), value.value.as_deref().unwrap()))
        .collect();
    assert_eq!(values, [("MODE", "prod"), ("OTHER", "1")]);
    // `deploy.restart_policy` of the base beats its `restart: always`.
    assert!(!app.restarts.value);
}

#[test]
fn variables_are_set_and_literal_secrets_are_remarked_upon() {
    let system = system(FULL);
    let value = |name: &str| {
        let variable = system.variables.set.iter().find(|it| it.name == name).unwrap();
        variable.value.as_deref()
    };
    assert_eq!(value("OPENAI_API_KEY"), None);
    assert_eq!(value("PASSED"), None);
    assert_eq!(value("POSTGRES_USER"), Some("llm"));
    let of_kind = |kind: RemarkKind| -> Vec<&str> {
        let remarks = system.remarks.iter().filter(|remark| remark.kind == kind);
        remarks.map(|remark| remark.place.text()).collect()
    };
    assert_eq!(of_kind(RemarkKind::LiteralSecret), ["sk-9aK3jd82Jd8sKq0P"]);
    assert_eq!(of_kind(RemarkKind::LiteralPassword), ["llm"]);
    assert!(!system.remarks[0].message.contains("9aK3"));
    // An env file may set more, so this folder's variables are not all in view.
    assert!(system.variables.folders.is_empty());
}

#[test]
fn an_extends_circle_ends() {
    let system = system("services:\n  a: {extends: b, image: redis}\n  b: {extends: {service: a}}\n");
    assert_eq!(service(&system, "b").kind, ServiceKind::Redis);
    assert_eq!(system.variables.folders.len(), 1);
}

#[test]
fn other_files_with_services_are_left_alone() {
    let prices = Prices::shipped();
    for text in [
        "_format_version: '3.0'\nservices: [{name: a, url: http://x}]\n",
        "services: {a: {url: x}}\n",
        "services: [image]\n",
        "apiVersion: v1\nservices: {a: {image: x}}\n",
    ] {
        assert!(!(READER.recognises)(&document(text, &prices)), "{text}");
    }
}
