"""torch: the network as a module, eager or through `torch.compile`; it also writes the network as ONNX."""

from __future__ import annotations

import os

import torch
import torch.nn.functional as F

from backends import LEARNING_RATE, Backend


class Operators:
    """Operators that run at once, on the parameters of a module."""

    def __init__(self, module, inputs):
        self.module = module
        self.inputs = inputs

    def input(self, name):
        return self.inputs[name]

    def value(self, name):
        return getattr(self.module, name)

    def conv(self, x, name, filters, kernel, stride=1, pad=0, groups=1, bias=False):
        bias = self.value(name + "_bias") if bias else None
        return F.conv2d(x, self.value(name + "_weight"), bias, stride, pad, groups=groups)

    def batch_norm(self, x, name):
        states = self.value(name + "_moving_mean"), self.value(name + "_moving_var")
        scale = self.value(name + "_gamma"), self.value(name + "_beta")
        return F.batch_norm(x, *states, *scale, self.module.training, momentum=0.1, eps=2e-5)

    def dense(self, x, name, units):
        return F.linear(x, self.value(name + "_weight"), self.value(name + "_bias"))

    def embedding(self, x, name, vocabulary, units):
        return F.embedding(x, self.value(name + "_weight"))

    def lstm(self, x, state, memory, name, units, layers):
        parts = ("i2h_weight", "h2h_weight", "i2h_bias", "h2h_bias")
        weights = [self.value("%s%d_%s" % (name, layer, part)) for layer in range(layers) for part in parts]
        return torch.lstm(x, (state, memory), weights, True, layers, 0.0, self.module.training, False, False)[
            0
        ]

    def pool(self, x, kind, kernel, stride=1, pad=0):
        return (F.max_pool2d if kind == "max" else F.avg_pool2d)(x, kernel, stride, pad)

    def global_pool(self, x):
        return F.adaptive_avg_pool2d(x, 1)

    def relu(self, x):
        return F.relu(x)

    def tanh(self, x):
        return torch.tanh(x)

    def sigmoid(self, x):
        return torch.sigmoid(x)

    def dropout(self, x):
        return F.dropout(x, 0.5, self.module.training)

    def flatten(self, x):
        return torch.flatten(x, 1)

    def reshape(self, x, shape):
        return x.reshape(shape)

    def concat(self, parts, axis):
        return torch.cat(parts, axis)

    def split(self, x, parts, axis, squeeze=False):
        return x.unbind(axis) if squeeze else x.chunk(parts, axis)


class Net(torch.nn.Module):
    """The network with its weights; in training it ends in the loss."""

    def __init__(self, network, weights, names, training):
        super().__init__()
        self.network = network
        self.names = names
        for name, value in weights.items():
            if "_moving_" in name:
                self.register_buffer(name, torch.from_numpy(value))
            else:
                self.register_parameter(name, torch.nn.Parameter(torch.from_numpy(value), training))
        self.train(training)

    def forward(self, *inputs):
        inputs = dict(zip(self.names, inputs))
        output = self.network.build(Operators(self, inputs))
        return F.cross_entropy(output, inputs["label"]) if self.training and self.network.loss else output


class Eager(Backend):
    def __init__(self, job):
        super().__init__(job)
        torch.set_num_threads(job.threads)
        inputs = {name: torch.from_numpy(value) for name, value in job.arrays("inputs").items()}
        if not (job.training and self.network.loss):
            inputs.pop("label", None)
        weights = job.arrays("weights")
        self.before = weights if job.mode == "sgd" else {}
        self.net = Net(self.network, {k: v.copy() for k, v in weights.items()}, list(inputs), job.training)
        self.inputs = [value.long() if value.dtype == torch.int32 else value for value in inputs.values()]
        if job.options.get("layout") == "channels_last":
            channels_last = torch.channels_last
            self.net.to(memory_format=channels_last)
            self.inputs = [
                x.contiguous(memory_format=channels_last) if x.ndim == 4 else x for x in self.inputs
            ]
        if job.mode == "sgd":
            self.optimizer = torch.optim.SGD(self.net.parameters(), LEARNING_RATE)

    def bind(self):
        self.run = self.net
        if "compile" in self.job.options:
            import torch._inductor.config

            torch.compiler.config.force_disable_caches = self.job.measure == "first"
            torch._inductor.config.freezing = not self.job.training
            Operators.lstm = torch.compiler.disable(Operators.lstm)  # compiled, it is 70 cells: 15 minutes
            self.run = torch.compile(self.net)

    def step(self):
        if not self.job.training:
            with torch.no_grad():
                self.output = self.run(*self.inputs)
            return
        self.net.zero_grad()
        output = self.run(*self.inputs)
        output.backward(None if output.ndim == 0 else torch.ones_like(output))
        if self.job.mode == "sgd":
            self.optimizer.step()

    def results(self):
        if not self.job.training:
            return {"output": self.output.numpy()}
        values = dict(self.net.named_parameters())
        if self.job.mode == "sgd":
            return {name: value.detach().numpy() - self.before[name] for name, value in values.items()}
        return {name: value.grad.numpy() for name, value in values.items()}

    def export(self):
        """Write the network as ONNX, for the peers that read that."""
        path = os.path.join(self.job.folder, "network.onnx")
        names = {"input_names": self.net.names, "output_names": ["output"]}
        torch.onnx.export(self.net, tuple(self.inputs), path, dynamo=True, verbose=False, **names)


def backend(job):
    return Eager(job)
