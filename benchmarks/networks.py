"""The networks of the benchmarks, each written once, as a function of the operators it is made of.

A function is handed `ops`, one of the operator sets in `backends/`: it composes symbols (Symnet, MXNet), runs
torch, or is traced by JAX. Parameters are known by the same names everywhere, so that all run with the same
weights. Python 3.7, which MXNet 1.2.1 needs, reads this file too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Callable, Dict, Optional, Tuple

from convolutions import CONVOLUTIONS
from operators import OPERATORS

RESNET_UNITS = {50: (3, 4, 6, 3), 152: (3, 8, 36, 3), 200: (3, 24, 36, 3)}


@dataclass(frozen=True)
class Network:
    """A network, the shapes of its inputs at a batch size, and whether a softmax loss ends it in training."""

    build: Callable
    inputs: Callable[[int], Dict[str, Tuple[int, ...]]]
    loss: bool = True
    words: int = 0  # inputs named "words" are numbers below this
    values: Optional[Callable] = None  # draws the inputs, if they are not pixels or words
    differentiated: bool = False  # training asks for the gradients of the inputs too
    identity: bool = False  # start near it, so that what runs through a long chain neither dies nor explodes


def conv_bn_relu(ops, x, name, filters, kernel, stride=1, pad=0, groups=1):
    x = ops.conv(x, name, filters, kernel, stride, pad, groups)
    return ops.relu(ops.batch_norm(x, name + "_bn"))


def bottleneck(ops, x, name, filters, stride, widen):
    """Add what three convolutions see to what came in; the stride is in the 3x3 one, as in torchvision."""
    y = conv_bn_relu(ops, x, name + "_conv1", filters, 1)
    y = conv_bn_relu(ops, y, name + "_conv2", filters, 3, stride, 1)
    y = ops.batch_norm(ops.conv(y, name + "_conv3", 4 * filters, 1), name + "_conv3_bn")
    if widen:
        x = ops.batch_norm(ops.conv(x, name + "_short", 4 * filters, 1, stride), name + "_short_bn")
    return ops.relu(x + y)


def resnet(ops, depth):
    """Residual network of bottlenecks, version 1 (arXiv 1512.03385)."""
    x = conv_bn_relu(ops, ops.input("data"), "stem", 64, 7, 2, 3)
    x = ops.pool(x, "max", 3, 2, 1)
    for stage, units in enumerate(RESNET_UNITS[depth]):
        for unit in range(units):
            name = "stage%d_unit%d" % (stage + 1, unit + 1)
            stride = 2 if stage and not unit else 1
            x = bottleneck(ops, x, name, 64 << stage, stride, widen=not unit)
    return ops.dense(ops.flatten(ops.global_pool(x)), "fc", 1000)


# Filters of each block: 1x1; before the 3x3, and the 3x3; before two 3x3, and those; the pool; its 1x1.
INCEPTION = {
    "3a": (64, 64, 64, 64, 96, "avg", 32),
    "3b": (64, 64, 96, 64, 96, "avg", 64),
    "3c": (0, 128, 160, 64, 96, "max", 0),
    "4a": (224, 64, 96, 96, 128, "avg", 128),
    "4b": (192, 96, 128, 96, 128, "avg", 128),
    "4c": (160, 128, 160, 128, 160, "avg", 128),
    "4d": (96, 128, 192, 160, 192, "avg", 128),
    "4e": (0, 128, 192, 192, 256, "max", 0),
    "5a": (352, 192, 320, 160, 224, "avg", 128),
    "5b": (352, 192, 320, 192, 224, "max", 128),
}


def inception_block(ops, x, name, single, reduce3, conv3, reduce5, conv5, kind, project):
    """Concatenate what windows of several sizes see; a block without a 1x1 branch halves the picture."""
    stride = 1 if single else 2
    branches = [conv_bn_relu(ops, x, name + "_1x1", single, 1)] if single else []
    y = conv_bn_relu(ops, x, name + "_3x3_reduce", reduce3, 1)
    branches.append(conv_bn_relu(ops, y, name + "_3x3", conv3, 3, stride, 1))
    y = conv_bn_relu(ops, x, name + "_double_reduce", reduce5, 1)
    y = conv_bn_relu(ops, y, name + "_double_1", conv5, 3, 1, 1)
    branches.append(conv_bn_relu(ops, y, name + "_double_2", conv5, 3, stride, 1))
    y = ops.pool(x, kind, 3, stride, 1)
    branches.append(conv_bn_relu(ops, y, name + "_project", project, 1) if project else y)
    return ops.concat(branches, 1)


def inception_bn(ops):
    """Inception with batch normalisation (arXiv 1502.03167)."""
    x = conv_bn_relu(ops, ops.input("data"), "conv1", 64, 7, 2, 3)
    x = ops.pool(x, "max", 3, 2, 1)
    x = conv_bn_relu(ops, x, "conv2_reduce", 64, 1)
    x = conv_bn_relu(ops, x, "conv2", 192, 3, 1, 1)
    x = ops.pool(x, "max", 3, 2, 1)
    for name, sizes in INCEPTION.items():
        x = inception_block(ops, x, "block" + name, *sizes)
    return ops.dense(ops.flatten(ops.global_pool(x)), "fc", 1000)


def mobilenet(ops):
    """Depthwise separable convolutions (arXiv 1704.04861)."""
    x = conv_bn_relu(ops, ops.input("data"), "stem", 32, 3, 2, 1)
    filters = 32
    widths = (64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)
    for number, width in enumerate(widths):
        stride = 2 if number in (1, 3, 5, 11) else 1
        x = conv_bn_relu(ops, x, "depth%d" % number, filters, 3, stride, 1, groups=filters)
        x = conv_bn_relu(ops, x, "point%d" % number, width, 1)
        filters = width
    return ops.dense(ops.flatten(ops.global_pool(x)), "fc", 1000)


def vgg16(ops, drops=True):
    """Thirteen 3x3 convolutions and three large matrices (arXiv 1409.1556), with or without dropout."""
    x = ops.input("data")
    for stage, (filters, convs) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))):
        for number in range(convs):
            name = "conv%d_%d" % (stage + 1, number + 1)
            x = ops.relu(ops.conv(x, name, filters, 3, pad=1, bias=True))
        x = ops.pool(x, "max", 2, 2)
    x = ops.flatten(x)
    for name in ("fc6", "fc7"):
        x = ops.relu(ops.dense(x, name, 4096))
        x = ops.dropout(x) if drops else x
    return ops.dense(x, "fc8", 1000)


def lenet(ops):
    x = ops.input("data")
    for number, filters in enumerate((20, 50)):
        x = ops.tanh(ops.conv(x, "conv%d" % (number + 1), filters, 5, bias=True))
        x = ops.pool(x, "max", 2, 2)
    x = ops.tanh(ops.dense(ops.flatten(x), "fc1", 500))
    return ops.dense(x, "fc2", 10)


def mlp(ops):
    x = ops.input("data")
    for number, units in enumerate((128, 64)):
        x = ops.relu(ops.dense(x, "fc%d" % (number + 1), units))
    return ops.dense(x, "fc3", 10)


def chain(ops, length):
    x = ops.input("data")
    for number in range(length):
        x = ops.relu(ops.dense(x, "fc%d" % number, 16))
    return x


def lstm_cell(ops, x, state, memory, name, units):
    gates = ops.dense(x, name + "_i2h", 4 * units) + ops.dense(state, name + "_h2h", 4 * units)
    take, keep, new, show = ops.split(gates, 4, 1)
    memory = ops.sigmoid(keep) * memory + ops.sigmoid(take) * ops.tanh(new)
    return ops.sigmoid(show) * ops.tanh(memory), memory


def unrolled_lstm(ops, vocabulary, units, steps, layers=2):
    """Say for each word of a text which comes next, with a cell per step and layer."""
    words = ops.embedding(ops.input("words"), "embed", vocabulary, units)
    sequence = ops.split(words, steps, 0, squeeze=True)
    states = ops.split(ops.input("state"), layers, 0, squeeze=True)
    memories = ops.split(ops.input("memory"), layers, 0, squeeze=True)
    for layer in range(layers):
        state, memory = states[layer], memories[layer]
        outputs = []
        for x in sequence:
            state, memory = lstm_cell(ops, x, state, memory, "lstm%d" % layer, units)
            outputs.append(state)
        sequence = outputs
    return ops.dense(ops.concat(sequence, 0), "decode", vocabulary)


def fused_lstm(ops, vocabulary, units, layers=2):
    """Say the same with one operator for all steps and layers."""
    words = ops.embedding(ops.input("words"), "embed", vocabulary, units)
    x = ops.lstm(words, ops.input("state"), ops.input("memory"), "lstm", units, layers)
    return ops.dense(ops.reshape(x, (-1, units)), "decode", vocabulary)


def lstm_layer(ops, units):
    """Run one operator over a sequence, and pass on all its states."""
    return ops.lstm(ops.input("data"), ops.input("state"), ops.input("memory"), "lstm", units, 1)


def looped_lstm(ops, units):
    """Run a cell in a loop, and pass on all its states."""

    def step(x, states):
        state, memory = lstm_cell(ops, x, *states, "cell", units)
        return state, [state, memory]

    return ops.loop(step, ops.input("data"), [ops.input("state"), ops.input("memory")])


def custom_mlp(ops, units, layers=4):
    """Activate dense layers with an operator written by a user."""
    x = ops.input("data")
    for layer in range(layers):
        x = ops.kept_tanh(ops.dense(x, "fc%d" % layer, units))
    return x


def operator(ops, place, inputs, settings):
    return ops.apply(place, inputs, settings)


def fixed(drawn, batch):  # noqa: ARG001 - all networks are asked alike
    """Return the shapes of what is drawn; these have no batch."""
    return {name: shape for name, (_, shape) in drawn.items()}


def draw(drawn, rng):
    return {name: kind(rng, shape) for name, (kind, shape) in drawn.items()}


def pictures(batch, channels=3, side=224):
    return {"data": (batch, channels, side, side)}


def texts(batch, steps, units, layers=2):
    states = (layers, batch, units)
    return {"words": (steps, batch), "state": states, "memory": states}


def sequences(batch, steps, units, layers=()):
    states = (*layers, batch, units)
    return {"data": (steps, batch, units), "state": states, "memory": states}


def rows(batch, columns):
    return {"data": (batch, columns)}


# A language model reads 35 of the 10,000 words of the Penn Treebank; the long one has its number of nodes.
VOCABULARY, UNITS, STEPS = 10000, 200, 35
LONG = {"vocabulary": 32, "units": 32, "steps": 433}

NETWORKS = {
    "resnet-50": Network(partial(resnet, depth=50), pictures),
    "resnet-152": Network(partial(resnet, depth=152), pictures),
    "resnet-200": Network(partial(resnet, depth=200), pictures),
    "inception-bn": Network(inception_bn, pictures),
    "mobilenet": Network(mobilenet, pictures),
    "vgg-16": Network(vgg16, pictures),
    "vgg-16-without-dropout": Network(partial(vgg16, drops=False), pictures),  # all draw other masks
    "lenet": Network(lenet, partial(pictures, channels=1, side=28)),
    "mlp": Network(mlp, partial(rows, columns=784)),
    "chain": Network(partial(chain, length=1000), partial(rows, columns=16), False, identity=True),
    "lstm-unrolled": Network(
        partial(unrolled_lstm, vocabulary=VOCABULARY, units=UNITS, steps=STEPS),
        partial(texts, steps=STEPS, units=UNITS),
        words=VOCABULARY,
    ),
    "lstm-fused": Network(
        partial(fused_lstm, vocabulary=VOCABULARY, units=UNITS),
        partial(texts, steps=STEPS, units=UNITS),
        words=VOCABULARY,
    ),
    "lstm-layer": Network(
        partial(lstm_layer, units=256), partial(sequences, steps=50, units=256, layers=(1,)), loss=False
    ),
    "lstm-loop": Network(
        partial(looped_lstm, units=256), partial(sequences, steps=50, units=256), loss=False
    ),
    "custom-mlp": Network(partial(custom_mlp, units=256), partial(rows, columns=256), loss=False),
    "lstm-long": Network(
        partial(unrolled_lstm, **LONG),
        partial(texts, steps=LONG["steps"], units=LONG["units"]),
        words=LONG["vocabulary"],
    ),
}
CONVOLUTIONS = {"conv-" + name: made for name, made in CONVOLUTIONS.items()}
for name, (place, settings, drawn) in {**OPERATORS, **CONVOLUTIONS}.items():
    NETWORKS[name] = Network(
        partial(operator, place=place, inputs=tuple(drawn), settings=settings),
        partial(fixed, drawn),
        False,
        values=partial(draw, drawn),
        differentiated=True,
    )
