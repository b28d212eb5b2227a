"""Scores a run by pytrec_eval: each query's measures as JSON. python trec.py QRELS RUN MEASURE…"""
import json
import sys

import pytrec_eval

qrels, run = {}, {}
for line in open(sys.argv[1]):
    query, _, document, grade = line.split()
    qrels.setdefault(query, {})[document] = int(grade)
for line in open(sys.argv[2]):
    query, _, document, _, score, _ = line.split()
    run.setdefault(query, {})[document] = float(score)
json.dump(pytrec_eval.RelevanceEvaluator(qrels, set(sys.argv[3:])).evaluate(run), sys.stdout)
