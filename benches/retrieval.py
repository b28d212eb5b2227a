"""BM25 on Cranfield: `benches/bm25.rs` beside bm25s, through the same judgements.

python3 benches/retrieval.py FOLDER [--copies N]     (peers: pip install bm25s PyStemmer pytrec_eval-terrier)

FOLDER holds cran.all.1400, cran.qry and cranqrel. With copies the documents stand N times, to time larger indexes;
the measures then mean nothing.
"""
import argparse
import os
import re
import subprocess
import time

GRADES = {1: 4, 2: 3, 3: 2, 4: 1}


def smart(path):
    records, field = [], None
    for line in open(path):
        mark = re.match(r"\.([A-Z])( (\d+))?$", line.rstrip())
        if mark:
            field = mark.group(1)
            if field == "I":
                records.append({"I": str(int(mark.group(3))), "T": "", "W": ""})
        elif field in ("T", "W"):
            records[-1][field] += line
    return records


def peer(folder, copies):
    import bm25s
    import pytrec_eval
    import Stemmer

    documents = smart(os.path.join(folder, "cran.all.1400")) * copies
    queries = smart(os.path.join(folder, "cran.qry"))
    qrels = {}
    for line in open(os.path.join(folder, "cranqrel")):
        query, document, grade = line.split()[:3]
        qrels.setdefault(query, {})[str(int(document))] = GRADES.get(int(grade), 0)
    words = {"stopwords": "en", "stemmer": Stemmer.Stemmer("english"), "show_progress": False}
    start = time.perf_counter()
    tokens = bm25s.tokenize([d["T"] + " " + d["W"] for d in documents], **words)
    index = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
    index.index(tokens, show_progress=False)
    indexed = time.perf_counter() - start
    run = {}
    start = time.perf_counter()
    for at, query in enumerate(queries):
        found, scores = index.retrieve(bm25s.tokenize(query["W"], **words), k=100, show_progress=False)
        run[str(at + 1)] = {documents[j]["I"]: float(s) for j, s in zip(found[0], scores[0])}
    asked = time.perf_counter() - start
    names = ("ndcg_cut_10", "recall_100", "recip_rank", "map")
    scored = pytrec_eval.RelevanceEvaluator(qrels, set(names)).evaluate(run)
    means = [sum(values[name] for values in scored.values()) / len(scored) for name in names]
    print(
        "bm25s: %d documents, index %.1f ms, query %.1f us, ndcg@10 %.4f, recall@100 %.4f, mrr %.4f, map %.4f"
        % (len(documents), indexed * 1e3, asked * 1e6 / len(queries), *means)
    )


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder")
    arguments.add_argument("--copies", type=int, default=1)
    given = arguments.parse_args()
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    ours = ["cargo", "bench", "--quiet", "--bench", "bm25", "--", os.path.abspath(given.folder)]
    ours += ["--copies", str(given.copies)]
    print("aisys:", subprocess.run(ours, cwd=root, check=True, capture_output=True, text=True).stdout.strip())
    peer(given.folder, given.copies)


if __name__ == "__main__":
    main()
