"""Times blocks: hybridized beside the same symbol bound, and at once beside another interpreter's MXNet.

    python benchmarks/gluon.py                               # hybridized / bound, should be at most 1.05
    python benchmarks/gluon.py --against MXNET/bin/python    # a training step at once, beside real MXNet

Both sides of a row take turns in one process; the smallest CPU time of many turns counts.
"""

import argparse
import json
import os
import subprocess
import sys
import time

import mxnet as mx
from mxnet import autograd, gluon
from mxnet.gluon import nn


def dense(widths, in_units):
    net = nn.HybridSequential()
    for width in widths:
        net.add(nn.Dense(width, in_units=in_units, activation="relu"))
        in_units = width
    return net


def lenet():
    net = nn.HybridSequential()
    for channels in (20, 50):
        net.add(nn.Conv2D(channels, 5, activation="tanh"), nn.MaxPool2D(2, 2))
    net.add(nn.Dense(500, activation="tanh"), nn.Dense(10))
    return net


# name: the network, the shape of its input, how many calls in a turn, how many turns
NETWORKS = {
    "2 layers of 16": (lambda: dense([16, 10], 32), (8, 32), 50, 100),
    "4 layers of 128": (lambda: dense([128] * 4, 128), (32, 128), 20, 100),
    "30 layers of 64": (lambda: dense([64] * 30, 64), (16, 64), 5, 60),
    "LeNet": (lenet, (64, 1, 28, 28), 1, 20),
    "ResNet-18": (lambda: gluon.model_zoo.vision.resnet18_v1(classes=10), (4, 3, 64, 64), 1, 10),
}


def turns(functions, calls, n):
    """Return the smallest CPU time of a call of each function, which take turns."""
    best = [float("inf")] * len(functions)
    for turn in range(n + 2):
        for i, function in enumerate(functions):
            start = time.process_time()
            for _ in range(calls):
                function()
            took = (time.process_time() - start) / calls
            if turn >= 2:
                best[i] = min(best[i], took)
    return best


def made(name):
    make, shape, calls, n = NETWORKS[name]
    net = make()
    net.initialize(mx.init.Xavier())
    x = mx.nd.random.uniform(shape=shape)
    return net, x, net(x), calls, n


def step(net, x, heads):
    with autograd.record():
        y = net(x)
    y.backward(heads)
    mx.nd.waitall()


def compare_with_bound(name):
    net, x, y, calls, n = made(name)
    symbol = net(mx.sym.var("data"))
    heads = mx.nd.ones(y.shape)
    learned = {p.name for p in net.collect_params().values() if p.grad_req != "null"}
    bound = []
    for requests in ("null", dict.fromkeys(learned, "write")):
        executor = symbol.simple_bind(mx.cpu(), grad_req=requests, data=x.shape)
        arrays = {p.name: p.data() for p in net.collect_params().values()}
        executor.copy_params_from(arrays, arrays, allow_extra_params=True)
        executor.arg_dict["data"][:] = x
        bound.append(executor)
    net.hybridize(static_alloc=True, static_shape=True)

    def bound_step():
        bound[1].forward(is_train=True)
        bound[1].backward(heads)

    forward = turns([bound[0].forward, lambda: net(x)], calls, n)
    both = turns([bound_step, lambda: step(net, x, heads)], calls, n)
    return forward, both


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", choices=sorted(NETWORKS), help="leave out the others")
    parser.add_argument("--against", metavar="PYTHON", help="an interpreter with real MXNet")
    parser.add_argument("--times", action="store_true", help="print the times of a step at once as JSON")
    options = parser.parse_args()
    names = options.only or list(NETWORKS)
    if options.times or options.against:
        times = {}
        for name in names:
            net, x, y, calls, n = made(name)
            heads = mx.nd.ones(y.shape)
            (times[name],) = turns([lambda: step(net, x, heads)], calls, n)  # noqa: B023 - called at once
        if options.times:
            print(json.dumps(times))
            return
        command = [
            options.against,
            __file__,
            "--times",
            *(word for name in names for word in ("--only", name)),
        ]
        others = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=others)
        theirs = json.loads(done.stdout)
        print(f"{'a step at once':18} {'here':>12} {'MXNet':>12} {'ratio':>8}")
        for name in names:
            ratio = times[name] / theirs[name]
            print(f"{name:18} {times[name] * 1e6:9.0f} us {theirs[name] * 1e6:9.0f} us {ratio:8.2f}")
        return
    print(f"{'':18} {'forward':>30} {'forward and backward':>30}")
    for name in names:
        cells = []
        for bound, hybridized in compare_with_bound(name):
            cells.append(f"{bound * 1e6:8.0f} {hybridized * 1e6:8.0f} us  {hybridized / bound:6.3f}")
        print(f"{name:18} {cells[0]:>30} {cells[1]:>30}")


if __name__ == "__main__":
    sys.exit(main())
