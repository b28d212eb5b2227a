"""`aisys chaos proxy` beside nginx, a bare proxy of bytes, and nothing in between.

Usage: nice python3 benches/chaos_proxy.py [ROUNDS] [SECONDS]. Needs `cargo build --release --example chaos_bench`,
`cargo build --release`, and nginx on the path. Each round measures all of them one after the other, so that ratios
within a round are fair; the table shows medians over the rounds.
"""

import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 3
SECONDS = int(sys.argv[2]) if len(sys.argv) > 2 else 4
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", "target")) / "release"
BENCH, AISYS = TARGET / "examples/chaos_bench", TARGET / "aisys"
MOCK = 19300
SCENARIO = """scenario: nothing yet
faults:
  - {at: 10h, for: 1h, on: provider/openai, answer: 529}
  - {at: 10h, for: 1h, on: provider/openai, share: 0.2, cut: {after: 40 tokens}}
"""
NGINX = """worker_processes 2; pid %s/nginx.pid; error_log %s/nginx.err;
events { worker_connections 4096; }
http { access_log off; upstream u { server 127.0.0.1:19300; keepalive 64; }
  server { listen 127.0.0.1:19302; location / { proxy_pass http://u; proxy_http_version 1.1;
    proxy_set_header Connection ""; proxy_buffering off; } } }"""


def start(command):
    return subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def measure(port, connections, kind):
    out = subprocess.run([BENCH, "load", f"127.0.0.1:{port}", str(connections), str(SECONDS), kind], capture_output=True, text=True, check=True)
    return json.loads(out.stdout)


def memory(pid):
    fields = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]) / 1024


def main():
    folder = tempfile.mkdtemp()
    scenario = pathlib.Path(folder) / "quiet.yaml"
    scenario.write_text(SCENARIO)
    (pathlib.Path(folder) / "nginx.conf").write_text(NGINX % (folder, folder))
    aisys = [AISYS, "chaos", "proxy", "--upstream", f"http://127.0.0.1:{MOCK}", "--port", 19303, "--scenario", scenario]
    running = [start([BENCH, "mock", MOCK]), start([BENCH, "pass", 19301, f"127.0.0.1:{MOCK}"]), start(aisys)]
    ports = {"direct": MOCK, "bytes": 19301, "aisys": 19303}
    if shutil.which("nginx"):
        running.append(start(["nginx", "-c", f"{folder}/nginx.conf", "-g", "daemon off;"]))
        ports["nginx"] = 19302
    time.sleep(1)
    try:
        rows = {}
        for _ in range(ROUNDS):
            for connections in (1, 32):
                for kind in ("plain", "stream"):
                    for name, port in ports.items():
                        rows.setdefault((kind, connections, name), []).append(measure(port, connections, kind))
        print("load of the machine:", " ".join(f"{it:.1f}" for it in os.getloadavg()))
        print("| what | connections | through | a second | p50 | p99 | first byte p50 |\n| --- | ---: | --- | ---: | ---: | ---: | ---: |")
        for (kind, connections, name), found in rows.items():
            median = lambda key: statistics.median(row[key] for row in found)
            failed = sum(row["failed"] for row in found)
            note = f" ({failed} failed)" if failed else ""
            print(f"| {kind} | {connections} | {name}{note} | {median('per_second'):,.0f} | {median('p50_us'):,.0f} µs | {median('p99_us'):,.0f} µs | {median('first_p50_us'):,.0f} µs |")
        streams = subprocess.Popen([BENCH, "hold", "127.0.0.1:19303", "10000", "8"], stdout=subprocess.PIPE, text=True)
        print("10,000 streams:", streams.stdout.readline().strip())
        time.sleep(5)
        print(f"memory of the proxy: {memory(running[2].pid):.0f} MiB")
        print(streams.stdout.readline().strip())
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()


main()
