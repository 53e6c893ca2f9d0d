"""Times what comes before the second step: start, composing, binding and the first run of long graphs.

    python benchmarks/compiling.py
    python benchmarks/compiling.py --against MXNET/bin/python    # beside real MXNet, in turns

Each figure is the least CPU time of one thread over several fresh processes. A start is `import mxnet` with
the first step of a small graph, which loads what `import` has left for later.
"""

import argparse
import json
import os
import subprocess
import sys
import time


def unrolled(length, hidden=32, layers=2, words=100):
    """Compose an LSTM over words: 32 nodes for each step and two layers."""
    embedded = mx.sym.Embedding(mx.sym.Variable("data"), input_dim=words, output_dim=hidden, name="embed")
    stack = mx.rnn.SequentialRNNCell()
    for i in range(layers):
        stack.add(mx.rnn.LSTMCell(hidden, prefix=f"lstm{i}_"))
    outputs, _ = stack.unroll(length, inputs=embedded, merge_outputs=True, layout="NTC")
    flat = mx.sym.Reshape(outputs, shape=(-1, hidden))
    scores = mx.sym.FullyConnected(flat, num_hidden=words, name="pred")
    labels = mx.sym.Reshape(mx.sym.Variable("softmax_label"), shape=(-1,))
    return mx.sym.SoftmaxOutput(scores, labels, name="softmax")


def chain(length):
    """Compose a chain of [FullyConnected 16 + ReLU]."""
    x = mx.sym.Variable("data")
    for i in range(length):
        x = mx.sym.FullyConnected(x, num_hidden=16, name=f"fc{i}")
        x = mx.sym.Activation(x, act_type="relu", name=f"relu{i}")
    return mx.sym.SoftmaxOutput(x, name="softmax")


def start():
    """Run a graph of one layer."""
    executor = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3).simple_bind(mx.cpu(), data=(2, 2))
    executor.forward(is_train=True)
    executor.backward(mx.nd.ones((2, 3)))
    mx.nd.waitall()


def first_step(compose, shapes):
    """Return the seconds of composing, and of binding with the first training step."""
    start = time.process_time()
    symbol = compose()
    composed = time.process_time()
    requests = {name: "null" if name in shapes else "write" for name in symbol.list_arguments()}
    executor = symbol.simple_bind(mx.cpu(), grad_req=requests, **shapes)
    executor.forward(is_train=True)
    executor.backward()
    mx.nd.waitall()
    return {"composed": composed - start, "bound and run": time.process_time() - composed}


def epoch(lengths, batches):
    """Return the seconds of a first and a second epoch over buckets of many lengths."""

    def symbol_of(length):
        return unrolled(length), ("data",), ("softmax_label",)

    module = mx.mod.BucketingModule(symbol_of, default_bucket_key=max(lengths))

    def batch(length):
        what = {"bucket_key": length}
        for kind, name in (("data", "data"), ("label", "softmax_label")):
            what[kind] = [mx.nd.ones((8, length))]
            what[f"provide_{kind}"] = [mx.io.DataDesc(name, (8, length))]
        return mx.io.DataBatch(**what)

    largest = batch(max(lengths))
    module.bind(largest.provide_data, largest.provide_label)
    module.init_params()
    module.init_optimizer()
    result = {}
    for which in ("first epoch", "second epoch"):
        start = time.process_time()
        for _ in range(batches):
            for length in lengths:
                module.forward_backward(batch(length))
                module.update()
        mx.nd.waitall()
        result[which] = time.process_time() - start
    return result


SEQUENCE = {"data": (8, 400), "softmax_label": (8, 400)}
WORKLOADS = {
    "LSTM of 13,000 nodes": lambda: first_step(lambda: unrolled(400), SEQUENCE),
    "chain of 16,000 nodes": lambda: first_step(lambda: chain(8000), {"data": (4, 16)}),
    "30 lengths, 4 batches each": lambda: epoch(range(10, 70, 2), 4),
}


def least(python, name, repeat):
    """Return the least times of a workload in fresh processes of an interpreter."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    if python != sys.executable:
        environment.pop("PYTHONPATH", None)
    command = [python, __file__, "--measure", name]
    times = {}
    for _ in range(repeat):
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
        if done.returncode:
            sys.exit(f"{python} cannot measure {name!r}:\n{done.stderr}")
        for what, seconds in json.loads(done.stdout).items():
            times[what] = min(seconds, times.get(what, seconds))
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", metavar="PYTHON", help="an interpreter with real MXNet")
    parser.add_argument("--repeat", type=int, default=3, help="fresh processes for each figure")
    parser.add_argument("--measure", choices=sorted(WORKLOADS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        start()
        print(json.dumps({"start": time.process_time(), **WORKLOADS[options.measure]()}))
        return
    print(f"{'CPU seconds':44} {'here':>8} {'MXNet':>8} {'ratio':>8}")
    for name in WORKLOADS:
        here = least(sys.executable, name, options.repeat)
        there = least(options.against, name, options.repeat) if options.against else {}
        for what, seconds in here.items():
            row = f"{name + ', ' + what:44} {seconds:8.3f}"
            print(row + (f" {there[what]:8.3f} {seconds / there[what]:8.2f}" if there else ""), flush=True)


if __name__ == "__main__":
    if "--measure" in sys.argv:
        import mxnet as mx  # the parent does not need it
    sys.exit(main())
