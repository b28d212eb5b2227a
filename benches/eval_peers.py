#!/usr/bin/env python3
"""Times `aisys eval` beside promptfoo on the same work: 1,000 cases, each a generation and a rubric judgement, 50 at
once, against a provider on loopback that takes 100 ms (benches/mock.py). The ideal is 2,000 calls / 50 × 0.1 s = 4.0 s.

Usage: benches/eval_peers.py [--aisys target/release/aisys] [--promptfoo FOLDER/node_modules/.bin/promptfoo] [--cases 1000]

Each command is a whole process; wall clock, processor seconds and peak memory are the kernel's. promptfoo is left out
where it is not given (npm install promptfoo@0.121.20).
"""

import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
PORT = 9137
BASE = f"http://127.0.0.1:{PORT}/v1"


def promptfoo_config(cases):
    model = {"id": "openai:chat:m", "config": {"apiBaseUrl": BASE, "apiKey": "x"}}
    tests = [{"vars": {"q": f"Question number {at}: what is the answer?"},
              "assert": [{"type": "llm-rubric", "value": f"Says 42, case {at}"}]} for at in range(cases)]
    return {"prompts": ["Answer: {{q}}"], "providers": [model],
            "defaultTest": {"options": {"provider": model}}, "tests": tests}


def timed(command, env, cwd):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    with open(os.path.join(cwd, "out.log"), "wb") as log:
        child = subprocess.Popen(command, env=env, cwd=cwd, stdout=log, stderr=log)
        _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - start
    del before
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--aisys", default=str(ROOT / "target/release/aisys"))
    parser.add_argument("--promptfoo")
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--delay", type=int, default=100)
    args = parser.parse_args()
    mock = subprocess.Popen([sys.executable, str(ROOT / "benches/mock.py")],
                            env={**os.environ, "PORT": str(PORT), "DELAY": str(args.delay)})
    try:
        for _ in range(100):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{PORT}/stats").read()
                break
            except OSError:
                time.sleep(0.1)
        ideal = 2 * args.cases / 50 * args.delay / 1000
        print(f"{args.cases} cases, {2 * args.cases} calls, 50 at once, {args.delay} ms each: ideal {ideal:.1f} s\n")
        print("| command | wall | processor | peak memory | calls | exit |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        commands = [("aisys", lambda config: [os.path.abspath(args.aisys), "eval", config, "-j", "50"])]
        if args.promptfoo:
            commands.append(("promptfoo", lambda config: [
                os.path.abspath(args.promptfoo), "eval", "-c", config, "-j", "50", "--no-cache", "--no-progress-bar",
                "--no-table", "-o", "out.json"]))
        for run in range(args.runs):
            for name, command in commands:
                with tempfile.TemporaryDirectory() as folder:
                    config = os.path.join(folder, "promptfooconfig.json")
                    with open(config, "w") as file:
                        json.dump(promptfoo_config(args.cases), file)
                    env = {**os.environ, "PROMPTFOO_DISABLE_TELEMETRY": "1", "PROMPTFOO_DISABLE_UPDATE": "1",
                           "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1", "PROMPTFOO_CONFIG_DIR": folder}
                    wall, cpu, memory, code = timed(command(config), env, folder)
                    stats = json.load(urllib.request.urlopen(f"http://127.0.0.1:{PORT}/stats"))
                    print(f"| {name} | {wall:.2f} s | {cpu:.2f} s | {memory:.0f} MiB | {stats['calls']} | {code} |", flush=True)
    finally:
        mock.kill()


if __name__ == "__main__":
    main()
