#!/usr/bin/env python3
"""Runs promptfoo configurations through promptfoo and through `aisys eval`, and compares what passed.

Usage: benches/promptfoo_agreement.py [--promptfoo promptfoo] [--aisys target/release/aisys] [--only promptfoo] [CONFIG…]

Both run the same files against the same mock (benches/mock.py), and every case of every variant must come out the
same. Without CONFIG all of fixtures/promptfoo/configs/*.yaml are run. promptfoo: npm install promptfoo@0.121.20, then
`--promptfoo node_modules/.bin/promptfoo`. `--only promptfoo` runs that half alone and prints it. Exit code 0: all agree.
"""

import argparse
import csv
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent


def mock(folder):
    """The mock on a free port: its process and address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, ROOT / "benches" / "mock.py"],
        env={**os.environ, "PORT": str(port), "DELAY": "0"},
        stdout=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(100):
        try:
            urllib.request.urlopen(f"{address}/stats", timeout=1).read()
            return process, address
        except OSError:
            time.sleep(0.05)
    process.kill()
    raise SystemExit("the mock does not answer")


def settings(folder, address):
    """The environment of both: nothing leaves the machine, nothing is cached."""
    return {
        **os.environ,
        "MOCK_URL": address,
        "PROMPTFOO_CONFIG_DIR": str(folder / "promptfoo"),
        "PROMPTFOO_DISABLE_TELEMETRY": "1",
        "PROMPTFOO_DISABLE_UPDATE": "1",
        "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1",
        "PROMPTFOO_PYTHON": sys.executable,
        "NO_COLOR": "1",
    }


def by_promptfoo(command, config, folder, environment):
    """(description, variables, provider, which of its prompts) of each result, and whether it passed."""
    out = folder / f"{config.stem}.json"
    run = subprocess.run(
        [command, "eval", "-c", config.name, "-o", out, "--no-cache", "--no-write", "--no-progress-bar", "--no-table"],
        cwd=config.parent, env=environment, capture_output=True, text=True, check=False,
    )
    if not out.exists():
        raise SystemExit(f"promptfoo gave no result for {config.name}:\n{run.stdout[-2000:]}{run.stderr[-2000:]}")
    told = json.loads(out.read_text())["results"]
    columns, counts = [], {}
    for prompt in told["prompts"]:
        counts[prompt["provider"]] = counts.get(prompt["provider"], 0) + 1
        columns.append((prompt["provider"], counts[prompt["provider"]]))
    results = {}
    for result in sorted(told["results"], key=lambda result: (result["testIdx"], result["promptIdx"])):
        results[(result["testIdx"], columns[result["promptIdx"]])] = (
            result["success"], result["testCase"].get("description", ""), (result.get("response") or {}).get("output"),
        )
    return results, run.returncode


def by_aisys(command, config, folder, environment):
    """The same of aisys, from its CSV: cases in the order of the file, variants by their name."""
    out = folder / f"{config.stem}.csv"
    run = subprocess.run(
        [command, "eval", config.name, "-o", out], cwd=config.parent, env=environment, capture_output=True, text=True,
        check=False,
    )
    if not out.exists():
        raise SystemExit(f"aisys gave no result for {config.name}:\n{run.stdout[-2000:]}{run.stderr[-2000:]}")
    order, counts, results = {}, {}, {}
    with out.open() as lines:
        for row in csv.DictReader(lines):
            case = order.setdefault(row["case"], len(order))
            provider, _, prompt = row["variant"].partition(" · ")
            known = counts.setdefault(provider, {})
            column = known.setdefault(prompt, len(known) + 1)
            results[(case, (provider, column))] = (row["status"] == "passed", row["case"], row.get("answer"))
    return results, run.returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("configs", nargs="*", type=pathlib.Path)
    parser.add_argument("--promptfoo", default="promptfoo")
    parser.add_argument("--aisys", default=str(ROOT / "target" / "release" / "aisys"))
    parser.add_argument("--only", choices=["promptfoo"])
    arguments = parser.parse_args()
    configs = arguments.configs or sorted((ROOT / "fixtures" / "promptfoo" / "configs").glob("*.yaml"))
    promptfoo = arguments.promptfoo
    if os.sep in promptfoo:
        promptfoo = str(pathlib.Path(promptfoo).resolve())
    wrong = total = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        process, address = mock(folder)
        try:
            environment = settings(folder, address)
            for config in (config.resolve() for config in configs):
                theirs, code = by_promptfoo(promptfoo, config, folder, environment)
                passed = sum(success for success, _, _ in theirs.values())
                if arguments.only:
                    print(f"{config.name}: {passed} of {len(theirs)} pass, exit code {code}")
                    for (case, column), (success, description, output) in theirs.items():
                        print(f"  {'pass' if success else 'FAIL'} {case} {column[0]} #{column[1]} {description!r}: {output!r}")
                    continue
                ours, own_code = by_aisys(str(pathlib.Path(arguments.aisys).resolve()), config, folder, environment)
                differ = [key for key in theirs.keys() | ours.keys() if theirs.get(key, (None,))[0] != ours.get(key, (None,))[0]]
                if (code == 0) != (own_code == 0):
                    differ.append(("exit code", (code, own_code)))
                print(f"{config.name}: {len(theirs) - len(differ)} of {len(theirs)} agree, {passed} pass")
                for key in sorted(differ, key=str):
                    print(f"  {key}: promptfoo {theirs.get(key)}, aisys {ours.get(key)}")
                wrong, total = wrong + len(differ), total + len(theirs)
        finally:
            process.kill()
    if not arguments.only:
        print(f"{total - wrong} of {total} verdicts agree")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
