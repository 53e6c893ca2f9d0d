"""Two processes train one network together: each works on a part of every batch.

    python examples/two_processes.py
    python examples/two_processes.py --num-workers 4
    python -m mxnet.tools.launch -n 2 python examples/two_processes.py

The script starts itself as often as there are workers, with MXNet's launcher, unless something else has
started it as a worker. With a store ``dist_sync`` all workers make the same step at the same time. After
every epoch they have the same parameters, which are those that one process reaches with batches as large as
theirs together.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys

import handwritten
import image_classification

import mxnet as mx


def work(args):
    """Train as one of the workers; return the accuracy on the held-out digits, and the sum of all weights."""
    store = mx.kv.create("dist_sync")
    handwritten.seed(1)  # the same for all, so that they begin with the same parameters
    (pictures, digits), test = handwritten.arrays()
    mine = slice(store.rank, len(digits) // store.num_workers * store.num_workers, store.num_workers)
    train = mx.io.NDArrayIter(pictures[mine], digits[mine], args.batch_size, shuffle=True)
    model = mx.mod.Module(image_classification.lenet())
    model.fit(
        train,
        num_epoch=args.num_epochs,
        kvstore=store,
        optimizer_params={"learning_rate": 0.1, "momentum": 0.9},
        initializer=mx.init.Xavier(),
        progress=False,
    )
    accuracy = dict(model.score(mx.io.NDArrayIter(*test, 30), "acc"))["accuracy"]
    weights = sum(float(array.sum().asscalar()) for array in model.get_params()[0].values())
    print(f"worker {store.rank} of {store.num_workers}: {accuracy:.1%} right, weights {weights:.4f}")


def main(argv=None):
    """Work, if this is a worker; otherwise start the workers and return their exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--num-workers", type=int, default=2)
    parser.add_argument("--num-epochs", type=int, default=8)
    parser.add_argument("--batch-size", type=int, default=16, help="of each worker")
    parser.add_argument("--quick", action="store_true", help="few epochs")
    args = parser.parse_args(argv)
    args.num_epochs = 2 if args.quick else args.num_epochs
    if "DMLC_ROLE" in os.environ or "RANK" in os.environ:
        work(args)
        return 0
    from mxnet.tools import launch

    options = sys.argv[1:] if argv is None else argv
    return launch.main(["-n", str(args.num_workers), sys.executable, os.path.abspath(__file__), *options])


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    sys.exit(main())
