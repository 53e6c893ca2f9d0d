"""The steps of optimizers, over all parameters in one call; weights and states change where they are."""

from __future__ import annotations

import math

import numpy as np

from mxnet.native.kernels.language import Words, f32, kernel, real


@kernel
def sgd_update(
    a: Words,
) -> None:  # rate, decay, factor of gradients, how many; then weight, gradient, size of each
    lr, wd, rescale = real(a[0]), real(a[1]), real(a[2])
    keep, slope = np.float32(1) - lr * wd, lr * rescale
    for k in range(a[3]):
        w, g, n = f32(a[4 + 3 * k]), f32(a[5 + 3 * k]), a[6 + 3 * k]
        for i in range(n):
            w[i] = keep * w[i] - slope * g[i]


@kernel
def sgd_mom_update(a: Words) -> None:  # the same and momentum; then weight, gradient, state, size of each
    lr, wd, rescale, momentum = real(a[0]), real(a[1]), real(a[2]), real(a[3])
    for k in range(a[4]):
        w, g, m, n = f32(a[5 + 4 * k]), f32(a[6 + 4 * k]), f32(a[7 + 4 * k]), a[8 + 4 * k]
        for i in range(n):
            moved = momentum * m[i] - lr * (rescale * g[i] + wd * w[i])
            m[i] = moved
            w[i] += moved


@kernel
def adam_update(
    a: Words,
) -> None:  # rate, decay, betas, epsilon, how many; then weight, gradient, states, size
    lr, wd, beta1, beta2, eps = real(a[0]), real(a[1]), real(a[2]), real(a[3]), real(a[4])
    one = np.float32(1)
    for k in range(a[5]):
        at = 6 + 5 * k
        w, g, m, v, n = f32(a[at]), f32(a[at + 1]), f32(a[at + 2]), f32(a[at + 3]), a[at + 4]
        for i in range(n):
            slope = g[i] + wd * w[i]
            mean = beta1 * m[i] + (one - beta1) * slope
            var = beta2 * v[i] + (one - beta2) * slope * slope
            m[i] = mean
            v[i] = var
            w[i] -= lr * mean / (np.float32(math.sqrt(var)) + eps)
