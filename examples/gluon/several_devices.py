"""Training on several devices at once: each gets a part of the batch, and the gradients are added.

Two contexts of the CPU stand for the devices; with GPUs, `mx.gpu(0)` and `mx.gpu(1)` take their place.
"""

from __future__ import annotations

import sys

import numpy as np

import mxnet as mx
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn


def train(contexts: list[mx.Context], x: nd.NDArray, y: nd.NDArray) -> tuple[np.ndarray, list[float]]:
    """Train a small network on some devices; return its first weights and the loss of each step."""
    mx.random.seed(1)
    net = nn.HybridSequential()
    net.add(nn.Dense(16, activation="tanh", in_units=4), nn.Dense(1, in_units=16))
    net.initialize(mx.init.Xavier(), ctx=contexts)
    net.hybridize()
    loss = gluon.loss.L2Loss()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1, "momentum": 0.9})
    course = []
    for _ in range(20):
        parts_x = gluon.utils.split_and_load(x, contexts)
        parts_y = gluon.utils.split_and_load(y, contexts)
        with autograd.record():
            costs = [loss(net(a), b) for a, b in zip(parts_x, parts_y, strict=True)]
        autograd.backward(costs)
        trainer.step(len(x))  # adds the gradients of all devices, and moves the parameters on each
        course.append(sum(cost.sum().asscalar() for cost in costs) / len(x))
    return net[0].weight.data(contexts[-1]).asnumpy(), course


def main() -> int:
    """Train on one and on two devices; return 0 if both learn the same."""
    x = nd.array(np.random.default_rng(0).normal(size=(64, 4)))
    y = nd.sin(x.sum(axis=1))
    one, course = train([mx.cpu(0)], x, y)
    two, same_course = train([mx.cpu(0), mx.cpu(1)], x, y)
    print(f"one device:  loss {course[0]:.4f} to {course[-1]:.4f}")
    print(f"two devices: loss {same_course[0]:.4f} to {same_course[-1]:.4f}")
    same = np.allclose(one, two, atol=1e-5) and course[-1] < course[0] / 2
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
