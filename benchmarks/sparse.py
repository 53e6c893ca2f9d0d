"""Times operations on sparse arrays of a million rows beside real MXNet 1.9.1, and the memory they take.

    python benchmarks/sparse.py                                  # the peer's environment is made on first use
    python benchmarks/sparse.py update dot --python MXNET/bin/python --above 1

Each side of a row is a process of its own with one thread. Time is that of the processor, the lowest of many
calls; memory is by how much the process grew at most over the calls, its arguments not counted.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
SECONDS, CALLS = 0.3, (3, 300)


def measured(name, n):
    """Return the lowest time of a call in ms, and by how many MB the process grew at most."""
    import mxnet as mx

    from sparse_cases import CASES

    def run(step):
        start = time.process_time()
        made = step()
        mx.nd.waitall()
        took = time.process_time() - start
        del made
        return took

    warm = CASES[name](1000)
    for _ in range(3):
        run(warm)
    step = CASES[name](n)
    mx.nd.waitall()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget the greatest size so far
    before = size("VmRSS")
    times = [run(step) for _ in range(CALLS[0])]
    grown = size("VmHWM") - before
    while len(times) < CALLS[1] and sum(times) < SECONDS:
        times.append(run(step))
    return {"ms": 1e3 * min(times), "mb": max(grown, 0) / 1024}


def size(what):
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what))


def asked(python, variables, name, n):
    """Return what a fresh process measures; why it did not, if it did not."""
    environment = {**os.environ, **variables, "OMP_NUM_THREADS": "1", "MXNET_CPU_WORKER_NTHREADS": "1"}
    done = subprocess.run(
        [str(python), __file__, "--work", name, str(n)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or ["killed"])[-1]}
    return json.loads(done.stdout.strip().splitlines()[-1])


def main():
    from peers import PEERS

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("words", nargs="*", help="only operations with one of these words in their names")
    parser.add_argument("--rows", type=int, default=1000000, help="how many (%(default)s)")
    parser.add_argument("--python", help="the interpreter of MXNet 1.9.1, if it is there already")
    parser.add_argument("--above", type=float, default=0, help="only show rows whose ratio is above this")
    options = parser.parse_args()
    ours, theirs = PEERS["symnet"], PEERS["mxnet-1.9.1"]
    peer = options.python or theirs.interpreter()
    os.environ["PYTHONPATH"] = ours.variables["PYTHONPATH"]
    sys.path.insert(0, ours.variables["PYTHONPATH"])
    from sparse_cases import CASES

    os.environ.pop("PYTHONPATH")
    print(
        "| operation | ms | MXNet 1.9.1 | ratio | MB | MXNet 1.9.1 |\n| --- | --- | --- | --- | --- | --- |"
    )
    for name in CASES:
        if options.words and not any(word in name for word in options.words):
            continue
        mine = asked(sys.executable, ours.variables, name, options.rows)
        other = asked(peer, theirs.variables, name, options.rows)
        failed = [f"{each['failed']:.90}" for each in (mine, other) if "failed" in each]
        if failed:
            print(
                f"| {name} | {mine.get('ms', '')} | {other.get('ms', '')} | | {' / '.join(failed)} | |",
                flush=True,
            )
            continue
        ratio = mine["ms"] / other["ms"]
        if max(ratio, mine["mb"] / max(other["mb"], 1)) >= options.above:
            print(
                f"| {name} | {mine['ms']:.3f} | {other['ms']:.3f} | {ratio:.2f} | {mine['mb']:.1f} | "
                f"{other['mb']:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        print(json.dumps(measured(sys.argv[2], int(sys.argv[3]))))
    else:
        main()
