"""What several lessons share: the digits that scikit-learn ships, a training loop, and how many are read."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.datasets import load_digits

import mxnet as mx
from mxnet import autograd, gluon, nd

BATCH_SIZE = 32


def load() -> tuple[mx.io.NDArrayIter, tuple[nd.NDArray, nd.NDArray]]:
    """Return batches to learn from, and pictures and labels of every fifth digit, which is held out."""
    pictures, labels = load_digits(return_X_y=True)
    pictures = (pictures / 16).astype("float32").reshape(-1, 1, 8, 8)
    labels = labels.astype("float32")
    held_out = np.arange(len(labels)) % 5 == 0
    np.random.seed(1)
    training = mx.io.NDArrayIter(pictures[~held_out], labels[~held_out], BATCH_SIZE, shuffle=True)
    return training, (nd.array(pictures[held_out]), nd.array(labels[held_out]))


def train(net: gluon.Block, trainer: gluon.Trainer, training: mx.io.DataIter, epochs: int) -> None:
    """Train a network by the cross entropy of its scores."""
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    for _ in range(epochs):
        training.reset()
        for batch in training:
            with autograd.record():
                costs = loss(net(batch.data[0]), batch.label[0])
            costs.backward()
            trainer.step(BATCH_SIZE)


def accuracy(net: Callable[[nd.NDArray], nd.NDArray], pictures: nd.NDArray, labels: nd.NDArray) -> float:
    """Return how many of the pictures are read correctly."""
    return float((net(pictures).argmax(axis=1) == labels).mean().asscalar())
