#!/usr/bin/env python3
"""Times `aisys audit` beside other checkers on the same files, as whole processes.

Usage: benches/peers.py [--aisys target/release/aisys] [--runs 11]

The inputs are made here from the fixtures, so anyone can repeat it. A peer that is not installed is left
out and said so: pip install zizmor yamllint checkov ast-grep-cli. Runs of the commands alternate, and the
table gives medians by the clock and of the CPU's time (which other work on the machine disturbs less), the ratio
to aisys by the clock, and the peak memory of the process.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def make_configs(folder, count):
    """Gateway configurations with 1 to 20 routes each, as long as real ones are."""
    folder.mkdir(parents=True)
    for number in range(count):
        lines = ["model_list:"]
        for route in range(1 + number % 20):
            lines += [
                f"  - model_name: route-{route}",
                "    litellm_params:",
                f"      model: {['openai/gpt-5.4-mini', 'anthropic/claude-haiku-4-5', 'mistral/mistral-medium-2604'][route % 3]}",
                f"      api_key: os.environ/KEY_{route % 3}",
                "      rpm: 100",
            ]
        lines += ["router_settings:", "  num_retries: 2", "  fallbacks: [{route-0: [route-1]}]" if number % 20 else "  timeout: 30"]
        lines += ["general_settings:", "  master_key: os.environ/LITELLM_MASTER_KEY"]
        (folder / f"config-{number:04}.yaml").write_text("\n".join(lines) + "\n")


def make_workflows(folder, count):
    """Workflows of like length, for the checker of workflows."""
    target = folder / ".github" / "workflows"
    target.mkdir(parents=True)
    for number in range(count):
        lines = ["name: w", "on: push", "jobs:"]
        for job in range(1 + number % 10):
            lines += [f"  job-{job}:", "    runs-on: ubuntu-latest", "    steps:"]
            lines += ["      - uses: actions/checkout@v4", "      - run: echo ${{ github.event.head_commit.message }}"] * 3
        (target / f"w-{number:04}.yml").write_text("\n".join(lines) + "\n")


def make_code(folder, count):
    """Python files of some 600 lines with a few calls of a model each."""
    folder.mkdir(parents=True)
    call = (
        "\ndef ask_{n}(question, notes):\n"
        "    response = client.chat.completions.create(\n"
        '        model="gpt-5.4-mini",\n'
        '        messages=[{{"role": "system", "content": f"Use {{notes}}"}}, {{"role": "user", "content": question}}],\n'
        "    )\n"
        "    return response.choices[0].message.content\n"
    )
    plain = "\ndef work_{n}(items):\n    total = 0\n    for item in items:\n        if item.size > 10:\n            total += item.size * 2\n        else:\n            total -= item.size\n    return total\n"
    for number in range(count):
        text = "from openai import OpenAI\n\nclient = OpenAI()\n"
        for part in range(60):
            text += (call if part % 12 == 0 else plain).format(n=part)
        (folder / f"module_{number:03}.py").write_text(text)


def run(command):
    """Seconds by the clock, seconds of CPU, and peak memory in MiB of one run."""
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(child.pid, 0)
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--aisys", default=str(ROOT / "target/release/aisys"))
    parser.add_argument("--runs", type=int, default=11)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        make_configs(folder / "one", 1)
        make_configs(folder / "hundred", 100)
        make_configs(folder / "thousand", 1000)
        make_workflows(folder / "workflow", 1)
        make_workflows(folder / "workflows", 1000)
        make_code(folder / "code", 136)
        rule = folder / "rule.yml"
        rule.write_text("id: r\nlanguage: python\nseverity: warning\nmessage: m\nrule:\n  pattern: $C.chat.completions.create($$$)\n")
        def audit(name, *more):
            return [options.aisys, "audit", "--exit-zero", str(folder / name), *more]

        def zizmor(name):
            return ["zizmor", "--offline", "--no-exit-codes", str(folder / name)]

        checkov = ["checkov", "--framework", "kubernetes", "-d", str(folder / "hundred"), "--compact"]
        groups = [
            ("one configuration", {"aisys": audit("one"), "zizmor": zizmor("workflow"), "yamllint": ["yamllint", str(folder / "one")]}),
            ("100 configurations", {"aisys": audit("hundred"), "yamllint": ["yamllint", str(folder / "hundred")], "checkov": checkov}),
            ("1,000 configurations", {"aisys": audit("thousand"), "aisys, JSON": audit("thousand", "--format", "json"), "zizmor": zizmor("workflows")}),
            ("136 Python files", {"aisys": audit("code"), "ast-grep": ["ast-grep", "scan", "--rule", str(rule), str(folder / "code")]}),
        ]
        print("| input | command | median | ratio | CPU | peak memory |\n| --- | --- | ---: | ---: | ---: | ---: |")
        for title, commands in groups:
            for label in [label for label, command in commands.items() if not shutil.which(command[0])]:
                print(f"| {title} | {label}: not installed | | | | |")
                del commands[label]
            measured = {label: [] for label in commands}
            for _ in range(options.runs if "checkov" not in commands else min(options.runs, 3)):
                for label, command in commands.items():
                    measured[label].append(run(command))
            base = statistics.median(seconds for seconds, _, _ in measured["aisys"])
            for label, runs in measured.items():
                median, cpu = (statistics.median(it[at] for it in runs) for at in (0, 1))
                peak = max(memory for _, _, memory in runs)
                print(f"| {title} | {label} | {median * 1000:.1f} ms | {median / base:.1f} | {cpu * 1000:.0f} ms | {peak:.0f} MiB |")


main()
