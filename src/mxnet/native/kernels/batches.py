"""Normalisation over a batch, for each channel: of arrays (outer, channels, inner)."""

from __future__ import annotations

import math

import numpy as np

from mxnet.native.kernels.language import Words, f32, independent, inline, kernel, real


@inline
def _add_up(left, x, shift, into, outer, channels, inner):
    """Add up by channels what one array holds, times how far another is from a shift.

    The arrays are addresses; of left, 0 stands for that distance itself.
    """
    sums, middle = f32(into), f32(shift)
    for c in range(channels):
        sums[c] = 0
    for i in range(outer):
        at = 4 * i * channels * inner
        if inner == 1:
            line, other = f32(x + at), f32((x if left == 0 else left) + at)
            for c in range(channels):
                far = line[c] - middle[c]
                sums[c] += far * (far if left == 0 else other[c])
        else:
            for c in range(channels):
                line, other = (
                    f32(x + at + 4 * c * inner),
                    f32((x if left == 0 else left) + at + 4 * c * inner),
                )
                m, total = middle[c], np.float32(0)
                if left == 0:
                    for k in range(inner):
                        total += (line[k] - m) * (line[k] - m)
                else:
                    for k in range(inner):
                        total += (line[k] - m) * other[k]
                sums[c] += total


@inline
def _sums(x, into, outer, channels, inner):
    sums = f32(into)
    for c in range(channels):
        sums[c] = 0
    for i in range(outer):
        line = f32(x + 4 * i * channels * inner)
        if inner == 1:
            for c in range(channels):
                sums[c] += line[c]
        else:
            for c in range(channels):
                total = np.float32(0)
                for k in range(inner):
                    total += line[c * inner + k]
                sums[c] += total


@kernel
def batch_norm(a: Words) -> None:
    """Normalise by statistics of the batch, or by moving ones if there are any.

    Words: x, gamma, beta, y, mean, 1 / deviation, memory (2, channels), moving mean and variance or 0, sizes,
    epsilon, whether gamma counts as 1.
    """
    gamma, beta, mean, scale = f32(a[1]), f32(a[2]), f32(a[4]), f32(a[5])
    outer, channels, inner, eps = a[9], a[10], a[11], real(a[12])
    count = np.float32(outer * inner)
    if a[7] == 0:
        _sums(a[0], a[4], outer, channels, inner)
        for c in independent(channels):
            mean[c] /= count
        _add_up(0, a[0], a[4], a[5], outer, channels, inner)
        for c in range(channels):
            scale[c] = 1 / math.sqrt(scale[c] / count + eps)
    else:
        moving_mean, moving_var = f32(a[7]), f32(a[8])
        for c in independent(channels):
            mean[c] = moving_mean[c]
            scale[c] = 1 / math.sqrt(moving_var[c] + eps)
    slope, shift = f32(a[6]), f32(a[6] + 4 * channels)
    for c in independent(channels):
        slope[c] = scale[c] if a[13] else scale[c] * gamma[c]
        shift[c] = beta[c] - mean[c] * slope[c]
    _scale_and_shift(a[0], a[3], a[6], outer, channels, inner)


@inline
def _scale_and_shift(source, target, factors, outer, channels, inner):
    slope, shift = f32(factors), f32(factors + 4 * channels)
    for i in range(outer):
        x, y = f32(source + 4 * i * channels * inner), f32(target + 4 * i * channels * inner)
        if inner == 1:
            for c in independent(channels):
                y[c] = x[c] * slope[c] + shift[c]
        else:
            for c in range(channels):
                by, more = slope[c], shift[c]
                for k in independent(inner):
                    y[c * inner + k] = x[c * inner + k] * by + more


@kernel
def batch_norm_grad(a: Words) -> None:
    """Write the gradients of x, unless its address is 0, gamma and beta.

    Words: gradient, x, gamma, mean, 1 / deviation; results; memory (3, channels), sizes, whether gamma counts
    as 1, and whether the statistics are the batch's.
    """
    gamma, mean, scale, of_gamma, of_beta = f32(a[2]), f32(a[3]), f32(a[4]), f32(a[6]), f32(a[7])
    outer, channels, inner = a[9], a[10], a[11]
    _sums(a[0], a[7], outer, channels, inner)
    _add_up(a[0], a[1], a[3], a[6], outer, channels, inner)
    slope, against, shift = f32(a[8]), f32(a[8] + 4 * channels), f32(a[8] + 8 * channels)
    count = np.float32(outer * inner)
    for c in independent(channels):
        slope[c] = scale[c] if a[12] else scale[c] * gamma[c]
        of_gamma[c] *= scale[c]
        against[c] = -slope[c] * of_gamma[c] * scale[c] / count if a[13] else np.float32(0)
        shift[c] = -slope[c] * of_beta[c] / count - against[c] * mean[c] if a[13] else np.float32(0)
    if a[5] != 0:
        for i in range(outer):
            at = 4 * i * channels * inner
            _pull(a[0] + at, a[1] + at, a[5] + at, a[8], channels, inner)


@inline
def _pull(grad, source, target, factors, channels, inner):
    slope, against, shift = f32(factors), f32(factors + 4 * channels), f32(factors + 8 * channels)
    g, x, out = f32(grad), f32(source), f32(target)
    if inner == 1:
        for c in independent(channels):
            out[c] = g[c] * slope[c] + x[c] * against[c] + shift[c]
    else:
        for c in range(channels):
            by, less, more = slope[c], against[c], shift[c]
            for k in independent(inner):
                out[c * inner + k] = g[c * inner + k] * by + x[c * inner + k] * less + more


@kernel
def move_statistics(a: Words) -> None:
    """Words: moving mean and variance, mean and 1 / deviation of the batch, channels, momentum, epsilon."""
    moving_mean, moving_var, mean, scale = f32(a[0]), f32(a[1]), f32(a[2]), f32(a[3])
    momentum, eps = real(a[5]), real(a[6])
    for c in range(a[4]):
        moving_mean[c] = moving_mean[c] * momentum + mean[c] * (1 - momentum)
        var = 1 / (scale[c] * scale[c]) - eps
        moving_var[c] = moving_var[c] * momentum + var * (1 - momentum)
