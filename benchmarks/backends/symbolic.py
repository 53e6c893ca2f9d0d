"""Symnet and MXNet: the same script composes the symbol that an executor or a Module runs."""

from __future__ import annotations

import functools
import re

import mxnet as mx
import numpy as np

from backends import LEARNING_RATE, Backend
from networks import NETWORKS


class KeptTanh(mx.operator.CustomOp):
    """Applies tanh, and keeps its slope from forward to backward where users do: in the object."""

    def forward(self, is_train, req, in_data, out_data, aux):
        self.assign(out_data[0], req[0], mx.nd.tanh(in_data[0]))
        self.slope = 1 - out_data[0] * out_data[0]

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        self.assign(in_grad[0], req[0], out_grad[0] * self.slope)


@mx.operator.register("kept_tanh")
class KeptTanhProp(mx.operator.CustomOpProp):
    """Declares it."""

    def create_operator(self, ctx, shapes, dtypes):
        return KeptTanh()


class Symbols:
    """Operators that compose; a parameter used twice is one variable; `packed` says what is in a vector."""

    def __init__(self):
        self.variables = {}
        self.uses = {}
        self.packed = {}

    def input(self, name):
        return self.variables.setdefault(name, mx.sym.Variable(name))

    def make(self, operator, data, name, parameters, **settings):
        """Apply an operator to parameters called after it; used again, the node gets a number."""
        uses = self.uses[name] = self.uses.get(name, 0) + 1
        inputs = {parameter: self.input(name + "_" + parameter) for parameter in parameters}
        node = name if uses == 1 else "%s_%d" % (name, uses)
        return getattr(mx.sym, operator)(data, name=node, **inputs, **settings)

    def conv(self, x, name, filters, kernel, stride=1, pad=0, groups=1, bias=False):
        parameters = ("weight", "bias") if bias else ("weight",)
        window = {"kernel": (kernel, kernel), "stride": (stride, stride), "pad": (pad, pad)}
        filters = {"num_filter": filters, "num_group": groups, "no_bias": not bias}
        return self.make("Convolution", x, name, parameters, **window, **filters)

    def batch_norm(self, x, name):
        parameters = ("gamma", "beta", "moving_mean", "moving_var")
        return self.make("BatchNorm", x, name, parameters, eps=2e-5, momentum=0.9, fix_gamma=False)

    def dense(self, x, name, units):
        return self.make("FullyConnected", x, name, ("weight", "bias"), num_hidden=units)

    def embedding(self, x, name, vocabulary, units):
        return self.make("Embedding", x, name, ("weight",), input_dim=vocabulary, output_dim=units)

    def lstm(self, x, state, memory, name, units, layers):
        self.packed[name + "_parameters"] = lstm_layout(name, units, layers)
        states = {"state": state, "state_cell": memory}
        sizes = {"state_size": units, "num_layers": layers}
        return self.make("RNN", x, name, ("parameters",), mode="lstm", **states, **sizes)

    def loop(self, step, x, states):
        return mx.sym.contrib.foreach(step, x, states)[0]

    def kept_tanh(self, x):
        return mx.sym.Custom(x, op_type="kept_tanh")

    def pool(self, x, kind, kernel, stride=1, pad=0):
        window = {"kernel": (kernel, kernel), "stride": (stride, stride), "pad": (pad, pad)}
        return mx.sym.Pooling(x, pool_type=kind, **window)

    def global_pool(self, x):
        return mx.sym.Pooling(x, pool_type="avg", kernel=(7, 7), global_pool=True)

    def apply(self, operator, inputs, settings):
        """Apply an operator, given by its place in `mx.sym`, to inputs of the network."""
        function = functools.reduce(getattr, operator.split("."), mx.sym)
        return function(name="operator", **{name: self.input(name) for name in inputs}, **settings)

    def relu(self, x):
        return mx.sym.Activation(x, act_type="relu")

    def tanh(self, x):
        return mx.sym.Activation(x, act_type="tanh")

    def sigmoid(self, x):
        return mx.sym.Activation(x, act_type="sigmoid")

    def dropout(self, x):
        return mx.sym.Dropout(x, p=0.5)

    def flatten(self, x):
        return mx.sym.Flatten(x)

    def reshape(self, x, shape):
        return mx.sym.Reshape(x, shape=shape)

    def concat(self, parts, axis):
        return mx.sym.Concat(*parts, dim=axis)

    def split(self, x, parts, axis, squeeze=False):
        return list(mx.sym.SliceChannel(x, num_outputs=parts, axis=axis, squeeze_axis=squeeze))


def lstm_layout(name, units, layers):
    """Name the parts of the vector that the RNN operator reads, in its order; inputs have as many units."""
    parts = {"weight": (4 * units, units), "bias": (4 * units,)}
    return [
        ("%s%d_%s_%s" % (name, layer, source, kind), shape)
        for kind, shape in parts.items()
        for layer in range(layers)
        for source in ("i2h", "h2h")
    ]


