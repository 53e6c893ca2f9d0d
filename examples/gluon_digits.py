"""The demo's digits with Gluon: the same LeNet as blocks, trained in a loop, exported, and read as a graph.

Writes ``demo-output/gluon-lenet-symbol.json`` and its parameters, the files that `mx.mod.Module` reads too.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from demo import BATCH_SIZE, EPOCHS, GOAL, load_data

import mxnet as mx
from mxnet import autograd, gluon
from mxnet.gluon import nn

OUTPUT = Path("demo-output")
CHECKPOINT = str(OUTPUT / "gluon-lenet")


def main() -> int:
    """Train, export, reload; return 0 if the network reads at least 98 % of the held-out digits."""
    began = time.perf_counter()
    OUTPUT.mkdir(exist_ok=True)
    mx.random.seed(1)
    np.random.seed(1)
    train_x, train_y, test_x, test_y = load_data()
    net = lenet()
    net.initialize(mx.init.Xavier())
    net.hybridize()
    print(net)
    train(net, mx.io.NDArrayIter(train_x, train_y, BATCH_SIZE, shuffle=True), (test_x, test_y))

    net.export(CHECKPOINT, epoch=EPOCHS)
    files = f"{CHECKPOINT}-symbol.json", f"{CHECKPOINT}-{EPOCHS:04d}.params"
    print("Exported to", " and ".join(files))
    reloaded = gluon.SymbolBlock.imports(files[0], ["data"], files[1])
    reached = accuracy(reloaded, test_x, test_y)
    print(f"Of the {len(test_y)} held-out digits the exported graph reads {reached:.1%} correctly.")
    print(f"It took {time.perf_counter() - began:.0f} seconds.")
    return 0 if reached >= GOAL else 1


def lenet() -> nn.HybridSequential:
    """Return LeNet: two convolutions with pooling, and two dense layers."""
    net = nn.HybridSequential(prefix="lenet_")
    with net.name_scope():
        net.add(
            nn.Conv2D(20, kernel_size=5, padding=2, activation="tanh"),
            nn.MaxPool2D(pool_size=2, strides=2),
            nn.Conv2D(50, kernel_size=3, padding=1, activation="tanh"),
            nn.MaxPool2D(pool_size=2, strides=2),
            nn.Flatten(),
            nn.Dense(128, activation="tanh"),
            nn.Dense(10),
        )
    return net


def train(net: gluon.HybridBlock, batches: mx.io.DataIter, held_out: tuple[np.ndarray, np.ndarray]) -> None:
    """Train the network, and print after each epoch what it reads."""
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    loss.hybridize()
    settings = {"learning_rate": 0.05, "momentum": 0.9, "wd": 1e-4}
    trainer = gluon.Trainer(net.collect_params(), "sgd", settings)
    for epoch in range(EPOCHS):
        batches.reset()
        for batch in batches:
            with autograd.record():
                costs = loss(net(batch.data[0]), batch.label[0])
            costs.backward()
            trainer.step(BATCH_SIZE)
        print(f"epoch {epoch + 1}: {accuracy(net, *held_out):.1%} on the held-out digits")


def accuracy(net: gluon.Block, pictures: np.ndarray, digits: np.ndarray) -> float:
    """Return how many of the pictures are read correctly."""
    read = net(mx.nd.array(pictures)).argmax(axis=1)
    return float((read.asnumpy() == digits).mean())


if __name__ == "__main__":
    sys.exit(main())
