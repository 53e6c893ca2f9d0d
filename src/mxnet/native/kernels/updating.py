"""The steps of optimizers, over all parameters in one call; weights and states change where they are.

The words are numbers, then how many weights there are, and then for each the addresses of weight, gradient
and states, and the number of elements. A weight may be one row of a larger one.
"""

from __future__ import annotations

import math

import numpy as np

from mxnet.native.kernels.language import Words, f32, independent, inline, kernel, real


@inline
def _limited(x, limit):
    low = -limit
    y = low if x < low else x
    return limit if y > limit else y


@kernel
def sgd_update(a: Words) -> None:  # rate, decay, factor of gradients, their limit
    lr, wd, rescale, limit = real(a[0]), real(a[1]), real(a[2]), real(a[3])
    keep = np.float32(1) - lr * wd
    for k in range(a[4]):
        w, g, n = f32(a[5 + 3 * k]), f32(a[6 + 3 * k]), a[7 + 3 * k]
        for i in independent(n):
            w[i] = keep * w[i] - lr * _limited(rescale * g[i], limit)


@kernel
def sgd_mom_update(a: Words) -> None:  # rate, decay, factor of gradients, momentum, limit of gradients
    lr, wd, rescale, momentum, limit = real(a[0]), real(a[1]), real(a[2]), real(a[3]), real(a[4])
    for k in range(a[5]):
        w, g, m, n = f32(a[6 + 4 * k]), f32(a[7 + 4 * k]), f32(a[8 + 4 * k]), a[9 + 4 * k]
        for i in independent(n):
            moved = momentum * m[i] - lr * (_limited(rescale * g[i], limit) + wd * w[i])
            m[i] = moved
            w[i] += moved


@kernel
def adam_update(a: Words) -> None:  # rate, decay, factor of gradients, betas, epsilon, limit with the decay
    lr, wd, rescale, beta1, beta2 = real(a[0]), real(a[1]), real(a[2]), real(a[3]), real(a[4])
    eps, limit, one = real(a[5]), real(a[6]), np.float32(1)
    for k in range(a[7]):
        at = 8 + 5 * k
        w, g, m, v, n = f32(a[at]), f32(a[at + 1]), f32(a[at + 2]), f32(a[at + 3]), a[at + 4]
        for i in independent(n):
            slope = _limited(rescale * g[i] + wd * w[i], limit)
            mean = beta1 * m[i] + (one - beta1) * slope
            var = beta2 * v[i] + (one - beta2) * slope * slope
            m[i] = mean
            v[i] = var
            w[i] -= lr * mean / (np.float32(math.sqrt(var)) + eps)


@kernel
def adagrad_update(a: Words) -> None:  # rate, decay, factor of gradients, epsilon, limit of gradients
    lr, wd, rescale, eps, limit = real(a[0]), real(a[1]), real(a[2]), real(a[3]), real(a[4])
    keep = np.float32(1) - lr * wd
    for k in range(a[5]):
        w, g, h, n = f32(a[6 + 4 * k]), f32(a[7 + 4 * k]), f32(a[8 + 4 * k]), a[9 + 4 * k]
        for i in independent(n):
            slope = _limited(rescale * g[i], limit)
            seen = h[i] + slope * slope
            h[i] = seen
            w[i] = keep * w[i] - lr * slope / np.float32(math.sqrt(seen + eps))


@kernel
def group_adagrad_update(
    a: Words,
) -> None:  # rate, factor, epsilon, limit; a state is one number
    lr, rescale, eps, limit = real(a[0]), real(a[1]), real(a[2]), real(a[3])
    for k in range(a[4]):
        w, g, h, n = f32(a[5 + 4 * k]), f32(a[6 + 4 * k]), f32(a[7 + 4 * k]), a[8 + 4 * k]
        total = np.float32(0)
        for i in independent(n):
            slope = _limited(rescale * g[i], limit)
            total += slope * slope
        h[0] += total / np.float32(n)
        rate = lr / np.float32(math.sqrt(h[0] + eps))
        for i in independent(n):
            w[i] -= rate * _limited(rescale * g[i], limit)


@kernel
def ftrl_update(
    a: Words,
) -> None:  # 1 / rate, decay, factor, pull to 0, beta, limit of gradients
    inverse, wd, rescale, pull = real(a[0]), real(a[1]), real(a[2]), real(a[3])
    beta, limit = real(a[4]), real(a[5])
    for k in range(a[6]):
        at = 7 + 5 * k
        w, g, z, s, n = f32(a[at]), f32(a[at + 1]), f32(a[at + 2]), f32(a[at + 3]), a[at + 4]
        for i in independent(n):
            slope = _limited(rescale * g[i], limit)
            before, seen = s[i], s[i] + slope * slope
            root, now = np.float32(math.sqrt(before)), np.float32(math.sqrt(seen))
            lead = z[i] + slope - (now - root) * inverse * w[i]
            s[i] = seen
            z[i] = lead
            w[i] = (_limited(lead, pull) - lead) / ((now + beta) * inverse + wd)