def compose(network, training):
    """Return the symbol, which in training ends in its loss, and what packed vectors are made of."""
    ops = Symbols()
    symbol = NETWORKS[network].build(ops)
    if training and NETWORKS[network].loss:
        symbol = mx.sym.SoftmaxOutput(symbol, ops.input("label"), normalization="batch", name="softmax")
    return symbol, ops.packed


class Symbolic(Backend):
    """What binding by `simple_bind` and by `Module` have in common: the symbol and the numbers."""

    def __init__(self, job):
        super().__init__(job)
        self.symbol, self.packed = compose(job.network, job.training)
        if job.measure == "start-up":
            return
        self.inputs = {name: mx.nd.array(value) for name, value in job.arrays("inputs").items()}
        if self.network.values is None and not (job.training and self.network.loss):
            self.inputs.pop("label", None)
        weights = job.arrays("weights")
        for name, parts in self.packed.items():
            weights[name] = np.concatenate([weights.pop(part).ravel() for part, _ in parts])
        weights = {name: mx.nd.array(value) for name, value in weights.items()}
        self.args = {name: weights[name] for name in self.symbol.list_arguments() if name in weights}
        self.aux = {name: weights[name] for name in self.symbol.list_auxiliary_states()}
        mx.nd.waitall()

    def infer(self):
        return self.symbol.infer_shape(**self.network.inputs(self.job.batch))

    def unpack(self, arrays):
        """Cut vectors into the arrays that other peers know."""
        for name, parts in self.packed.items():
            vector, start = arrays.pop(name), 0
            for part, shape in parts:
                size = int(np.prod(shape))
                arrays[part] = vector[start : start + size].reshape(shape)
                start += size
        return arrays


class Bound(Symbolic):
    """Runs an executor made by `simple_bind`."""

    def bind(self):
        arguments = self.symbol.list_arguments()
        wanted = arguments if self.network.differentiated else self.args
        self.wanted = [name for name in arguments if self.job.training and name in wanted]
        requests = {name: "write" if name in self.wanted else "null" for name in arguments}
        shapes = {name: value.shape for name, value in self.inputs.items()}
        self.executor = self.symbol.simple_bind(mx.cpu(), grad_req=requests, **shapes)
        self.executor.copy_params_from(self.args, self.aux)
        for name, value in self.inputs.items():
            self.executor.arg_dict[name][:] = value
        self.head = None if self.network.loss else mx.nd.ones(self.executor.outputs[0].shape)

    def warm_up(self):
        """Run a step with one sample, which loads the code of operators and lets go of everything."""
        executor = self.symbol.simple_bind(mx.cpu(), **self.network.inputs(1))
        executor.forward(is_train=True)
        executor.backward(mx.nd.ones(executor.outputs[0].shape))
        mx.nd.waitall()

    def step(self):
        self.executor.forward(is_train=self.job.training)
        if self.job.training:
            self.executor.backward(self.head)
        mx.nd.waitall()

    def results(self):
        if not self.job.training:
            return {"output": self.executor.outputs[0].asnumpy()}
        return self.unpack({name: self.executor.grad_dict[name].asnumpy() for name in self.wanted})

    def planned(self):
        """Return the intermediates that the executor planned, and with the arrays that live through a run.

        These are what is bound, the head gradient, and the outputs of the run before.
        """
        executor = self.executor
        if hasattr(executor, "memory_plan"):  # more exact than the text
            plan = executor.memory_plan().peak_bytes / 2**20
        else:
            plan = float(re.search(r"Total (\d+) MB allocated", executor.debug_str()).group(1))
        arrays = executor.arg_arrays + executor.aux_arrays + executor.grad_arrays + executor.outputs
        living = [array for array in [*arrays, self.head] if array is not None]
        return {"planned": plan, "with arrays": plan + sum(4 * array.size for array in living) / 2**20}


class Trained(Symbolic):
    """Runs `Module.forward`, `backward` and `update`."""

    def bind(self):
        label = self.inputs["label"]
        data = [(name, value) for name, value in self.inputs.items() if name != "label"]
        self.batch = mx.io.DataBatch(data=[value for _, value in data], label=[label])
        self.module = mx.mod.Module(self.symbol, [name for name, _ in data], ["label"], context=mx.cpu())
        self.module.bind([(name, value.shape) for name, value in data], [("label", label.shape)])
        self.module.set_params(self.args, self.aux)
        # The loss is an average over the batch already.
        settings = {"learning_rate": LEARNING_RATE, "rescale_grad": 1.0}
        self.module.init_optimizer(optimizer="sgd", optimizer_params=settings)

    def step(self):
        self.module.forward(self.batch, is_train=True)
        self.module.backward()
        self.module.update()
        mx.nd.waitall()

    def results(self):
        after = self.module.get_params()[0]
        return self.unpack({name: after[name].asnumpy() - self.args[name].asnumpy() for name in self.args})


def backend(job):
    return (Trained if job.mode == "sgd" else Bound)(job)
