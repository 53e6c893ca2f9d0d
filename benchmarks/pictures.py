"""Pictures per second of ``ImageRecordIter`` beside MXNet's, on the same record file and the same threads.

Called without arguments it draws a record file, lets both libraries read it in turns, and prints the best of
each, per second of the processor and of the clock. The worker's side runs under Python 3.8, too.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COUNT = 512
PARAMETERS = {
    "data_shape": (3, 224, 224),
    "batch_size": 64,
    "resize": 256,
    "rand_crop": True,
    "rand_mirror": True,
    "mean_r": 123.68,
    "mean_g": 116.78,
    "mean_b": 103.94,
    "std_r": 58.4,
    "std_g": 57.12,
    "std_b": 57.38,
    "verbose": False,
}


def draw(path):
    """Write a record file of pictures of 500 x 375 pixels, as large on the disk as photographs are."""
    import numpy as np

    from mxnet import recordio

    random = np.random.default_rng(0)
    y, x = np.mgrid[:375, :500]
    with recordio.MXRecordIO(path, "w") as records:
        for number in range(COUNT):
            waves = [np.sin(0.01 * (number % 16 + 1) * x * (i + 1) + 0.015 * y * (3 - i)) for i in range(3)]
            pixels = 127 + 100 * np.stack(waves, 2) + random.normal(0, 12, (375, 500, 3))
            pixels = np.clip(pixels, 0, 255).astype("uint8")
            records.write(recordio.pack_img((0, number % 10, number, 0), pixels, quality=90))


def work(path, threads, epochs):
    """Read the file as often as asked; print pictures per second of the processor and of the clock."""
    import mxnet as mx

    batches = mx.io.ImageRecordIter(path_imgrec=path, preprocess_threads=threads, **PARAMETERS)
    best = [0.0, 0.0]
    for _ in range(epochs + 1):  # the first one warms up
        cpu, clock, count = time.process_time(), time.perf_counter(), 0
        for batch in batches:
            batch.data[0].wait_to_read()
            count += batch.data[0].shape[0] - batch.pad
        rates = count / (time.process_time() - cpu), count / (time.perf_counter() - clock)
        best = [max(pair) for pair in zip(best, rates)]
        batches.reset()
    print(json.dumps(best))


def main():
    from peers import PEERS

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--peers", nargs="+", default=["symnet", "mxnet-1.9.1"], choices=PEERS)
    parser.add_argument("--python", help="the interpreter of the last peer, if it is there already")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "pictures.rec")
        draw(path)
        for threads in options.threads:
            for peer in map(PEERS.get, options.peers):
                last = peer.name == options.peers[-1]
                python = options.python if last and options.python else peer.interpreter()
                command = [str(python), __file__, "--work", path, str(threads), str(options.epochs)]
                variables = {**os.environ, **peer.variables, "OMP_NUM_THREADS": "1"}
                done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
                if done.returncode:
                    sys.exit(f"{peer.name} failed:\n{done.stderr}")
                cpu, clock = json.loads(done.stdout.strip().splitlines()[-1])
                print(
                    f"{threads} threads  {peer.name:12}  {cpu:6.0f} pictures per second of the processor, "
                    f"{clock:6.0f} of the clock",
                    flush=True,
                )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        work(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    else:
        sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
        main()
