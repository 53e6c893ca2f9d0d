"""Random networks: the optimised program gives the numbers of the plain one, in inference and in training."""

from __future__ import annotations

import itertools
import math
import os
import random
from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

import mxnet as mx

# More of them look further: FUZZ_EXAMPLES=5000 pytest tests/plan/test_fuzz.py.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "100"))
BATCHES = 2, 3
UNARY = [
    "tanh",
    "sigmoid",
    "relu",
    "sin",
    "abs",
    "negative",
    "softsign",
    "square",
    "identity",
    "BlockGrad",
    "zeros_like",
    "ones_like",
]
BINARY = [
    "elemwise_add",
    "elemwise_sub",
    "elemwise_mul",
    "broadcast_maximum",
    "broadcast_add",
    "broadcast_mul",
]
ACTIVATIONS = ["relu", "tanh", "sigmoid", "softrelu"]


class Composer:
    """Composes a network: a pool of values, every one with its shape behind the batch axis."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.variables = {"x": (6,), "image": (2, 5, 5)}
        self.layers = {}
        self.pool = [(mx.sym.Variable(name), shape) for name, shape in self.variables.items()]

    def pick(self, options):
        return self.random.choice(list(options))

    def coin(self):
        return self.random.random() < 0.5

    def value(self, fits=lambda shape: True):
        options = [entry for entry in self.pool if fits(entry[1])]
        return self.pick(options + options[-3:])  # new values rather than old ones

    def image(self):
        return self.value(lambda shape: len(shape) == 3)

    def parameters(self, name):
        new = mx.sym.Variable(f"{name}_weight"), mx.sym.Variable(f"{name}_bias")
        return self.layers.setdefault(name, new)

    def add(self, value, *shape):
        self.pool.append((value, shape))

    # ------------------------------------------------------------------------------------------- single operators

    def unary(self):
        value, shape = self.value()
        self.add(getattr(mx.sym, self.pick(UNARY))(value), *shape)

    def twins(self):
        value, shape = self.value()
        operator = getattr(mx.sym, self.pick(UNARY))
        self.add(operator(value), *shape)
        self.add(operator(value), *shape)

    def activation(self):
        value, shape = self.value()
        self.add(mx.sym.Activation(value, act_type=self.pick(ACTIVATIONS)), *shape)

    def leaky(self):
        value, shape = self.value()
        self.add(mx.sym.LeakyReLU(value, act_type=self.pick(["leaky", "elu"]), slope=0.3), *shape)

    def scalar(self):
        value, shape = self.value()
        operation = self.pick(
            [lambda v: v + 0.5, lambda v: v * -0.7, lambda v: 1 - v, lambda v: v / 2, lambda v: v * 1]
        )
        self.add(operation(value), *shape)

    def dropout(self):
        value, shape = self.value()
        self.add(mx.sym.Dropout(value, p=0), *shape)

    def binary(self):
        left, shape = self.value()
        right, _ = self.value(lambda other: other == shape)
        self.add(getattr(mx.sym, self.pick(BINARY))(left, right), *shape)

    def add_n(self):
        first, shape = self.value()
        others = [self.value(lambda other: other == shape)[0] for _ in range(self.pick((0, 1, 3)))]
        self.add(mx.sym.add_n(first, *others), *shape)

    def mean(self):
        value, shape = self.value()
        axis = self.pick(range(1, len(shape) + 1))
        small = mx.sym.mean(value, axis=axis, keepdims=True)
        self.add(mx.sym.broadcast_sub(value, small), *shape)

    def constant(self):
        value, shape = self.value()
        constant = mx.sym.ones((1, *shape)) * self.pick((0.5, 2))
        self.add(mx.sym.broadcast_mul(value, constant), *shape)

    def softmax(self):
        value, shape = self.value()
        self.add(mx.sym.softmax(value, axis=-1), *shape)

    # ------------------------------------------------------------------------------------------------------ views

    def reshape(self):
        value, shape = self.value()
        wanted = self.pick([(math.prod(shape),), (1, *shape), (-1, shape[-1]), shape])
        known = tuple(d if d > 0 else math.prod(shape) // shape[-1] for d in wanted)
        self.add(mx.sym.reshape(value, shape=(0, *wanted)), *known)

    def flatten(self):
        value, shape = self.value()
        self.add(mx.sym.Flatten(value), math.prod(shape))

    def transpose(self):
        value, shape = self.value(lambda shape: len(shape) > 1)
        axes = self.random.sample(range(1, len(shape) + 1), len(shape))
        self.add(mx.sym.transpose(value, axes=(0, *axes)), *(shape[axis - 1] for axis in axes))

    def slice(self):
        value, shape = self.value(lambda shape: shape[-1] > 1)
        begin = self.pick(range(shape[-1] - 1))
        end = self.pick(range(begin + 1, shape[-1] + 1))
        self.add(mx.sym.slice_axis(value, axis=len(shape), begin=begin, end=end), *shape[:-1], end - begin)

    def split(self):
        value, shape = self.value(lambda shape: shape[0] in (2, 4, 6))
        parts = mx.sym.SliceChannel(value, num_outputs=2, axis=1)
        for part in parts:
            self.add(part, shape[0] // 2, *shape[1:])

    def concat(self):
        value, shape = self.value(lambda shape: math.prod(shape) < 200)
        others = [self.value(lambda other: other[1:] == shape[1:]) for _ in range(self.pick((0, 1, 2)))]
        total = shape[0] + sum(other[0] for _, other in others)
        self.add(mx.sym.concat(value, *(other for other, _ in others), dim=1), total, *shape[1:])

    # ----------------------------------------------------------------------------------------------------- layers

    def dense(self):
        value, shape = self.value()
        units = self.pick((3, 6))
        name = f"fc{math.prod(shape)}x{units}"
        weight, bias = self.parameters(name) if self.coin() else (None, None)
        self.add(mx.sym.FullyConnected(value, weight, bias, num_hidden=units), units)
        if self.coin():
            self.add(mx.sym.Activation(self.pool[-1][0], act_type=self.pick(ACTIVATIONS)), units)

    def recurrent(self):
        state, _ = self.value(lambda shape: math.prod(shape) == 6)
        weight, bias = self.parameters("loop")
        for _ in range(4):
            state = mx.sym.tanh(mx.sym.FullyConnected(state, weight, bias, num_hidden=6))
        self.add(state, 6)

    def siblings(self):
        value, _ = self.value(lambda shape: math.prod(shape) == 6)
        weight, bias = self.parameters("loop")
        for i in range(5):
            self.add(mx.sym.FullyConnected(value * (i + 1), weight, bias, num_hidden=6), 6)

    def block(self):
        value, shape = self.image()
        filters = self.pick((2, 4, shape[0]))
        made = mx.sym.Convolution(value, kernel=(3, 3), pad=(1, 1), num_filter=filters, no_bias=self.coin())
        self.add(made, filters, *shape[1:])
        if self.coin():
            fixed = self.coin()
            self.add(mx.sym.BatchNorm(self.pool[-1][0], fix_gamma=fixed, eps=1e-3), filters, *shape[1:])
        if self.coin():
            same = [entry for entry, other in self.pool[:-1] if other == self.pool[-1][1]]
            if same:
                self.add(self.pool[-1][0] + self.pick(same), filters, *shape[1:])
        if self.coin():
            self.add(mx.sym.Activation(self.pool[-1][0], act_type="relu"), filters, *shape[1:])

    def norm(self):
        value, shape = self.value()
        self.add(mx.sym.BatchNorm(value, eps=1e-3, use_global_stats=self.coin()), *shape)

    def grouped(self):
        value, shape = self.value(lambda shape: len(shape) == 3 and shape[0] in (2, 4))
        made = mx.sym.Convolution(value, kernel=(1, 1), num_filter=4, num_group=2)
        self.add(made, 4, *shape[1:])

    def loss(self):
        value, shape = self.value(lambda shape: len(shape) == 1)
        label = mx.sym.BlockGrad(mx.sym.softmax(value * 2))
        kind = self.pick([mx.sym.LinearRegressionOutput, mx.sym.LogisticRegressionOutput])
        self.add(kind(value, label), *shape)

    def embedding(self):
        value, shape = self.value(lambda shape: len(shape) == 1)
        index = mx.sym.round(mx.sym.abs(mx.sym.BlockGrad(mx.sym.tanh(value))) * 4)
        self.add(mx.sym.Embedding(index, input_dim=5, output_dim=3, sparse_grad=self.coin()), *shape, 3)

    def choice(self):
        left, shape = self.value()
        right, _ = self.value(lambda other: other == shape)
        self.add(mx.sym.where(mx.sym.BlockGrad(left > 0.1), left, right), *shape)

    def pooling(self):
        value, shape = self.image()
        kind = self.pick(("avg", "max"))
        made = mx.sym.Pooling(value, kernel=(3, 3), pad=(1, 1), stride=(1, 1), pool_type=kind)
        self.add(made, *shape)

    def network(self, size):
        steps = [
            getattr(self, name)
            for name in (
                "unary activation leaky scalar dropout binary binary add_n mean constant softmax reshape flatten "
                "transpose slice split concat dense recurrent siblings block block grouped norm pooling twins "
                "loss embedding choice"
            ).split()
        ]
        for _ in range(size):
            self.pick(steps)()
        read = {id(entry.node) for value, _ in self.pool for entry in value.graph.outputs[0].node.inputs}
        ends = [value for value, _ in self.pool if id(value.graph.outputs[0].node) not in read]
        together = mx.sym.concat(*map(mx.sym.Flatten, ends), dim=1)
        chosen = [self.pick(self.pool[-8:])[0] for _ in range(self.pick((0, 1, 3)))]
        return mx.sym.Group([*chosen, together])


def network(seed, size):
    """Return a network; one of smaller size and the same seed is its beginning."""
    with mx.name.NameManager():
        return Composer(seed).network(size)


class Bound:
    """A network bound to random numbers; with half of the rows 0, if it is to be stored sparsely."""

    def __init__(self, net, reqs, environment, stypes=None, *, zeros=False):
        self.zeros = zeros
        shapes = {name: (BATCHES[0], *shape) for name, shape in (("x", (6,)), ("image", (2, 5, 5)))}
        self.shapes = {name: shape for name, shape in shapes.items() if name in net.list_arguments()}
        args = net.list_arguments()
        with mock.patch.dict(os.environ, environment):
            self.executor = net.simple_bind(
                mx.cpu(),
                grad_req=dict(zip(args, itertools.cycle(reqs), strict=False)),
                stype_dict=stypes,
                **self.shapes,
            )
        self.random = np.random.default_rng(7)
        self.fill()

    def fill(self):
        executor = self.executor
        for name, array in {**executor.arg_dict, **executor.aux_dict}.items():
            positive = name.endswith(("gamma", "var"))
            low, high = (0.5, 1.5) if positive else (-0.8, 0.8)
            values = self.random.uniform(low, high, array.shape)
            if self.zeros and (name == "x" or "embedding" in name):  # of others a channel may become constant
                values[::2] = 0
            array[:] = values
        for array in executor.grad_arrays or ():
            if array is not None:
                array[:] = self.random.uniform(-1, 1, array.shape)

    def reshape(self):
        shapes = {name: (BATCHES[1], *shape[1:]) for name, shape in self.shapes.items()}
        self.executor = self.executor.reshape(allow_up_sizing=True, **shapes)
        self.fill()

    def infer(self):
        return [array.asnumpy() for array in self.executor.forward(is_train=False)]

    def train(self):
        executor = self.executor
        executor.forward(is_train=True)
        given = [mx.nd.array(self.random.uniform(-1, 1, out.shape)) for out in executor.outputs]
        arguments = [
            array for name, array in executor.arg_dict.items() if "gamma" not in name
        ]  # fixed ones are set
        before = [array.asnumpy() for array in (*arguments, *given)]
        executor.backward(given)
        for array, old in zip((*arguments, *given), before, strict=True):
            np.testing.assert_array_equal(array.asnumpy(), old, "what was given is not written to")
        grads = [array for array in executor.grad_arrays or () if array is not None]
        return [array.asnumpy() for array in (*executor.outputs, *grads, *executor.aux_arrays)]


def check(net, reqs, environment, stypes=None):
    """Check that both programs agree at every stage of an executor's life."""
    zeros = stypes is not None
    both = (
        Bound(net, reqs, {"MXNET_DISABLED_PASSES": "all"}, zeros=zeros),
        Bound(net, reqs, environment, stypes, zeros=zeros),
    )
    stages = [Bound.infer, Bound.train, Bound.infer, Bound.fill, Bound.infer, Bound.train, Bound.train]
    for stage in (*stages, Bound.reshape, Bound.infer, Bound.train, Bound.infer):
        plain, optimised = (stage(each) for each in both)
        for expected, found in zip(plain or (), optimised or (), strict=True):
            np.testing.assert_allclose(found, expected, 2e-3, 1e-4 * max(1, np.abs(expected).max(initial=0)))


