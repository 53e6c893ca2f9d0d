"""Handwritten digits of 8 x 8 pixels, which scikit-learn ships: what many of the examples learn from."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits

import mxnet as mx


def arrays(of=range(10)):
    """Return pictures, shape ``(samples, 1, 8, 8)``, and labels: to learn from, and to be tested on."""
    pictures, labels = load_digits(return_X_y=True)
    order = np.random.RandomState(0).permutation(len(labels))
    order = order[np.isin(labels[order], list(of))]
    pictures = (pictures[order] / 16).astype("float32").reshape(-1, 1, 8, 8)
    labels = labels[order].astype("float32")
    split = len(labels) * 4 // 5
    return (pictures[:split], labels[:split]), (pictures[split:], labels[split:])


def iterators(batch_size, of=range(10)):
    """Return an iterator to learn from, and one to be tested on."""
    train, test = arrays(of)
    return mx.io.NDArrayIter(*train, batch_size, shuffle=True), mx.io.NDArrayIter(*test, batch_size)


def seed(number=1):
    """Make a run repeatable: parameters come from MXNet's generator, the order of the data from numpy's."""
    mx.random.seed(number)
    np.random.seed(number)
