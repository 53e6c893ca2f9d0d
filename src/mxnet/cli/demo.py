"""``symnet demo``: a network from start to finish, on the spot."""

from __future__ import annotations

import os
import tempfile
from typing import Annotated, Any

import numpy as np
import typer

import mxnet as mx
from mxnet.cli.tools.files import check_target
from mxnet.cli.tools.printing import console, print_table, working

__all__ = ["command"]

_SIDE = 12
_SHAPES = ("square", "cross", "bars", "frame")
_SAMPLES = 1000
_EPOCHS = 6


def command(
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PREFIX",
            help="Keep the checkpoint, for the other commands; by default it is removed.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace a checkpoint that is there.")] = False,
) -> None:
    """Train a small network on pictures that are drawn on the spot, save it, load it and run it.

    It takes a few seconds, and needs nothing but Symnet.
    """
    if output:
        check_target(f"{output}-symbol.json", force=force)
    to = console()
    pictures, kinds = _pictures(_SAMPLES)
    to.print(f"{_SAMPLES} pictures of {_SIDE}x{_SIDE} pixels: {', '.join(_SHAPES)}, with noise. Two of them:")
    to.print(_shown(pictures[:2, 0]), markup=False)
    held = _SAMPLES // 4
    train = mx.io.NDArrayIter(pictures[held:], kinds[held:], 50, shuffle=True)
    test = mx.io.NDArrayIter(pictures[:held], kinds[:held], 50)
    model: Any = mx.mod.Module(_network())
    with working("Training"):
        scores = _train(model, train, test)
    rows = [[epoch, f"{score:.1%}"] for epoch, score in enumerate(scores, 1)]
    print_table(
        ["epoch", "held-out pictures read correctly"], rows, numbers=["held-out pictures read correctly"]
    )
    with tempfile.TemporaryDirectory() as folder:
        prefix = output or os.path.join(folder, "demo")
        model.save_checkpoint(prefix, _EPOCHS)
        symbol, arguments, states = mx.model.load_checkpoint(prefix, _EPOCHS)
    again = mx.mod.Module(symbol)
    again.bind([("data", (held, 1, _SIDE, _SIDE))], for_training=False)
    again.set_params(arguments, states)
    answers = again.predict(mx.io.NDArrayIter(pictures[:held], batch_size=held)).asnumpy()
    right = int((answers.argmax(axis=1) == kinds[:held]).sum())
    to.print(f"Saved, loaded and run again: {right} of {held} are read correctly.", markup=False)
    if output:
        to.print(f"Now try: symnet summary {output}; symnet convert {output} --to onnx", markup=False)


def _network() -> Any:
    net = mx.sym.Variable("data")
    net = mx.sym.Convolution(net, kernel=(3, 3), num_filter=8, name="conv")
    net = mx.sym.Activation(mx.sym.BatchNorm(net, name="norm"), act_type="relu", name="relu")
    net = mx.sym.Pooling(net, kernel=(2, 2), stride=(2, 2), pool_type="max", name="pool")
    return mx.sym.SoftmaxOutput(
        mx.sym.FullyConnected(net, num_hidden=len(_SHAPES), name="fc"), name="softmax"
    )


def _train(model: Any, train: Any, test: Any) -> list[float]:
    """Return the accuracy on held-out pictures after each epoch."""
    mx.random.seed(1)
    model.bind(train.provide_data, train.provide_label)
    model.init_params(mx.init.Xavier())
    model.init_optimizer(optimizer="adam", optimizer_params={"learning_rate": 0.005})
    scores = []
    for _ in range(_EPOCHS):
        train.reset()
        for batch in train:
            model.forward_backward(batch)
            model.update()
        scores.append(model.score(test, "acc")[0][1])
    return scores


def _pictures(count: int) -> tuple[Any, Any]:
    """Return pictures of shapes somewhere, and which shape each is."""
    random = np.random.default_rng(0)
    kinds = random.integers(0, len(_SHAPES), count)
    pictures = random.normal(0, 0.4, (count, 1, _SIDE, _SIDE)).astype("float32")
    for picture, kind in zip(pictures, kinds, strict=True):
        top, left = random.integers(0, _SIDE - 7, 2)
        picture[0, top : top + 7, left : left + 7] += _drawn(int(kind))
    return pictures, kinds.astype("float32")


def _drawn(kind: int) -> Any:
    shape = np.zeros((7, 7), "float32")
    match _SHAPES[kind]:
        case "square":
            shape[1:6, 1:6] = 1
        case "cross":
            shape[3, :] = shape[:, 3] = 1
        case "bars":
            shape[::2] = 1
        case "frame":
            shape[[0, -1]] = shape[:, [0, -1]] = 1
    return shape


def _shown(pictures: Any) -> str:
    """Return pictures side by side, as blocks of shades."""
    shades = " ░▒▓█"
    rows = []
    for row in np.concatenate(list(pictures), axis=1):
        levels = np.clip(row * (len(shades) - 1), 0, len(shades) - 1).astype(int)
        rows.append("".join(shades[level] * 2 for level in levels))
    return "\n".join(rows)
