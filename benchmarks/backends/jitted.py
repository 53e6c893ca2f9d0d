"""JAX: the network as a function of its weights and inputs, through `jax.jit`."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from backends import LEARNING_RATE, Backend


class Operators:
    """Operators that are traced; what BatchNorm makes of its moving statistics is left in `moved`."""

    def __init__(self, values, inputs, training):
        self.values = values
        self.inputs = inputs
        self.training = training
        self.moved = {}

    def input(self, name):
        return self.inputs[name]

    def conv(self, x, name, filters, kernel, stride=1, pad=0, groups=1, bias=False):
        window = {"window_strides": (stride, stride), "padding": [(pad, pad)] * 2}
        layout = {"dimension_numbers": ("NCHW", "OIHW", "NCHW"), "feature_group_count": groups}
        x = lax.conv_general_dilated(x, self.values[name + "_weight"], **window, **layout)
        return x + self.values[name + "_bias"][:, None, None] if bias else x

    def batch_norm(self, x, name):
        states = {"mean": self.values[name + "_moving_mean"], "var": self.values[name + "_moving_var"]}
        if self.training:
            seen = {"mean": x.mean((0, 2, 3)), "var": x.var((0, 2, 3))}
            for kind, old in states.items():
                self.moved["%s_moving_%s" % (name, kind)] = 0.9 * old + 0.1 * lax.stop_gradient(seen[kind])
            states = seen
        scale = self.values[name + "_gamma"] * lax.rsqrt(states["var"] + 2e-5)
        shift = self.values[name + "_beta"] - states["mean"] * scale
        return x * scale[:, None, None] + shift[:, None, None]

    def dense(self, x, name, units):
        return x @ self.values[name + "_weight"].T + self.values[name + "_bias"]

    def embedding(self, x, name, vocabulary, units):
        return self.values[name + "_weight"][x]

    def lstm(self, x, state, memory, name, units, layers):
        for layer in range(layers):
            prefix = "%s%d_" % (name, layer)
            weight = self.values[prefix + "h2h_weight"].T
            bias = self.values[prefix + "i2h_bias"] + self.values[prefix + "h2h_bias"]
            seen = x @ self.values[prefix + "i2h_weight"].T + bias

            def cell(carried, seen_now, weight=weight):
                state, memory = carried
                take, keep, new, show = jnp.split(seen_now + state @ weight, 4, 1)
                memory = self.sigmoid(keep) * memory + self.sigmoid(take) * jnp.tanh(new)
                state = self.sigmoid(show) * jnp.tanh(memory)
                return (state, memory), state

            _, x = lax.scan(cell, (state[layer], memory[layer]), seen)
        return x

    def pool(self, x, kind, kernel, stride=1, pad=0):
        window = (1, 1, kernel, kernel), (1, 1, stride, stride), [(0, 0), (0, 0), (pad, pad), (pad, pad)]
        if kind == "max":
            return lax.reduce_window(x, -jnp.inf, lax.max, *window)
        return lax.reduce_window(x, 0.0, lax.add, *window) / kernel**2

    def global_pool(self, x):
        return x.mean((2, 3), keepdims=True)

    def relu(self, x):
        return jax.nn.relu(x)

    def tanh(self, x):
        return jnp.tanh(x)

    def sigmoid(self, x):
        return jax.nn.sigmoid(x)

    def dropout(self, x):
        if self.training:
            raise ValueError("no workload trains a network with dropout beside JAX")
        return x

    def flatten(self, x):
        return x.reshape(x.shape[0], -1)

    def reshape(self, x, shape):
        return x.reshape(shape)

    def concat(self, parts, axis):
        return jnp.concatenate(parts, axis)

    def split(self, x, parts, axis, squeeze=False):
        return [part.squeeze(axis) if squeeze else part for part in jnp.split(x, parts, axis)]


class Jitted(Backend):
    def __init__(self, job):
        super().__init__(job)
        values = {name: jnp.asarray(value) for name, value in job.arrays("weights").items()}
        self.states = {name: values.pop(name) for name in list(values) if "_moving_" in name}
        self.weights = values
        self.inputs = {name: jnp.asarray(value) for name, value in job.arrays("inputs").items()}

    def forward(self, weights, states, inputs):
        ops = Operators({**weights, **states}, inputs, self.job.training)
        output = self.network.build(ops)
        if not self.job.training:
            return output
        if not self.network.loss:
            return output.sum(), ops.moved
        logs = jax.nn.log_softmax(output)
        return -jnp.take_along_axis(logs, inputs["label"][:, None], 1).mean(), ops.moved

    def gradient(self, weights, states, inputs):
        (_, moved), gradients = jax.value_and_grad(self.forward, has_aux=True)(weights, states, inputs)
        return moved, gradients

    def train(self, weights, states, inputs):
        moved, gradients = self.gradient(weights, states, inputs)
        return moved, jax.tree.map(lambda weight, grad: weight - LEARNING_RATE * grad, weights, gradients)

    def bind(self):
        if self.job.mode == "sgd":
            self.before = {name: np.array(value) for name, value in self.weights.items()}
            self.run = jax.jit(self.train, donate_argnums=(0, 1))
        else:
            self.run = jax.jit(self.gradient if self.job.training else self.forward)

    def step(self):
        self.made = jax.block_until_ready(self.run(self.weights, self.states, self.inputs))
        if self.job.training:
            self.states = self.made[0]
        if self.job.mode == "sgd":
            self.weights = self.made[1]

    def results(self):
        if not self.job.training:
            return {"output": np.asarray(self.made)}
        arrays = {name: np.asarray(value) for name, value in self.made[1].items()}
        if self.job.mode == "sgd":
            return {name: value - self.before[name] for name, value in arrays.items()}
        return arrays


def backend(job):
    return Jitted(job)
