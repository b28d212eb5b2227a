"""Counts by plain keys what the audit's rules report, with another YAML reader and no shared code.

Usage: corpus_count.py FOLDER; writes {"files": [...], "counts": {rule: files}} to standard output.
"""

import json
import pathlib
import sys

import yaml


def load(path):
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        return None
    if not isinstance(document, dict) or not isinstance(document.get("model_list"), list):
        return None
    return document


def section(document, name):
    value = document.get(name)
    return value if isinstance(value, dict) else {}


def missing(document):
    """The rules whose setting is written nowhere."""
    router = section(document, "router_settings")
    litellm = section(document, "litellm_settings")
    general = section(document, "general_settings")
    entries = [item for item in document["model_list"] if isinstance(item, dict)]
    params = [item.get("litellm_params") for item in entries]
    params = [item for item in params if isinstance(item, dict)]
    rules = []

    def when(rule, absent):
        if absent:
            rules.append(rule)

    either = lambda key: router.get(key) or litellm.get(key)
    when("no-fallback", not (either("fallbacks") or either("default_fallbacks")))
    timeouts = [p.get("timeout") or p.get("request_timeout") for p in params]
    when("no-timeout", not (router.get("timeout") or litellm.get("request_timeout")) and not all(timeouts))
    streams = [p.get("stream_timeout") for p in params]
    when("no-stream-timeout", not router.get("stream_timeout") and not all(streams))
    budgets = [p.get("max_budget") for p in params]
    when("no-budget", not (litellm.get("max_budget") or router.get("provider_budget_config") or any(budgets)))
    when("no-cache", not litellm.get("cache"))
    when("no-context-check", not router.get("enable_pre_call_checks"))
    when("no-context-fallback", not either("context_window_fallbacks"))
    limits = [p.get("rpm") or p.get("tpm") for p in params]
    when("no-rate-limit", not any(limits))
    strategy = router.get("routing_strategy", "simple-shuffle")
    checks = router.get("optional_pre_call_checks") or []
    enforced = strategy.startswith("usage-based") or "enforce_model_rate_limits" in checks
    when("rate-limit-not-enforced", any(limits) and not enforced)
    when("no-health-check", not general.get("background_health_checks"))
    when("no-alerting", not general.get("alerting"))
    callbacks = ["callbacks", "success_callback", "failure_callback", "service_callbacks"]
    when("no-traces", not any(litellm.get(key) for key in callbacks))
    return rules


def main():
    files, counts = [], {}
    for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
        document = load(path)
        if document is None:
            continue
        files.append(path.name)
        for rule in missing(document):
            counts[rule] = counts.get(rule, 0) + 1
    counts.setdefault("rate-limit-not-enforced", 0)
    json.dump({"files": files, "counts": counts}, sys.stdout)


main()
