"""Times `aisys trec` beside pytrec_eval and ranx: whole processes over one run of 10,000 queries x 100 documents.

python3 benches/trec.py [--aisys target/release/aisys]     (peers: pip install pytrec_eval-terrier ranx)

Peers run under the Python that runs this script; those that are not installed are left out. Each command runs once
unmeasured, then five times in turns; the medians are printed.
"""
import argparse
import importlib.util
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time

PYTREC = """
import pytrec_eval
qr, rn = {}, {}
for l in open('qrels.txt'):
    a = l.split(); qr.setdefault(a[0], {})[a[2]] = int(a[3])
for l in open('run.txt'):
    a = l.split(); rn.setdefault(a[0], {})[a[2]] = float(a[4])
r = pytrec_eval.RelevanceEvaluator(qr, {'ndcg_cut_10', 'recall_100', 'recip_rank', 'map'}).evaluate(rn)
print(sum(x['ndcg_cut_10'] for x in r.values()) / len(r))
"""
RANX = """
from ranx import Qrels, Run, evaluate
print(evaluate(Qrels.from_file('qrels.txt', kind='trec'), Run.from_file('run.txt', kind='trec'),
               ['ndcg@10', 'recall@100', 'mrr', 'map']))
"""


def write_files(folder, queries=10_000, documents=100):
    chance = random.Random(1)
    with open(os.path.join(folder, "qrels.txt"), "w") as out:
        for q in range(queries):
            judged = {f"d{chance.randrange(1000)}": chance.choice([0, 1, 1, 2, 3]) for _ in range(20)}
            out.writelines(f"q{q} 0 {d} {g}\n" for d, g in judged.items())
    with open(os.path.join(folder, "run.txt"), "w") as out:
        for q in range(queries):
            ranked = sorted(((chance.random(), d) for d in chance.sample(range(1000), documents)), reverse=True)
            out.writelines(f"q{q} Q0 d{d} {r + 1} {s} x\n" for r, (s, d) in enumerate(ranked))


def timed(command, folder):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    out = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, out.strip().splitlines()[0]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--aisys", default="target/release/aisys")
    arguments.add_argument("--rounds", type=int, default=5)
    given = arguments.parse_args()
    commands = {"aisys": [os.path.abspath(given.aisys), "trec", "qrels.txt", "run.txt"]}
    for name, module, code in (("pytrec_eval", "pytrec_eval", PYTREC), ("ranx", "ranx", RANX)):
        if importlib.util.find_spec(module):
            commands[name] = [sys.executable, "-c", code]
        else:
            print(f"{name} is not installed and left out")
    with tempfile.TemporaryDirectory() as folder:
        write_files(folder)
        results = {name: [] for name in commands}
        for round_ in range(given.rounds + 1):
            for name, command in commands.items():
                result = timed(command, folder)
                if round_ > 0:
                    results[name].append(result)
    base = statistics.median(wall for wall, _, _ in results["aisys"])
    print("| command | median | CPU | ratio | first line |\n| --- | ---: | ---: | ---: | --- |")
    for name, runs in results.items():
        wall = statistics.median(wall for wall, _, _ in runs)
        cpu = statistics.median(cpu for _, cpu, _ in runs)
        print(f"| {name} | {wall * 1000:.0f} ms | {cpu * 1000:.0f} ms | {wall / base:.1f} | {runs[0][2]} |")


if __name__ == "__main__":
    main()
