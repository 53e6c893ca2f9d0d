"""Runs the named workloads, peers in turn, and prints medians, spreads and ratios.

Call it as ``python benchmarks/run.py [start_up unrolled_lstm] [--runs 5]``.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
from pathlib import Path

from peers import MXNET_191, symnet

WORKLOADS = {"start_up": "seconds", "unrolled_lstm": "total"}


def measure(interpreter: Path, workload: str) -> dict[str, float]:
    """Run a workload once and return what it measured."""
    script = Path(__file__).parent / "workloads" / f"{workload}.py"
    # A peer must not find this checkout, which is called mxnet too.
    environment = dict(os.environ)
    if interpreter != symnet():
        environment.pop("PYTHONPATH", None)
    done = subprocess.run([interpreter, script], capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise SystemExit(f"{workload} failed under {interpreter}:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("workloads", nargs="*", help=f"which of {', '.join(WORKLOADS)}; all by default")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    interpreters = {"symnet": symnet(), MXNET_191.name: MXNET_191.interpreter()}
    for workload in options.workloads or WORKLOADS:
        key = WORKLOADS[workload]
        seen: dict[str, list[float]] = {name: [] for name, interpreter in interpreters.items() if interpreter}
        last = {}
        for _ in range(options.runs):
            for name, times in seen.items():
                last[name] = measure(interpreters[name], workload)  # type: ignore[arg-type]
                times.append(last[name][key])
        ours = statistics.median(seen["symnet"])
        for name, times in seen.items():
            median = statistics.median(times)
            spread = f"{min(times):.3f} to {max(times):.3f}"
            ratio = f"symnet / {name} {ours / median:.2f}"
            print(f"{workload:15} {name:12} {key} {median:.3f} s ({spread}); {ratio}; {last[name]}")


if __name__ == "__main__":
    main()