@settings(
    max_examples=EXAMPLES,
    derandomize=EXAMPLES == 100,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@pytest.mark.filterwarnings("ignore:A memory budget")
@given(
    st.builds(network, st.integers(0, 1 << 32), st.integers(1, 16)),
    st.lists(st.sampled_from(["write", "add", "null"]), min_size=1, max_size=7),
    st.sampled_from([{}, {}, {"MXNET_BACKWARD_DO_MIRROR": "1"}, {"MXNET_MEMORY_BUDGET": "1KB"}]),
)
def test_optimised_programs_compute_what_plain_ones_do(net, reqs, environment):
    note(str(net.graph))
    check(net, reqs, environment)


@settings(
    max_examples=EXAMPLES,
    derandomize=EXAMPLES == 100,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@pytest.mark.filterwarnings("ignore:A memory budget")
@given(
    st.builds(network, st.integers(0, 1 << 32), st.integers(1, 16)),
    st.lists(st.sampled_from(["write", "add", "null"]), min_size=1, max_size=7),
    st.sampled_from([{}, {}, {"MXNET_BACKWARD_DO_MIRROR": "1"}, {"MXNET_MEMORY_BUDGET": "1KB"}]),
    st.lists(st.sampled_from(["row_sparse", "csr", "default"]), min_size=1, max_size=5),
)
def test_programs_on_sparse_arrays_compute_what_dense_ones_do(net, reqs, environment, stypes):
    note(str(net.graph))
    names = ["x", *(name for name in net.list_arguments() if name.endswith("weight"))]
    stored = dict(zip(names, itertools.cycle(stypes), strict=False))
    stored |= {
        name: "row_sparse" for name in names if "convolution" in name
    }  # only matrices are stored as csr
    check(net, reqs, {**environment, "MXNET_STORAGE_FALLBACK_LOG_VERBOSE": "0"}, stored)
