"""Linear regression: from scratch with arrays and their gradients, and with Gluon's layers and trainer."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np

import mxnet as mx
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

TRUE_WEIGHT, TRUE_BIAS = [2.0, -3.4], 4.2
BATCH_SIZE = 10


def make_data(count: int = 1000) -> tuple[nd.NDArray, nd.NDArray]:
    """Return points, and what a line with a little noise gives for them."""
    features = nd.random.normal(shape=(count, 2))
    labels = nd.dot(features, nd.array(TRUE_WEIGHT)) + TRUE_BIAS
    return features, labels + nd.random.normal(scale=0.01, shape=labels.shape)


def batches(features: nd.NDArray, labels: nd.NDArray) -> Iterator[tuple[nd.NDArray, nd.NDArray]]:
    """Yield batches in a random order."""
    order = np.random.default_rng(0).permutation(len(features))
    for start in range(0, len(order), BATCH_SIZE):
        chosen = nd.array(order[start : start + BATCH_SIZE])
        yield features.take(chosen), labels.take(chosen)


def from_scratch(features: nd.NDArray, labels: nd.NDArray) -> tuple[np.ndarray, float]:
    """Descend along gradients by hand."""
    weight, bias = nd.random.normal(scale=0.01, shape=(2, 1)), nd.zeros(1)
    for parameter in (weight, bias):
        parameter.attach_grad()
    for _ in range(3):
        for x, y in batches(features, labels):
            with autograd.record():
                loss = (nd.dot(x, weight) + bias - y.reshape((-1, 1))) ** 2 / 2
            loss.backward()
            for parameter in (weight, bias):
                parameter[:] = parameter - 0.03 * parameter.grad / len(x)
    return weight.asnumpy().ravel(), bias.asscalar()


def with_gluon(features: nd.NDArray, labels: nd.NDArray) -> tuple[np.ndarray, float]:
    """Let a layer hold the parameters, and a trainer descend."""
    net = nn.Dense(1)
    net.initialize(mx.init.Normal(sigma=0.01))
    loss = gluon.loss.L2Loss()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.03})
    for _ in range(3):
        for x, y in batches(features, labels):
            with autograd.record():
                costs = loss(net(x), y)
            costs.backward()
            trainer.step(len(x))
    return net.weight.data().asnumpy().ravel(), net.bias.data().asscalar()


def main() -> int:
    """Find the line in both ways; return 0 if both find it."""
    mx.random.seed(1)
    features, labels = make_data()
    print(f"true:         weight {TRUE_WEIGHT}, bias {TRUE_BIAS}")
    good = True
    for name, fit in (("from scratch", from_scratch), ("with Gluon", with_gluon)):
        weight, bias = fit(features, labels)
        print(f"{name + ':':13} weight {[round(float(each), 2) for each in weight]}, bias {bias:.2f}")
        good &= np.allclose([*weight, bias], [*TRUE_WEIGHT, TRUE_BIAS], atol=0.02)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
