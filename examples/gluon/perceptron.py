"""A multilayer perceptron that reads digits: from scratch, and with Gluon."""

from __future__ import annotations

import sys

from digits import BATCH_SIZE, accuracy, load, train

import mxnet as mx
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

HIDDEN = 64


def from_scratch(training: mx.io.DataIter, test: tuple[nd.NDArray, nd.NDArray]) -> float:
    """Compute with arrays, their gradients, and nothing else."""
    parameters = [
        nd.random.normal(scale=0.1, shape=(64, HIDDEN)),
        nd.zeros(HIDDEN),
        nd.random.normal(scale=0.1, shape=(HIDDEN, 10)),
        nd.zeros(10),
    ]
    for parameter in parameters:
        parameter.attach_grad()

    def net(x: nd.NDArray) -> nd.NDArray:
        weight1, bias1, weight2, bias2 = parameters
        hidden = nd.maximum(nd.dot(x.reshape((len(x), -1)), weight1) + bias1, 0)
        return nd.dot(hidden, weight2) + bias2

    for _ in range(10):
        training.reset()
        for batch in training:
            x, y = batch.data[0], batch.label[0]
            with autograd.record():
                loss = -nd.pick(nd.log_softmax(net(x)), y)
            loss.backward()
            for parameter in parameters:
                parameter[:] = parameter - 0.5 * parameter.grad / BATCH_SIZE
    return accuracy(net, *test)


def with_gluon(training: mx.io.DataIter, test: tuple[nd.NDArray, nd.NDArray]) -> float:
    """Put layers on top of each other, and make them one graph."""
    net = nn.HybridSequential()
    net.add(nn.Dense(HIDDEN, activation="relu"), nn.Dense(10))
    net.initialize(mx.init.Normal(sigma=0.1))
    net.hybridize()
    train(net, gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.5}), training, epochs=10)
    return accuracy(net, *test)


def main() -> int:
    """Learn in both ways; return 0 if both read at least 94 % of the held-out digits."""
    mx.random.seed(1)
    training, test = load()
    reached = {"from scratch": from_scratch(training, test), "with Gluon": with_gluon(training, test)}
    for name, value in reached.items():
        print(f"{name}: {value:.1%} of the held-out digits")
    return 0 if min(reached.values()) >= 0.94 else 1


if __name__ == "__main__":
    sys.exit(main())
