#!/usr/bin/env python3
"""Gathers each target's first inputs into fuzz/corpus/TARGET: fixtures, the texts of the readers' own
tests, and real files where `$AISYS_SHARED/corpus` holds some. Also writes a dictionary of their words.

Usage: fuzz/seeds.py
"""

import hashlib
import os
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHARED = pathlib.Path(os.environ.get("AISYS_SHARED", ROOT.parent / "shared")) / "corpus"

# target: file names among the fixtures, sources whose string literals are inputs, folders of real files
TARGETS = {
    "litellm": (["config.yaml", "litellm.yaml"], "src/read/litellm", ["litellm"]),
    "aisys": (["aisys.yaml"], "src/read/aisys", []),
    "tensorzero": (["*.toml"], "src/read/tensorzero", ["tensorzero"]),
    "envoy": (["route.yaml"], "src/read/envoy", ["envoy"]),
    "kong": ([], "src/read/kong", []),
    "bifrost": ([], "src/read/bifrost", ["bifrost"]),
    "helicone": ([], "src/read/helicone", ["helicone"]),
    "portkey": ([], "src/read/portkey", []),
    "promptfoo": (["promptfooconfig.yaml"], "src/read/promptfoo", ["promptfoo"]),
    "compose": (["compose.yaml"], "src/read/compose", ["compose"]),
    "kubernetes": ([], "src/read/kubernetes", ["litellm-k8s"]),
    "env": ([".env*"], "src/read/env", ["env"]),
    "python": (["*.py"], "src/read/code", []),
    "javascript": (["*.js"], "src/read/code", []),
    "typescript": (["*.ts"], "src/read/code", []),
    "suite": (["suite.yaml", "from-*.yaml"], "src/eval/suite", []),
    "cassette": (["calls.jsonl"], "src/store", []),
    "collection": (["*.jsonl", "*.tsv", "*.sgml", "topics.txt", "qrels.txt"], "src/retrieve", []),
    "messages": ([], "src/wire", []),
    "streams": ([], "src/wire", []),
    "scenario": (["scenarios/*.yaml"], "src/chaos", []),
    "requests": ([], "src/wire", []),
}
LARGEST = 20_000


def literals(source):
    """The string literals of several lines in Rust sources."""
    files = [source.with_suffix(".rs")] if source.with_suffix(".rs").exists() else []
    files += sorted(source.rglob("*.rs")) if source.is_dir() else []
    for file in files:
        text = file.read_text()
        for raw, plain in re.findall(r'r#"(.*?)"#|"((?:[^"\\]|\\.)*)"', text, re.S):
            found = raw or plain.replace("\\n", "\n").replace('\\"', '"').replace("\\\n", "")
            found = found.replace("{{", "{").replace("}}", "}")
            if found.count("\n") > 1 or found.startswith("{"):
                yield found.encode()


def main():
    for target, (names, source, folders) in TARGETS.items():
        inputs = [file.read_bytes() for name in names for file in (ROOT / "fixtures").rglob(name)]
        inputs += literals(ROOT / source)
        inputs += [file.read_bytes() for folder in folders for file in (SHARED / folder).rglob("*") if file.is_file()]
        inputs = [it for it in inputs if len(it) <= LARGEST]
        corpus = ROOT / "fuzz" / "corpus" / target
        corpus.mkdir(parents=True, exist_ok=True)
        for content in inputs:
            (corpus / hashlib.sha256(content).hexdigest()[:16]).write_bytes(content)
        words = sorted({word for it in inputs for word in re.findall(rb"[A-Za-z_@][A-Za-z0-9_./-]{2,30}", it)})
        (ROOT / "fuzz" / "corpus" / f"{target}.dict").write_text(
            "".join(f'"{word.decode()}"\n' for word in words[:3000])
        )
        print(f"{target}: {len(inputs)} inputs, {len(words)} words")


main()
