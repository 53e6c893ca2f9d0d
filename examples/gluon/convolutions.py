"""A convolutional network that reads digits: from scratch, and with Gluon and batch normalization."""

from __future__ import annotations

import sys

from digits import BATCH_SIZE, accuracy, load, train

import mxnet as mx
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn


def from_scratch(training: mx.io.DataIter, test: tuple[nd.NDArray, nd.NDArray]) -> float:
    """Call the operators, and move the parameters by hand."""
    filters, shift = nd.random.normal(scale=0.2, shape=(16, 1, 3, 3)), nd.zeros(16)
    weight, bias = nd.random.normal(scale=0.1, shape=(10, 16 * 4 * 4)), nd.zeros(10)
    parameters = [filters, shift, weight, bias]
    for parameter in parameters:
        parameter.attach_grad()

    def net(x: nd.NDArray) -> nd.NDArray:
        x = nd.Convolution(x, filters, shift, kernel=(3, 3), pad=(1, 1), num_filter=16)
        x = nd.Pooling(nd.relu(x), kernel=(2, 2), stride=(2, 2), pool_type="max")
        return nd.FullyConnected(x, weight, bias, num_hidden=10)

    for _ in range(6):
        training.reset()
        for batch in training:
            with autograd.record():
                loss = -nd.pick(nd.log_softmax(net(batch.data[0])), batch.label[0])
            loss.backward()
            for parameter in parameters:
                parameter[:] = parameter - 0.3 * parameter.grad / BATCH_SIZE
    return accuracy(net, *test)


def with_gluon(training: mx.io.DataIter, test: tuple[nd.NDArray, nd.NDArray]) -> float:
    """Put layers on top of each other, and make them one graph."""
    net = nn.HybridSequential()
    for channels in (16, 32):
        net.add(
            nn.Conv2D(channels, kernel_size=3, padding=1, use_bias=False),
            nn.BatchNorm(),
            nn.Activation("relu"),
            nn.MaxPool2D(),
        )
    net.add(nn.Dense(10))
    net.initialize(mx.init.Xavier())
    net.hybridize()
    train(net, gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.005}), training, epochs=4)
    return accuracy(net, *test)


def main() -> int:
    """Learn in both ways; return 0 if both read at least 95 % of the held-out digits."""
    mx.random.seed(1)
    training, test = load()
    reached = {"from scratch": from_scratch(training, test), "with Gluon": with_gluon(training, test)}
    for name, value in reached.items():
        print(f"{name}: {value:.1%} of the held-out digits")
    return 0 if min(reached.values()) >= 0.95 else 1


if __name__ == "__main__":
    sys.exit(main())
