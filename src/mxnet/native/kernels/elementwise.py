"""Functions of each element. No result lies in an operand: LLVM would test for overlap, and be slow."""

from __future__ import annotations

import numpy as np

from mxnet.native.kernels.language import exp, pair, tanh, unary


@unary
def relu(x):  # NaN becomes 0, as in MXNet
    return x if x > np.float32(0) else np.float32(0)


@pair
def relu_grad(g, y):
    return g if y > np.float32(0) else np.float32(0)


@unary
def sigmoid(x):
    return np.float32(1) / (np.float32(1) + exp(-x))


@pair
def sigmoid_grad(g, y):
    return g * y * (np.float32(1) - y)


@unary
def hyperbolic_tangent(x):
    return tanh(x)


@pair
def hyperbolic_tangent_grad(g, y):
    return g * (np.float32(1) - y * y)


@unary
def softsign(x):
    return x / (np.float32(1) + abs(x))


@unary
def negative(x):
    return -x


@unary
def square(x):
    return x * x


@pair
def square_grad(g, x):
    return g * (x + x)


@unary
def exponential(x):
    return exp(x)
