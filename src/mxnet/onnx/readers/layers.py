"""Layers: convolution, pooling, products of matrices, normalisation, images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mxnet.onnx.reading import Call, Dim, Result, reads, sym
from mxnet.symbol.symbol import Symbol

Pads = tuple[tuple[int, ...], tuple[int, ...]]


def padded(call: Call, data: Symbol, pads: Pads, *, value: float = 0.0, mode: str = "constant") -> Result:
    """Return images with more around them: `pads` before and after each axis of space."""
    n = len(pads[0])
    if not any(map(any, pads)):
        return data
    if n > 3 or min(map(min, pads)) < 0:
        raise call.refusal(f"pads {pads} of {n} axes of space")
    more = max(2 - n, 0)
    for _ in range(more):
        data = sym.expand_dims(data, axis=2)
    widths = [0] * (4 + 2 * more) + [w for pair in zip(*pads, strict=True) for w in pair]
    data = sym.pad(data, mode=mode, pad_width=tuple(widths), constant_value=value)
    for _ in range(more):
        data = sym.squeeze(data, axis=2)
    return data


def _pads(call: Call, kernel: Sequence[int], strides: Sequence[int], dilations: Sequence[int]) -> Pads:
    """Return what is padded before and after each axis of space."""
    n, auto = len(kernel), call.get("auto_pad", "NOTSET")
    if auto in ("NOTSET", ""):
        pads = call.get("pads", [0] * (2 * n))
        return tuple(pads[:n]), tuple(pads[n:])
    if auto == "VALID":
        return (0,) * n, (0,) * n
    totals = []
    for i, (k, s, d) in enumerate(zip(kernel, strides, dilations, strict=True)):
        reach = (k - 1) * d + 1
        extent = 0 if s == 1 else call.extent(2 + i)
        totals.append(max(reach - s if not extent % s else reach - extent % s, 0))
    halves = [total // 2 for total in totals]
    others = [total - half for total, half in zip(totals, halves, strict=True)]
    return tuple(halves if auto == "SAME_UPPER" else others), tuple(
        others if auto == "SAME_UPPER" else halves
    )


def _window(call: Call, kernel: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...], Pads]:
    n = len(kernel)
    strides, dilations = tuple(call.get("strides", [1] * n)), tuple(call.get("dilations", [1] * n))
    return strides, dilations, _pads(call, kernel, strides, dilations)


@reads("Conv")
def _convolution(call: Call) -> Result:
    weight = call.shape(1)
    kernel = tuple(call.get("kernel_shape", [call.extent(i, 1) for i in range(2, len(weight))]))
    strides, dilations, pads = _window(call, kernel)
    data = call.symbol(0)
    if pads[0] != pads[1]:
        data, pads = padded(call, data, pads), ((0,) * len(kernel),) * 2
    inputs = [data, *(call.symbol(i) for i in (1, 2) if call.has(i))]
    return sym.Convolution(
        *inputs,
        kernel=kernel,
        stride=strides,
        dilate=dilations,
        pad=pads[0],
        num_filter=call.extent(0, 1),
        num_group=call.get("group", 1),
        no_bias=not call.has(2),
    )


@reads("ConvTranspose")
def _deconvolution(call: Call) -> Result:
    weight = call.shape(1)
    kernel = tuple(call.get("kernel_shape", [call.extent(i, 1) for i in range(2, len(weight))]))
    n, group = len(kernel), call.get("group", 1)
    strides, dilations = tuple(call.get("strides", [1] * n)), tuple(call.get("dilations", [1] * n))
    more = tuple(call.get("output_padding", [0] * n))
    shape = call.get("output_shape")
    if shape is not None or call.get("auto_pad", "NOTSET") in ("SAME_UPPER", "SAME_LOWER"):
        pads, more = _transposed_pads(call, kernel, strides, dilations, more)
    else:
        pads = _pads(call, kernel, strides, dilations)
    even = pads[0] == pads[1]
    made = sym.Deconvolution(
        call.symbol(0),
        *(call.symbol(i) for i in (1, 2) if call.has(i)),
        kernel=kernel,
        stride=strides,
        dilate=dilations,
        pad=pads[0] if even else (0,) * n,
        adj=more,
        num_filter=call.extent(1, 1) * group,
        num_group=group,
        no_bias=not call.has(2),
    )
    if even:
        return made
    for i, (begin, end) in enumerate(zip(*pads, strict=True)):
        made = sym.slice_axis(made, axis=2 + i, begin=begin, end=-end if end else None)
    return made


def _transposed_pads(
    call: Call,
    kernel: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
    more: Sequence[int],
) -> tuple[Pads, tuple[int, ...]]:
    """Return the pads and the additions that lead to a given shape of the output."""
    before, after, adds = [], [], []
    shape = call.get("output_shape")
    for i, (k, s, d, m) in enumerate(zip(kernel, strides, dilations, more, strict=True)):
        extent = call.extent(2 + i)
        wanted = shape[-len(kernel) :][i] if shape else extent * s
        total = s * (extent - 1) + m + (k - 1) * d + 1 - wanted
        adds.append(m + max(-total, 0))
        total = max(total, 0)
        first = total // 2 if call.get("auto_pad") == "SAME_UPPER" else total - total // 2
        before.append(first)
        after.append(total - first)
    return (tuple(before), tuple(after)), tuple(adds)


@reads("MaxPool", "AveragePool", "LpPool")
def _pooling(call: Call) -> Result:
    kernel = tuple(call.get("kernel_shape"))
    strides, dilations, pads = _window(call, kernel)
    if any(d != 1 for d in dilations) or call.reads_more_than_one:
        raise call.refusal("windows with gaps, and positions of maxima, are not known here")
    kind = {"MaxPool": "max", "AveragePool": "avg", "LpPool": "lp"}[call.op_type]
    data = call.symbol(0)
    facts: dict[str, Any] = {"kernel": kernel, "stride": strides, "pool_type": kind}
    if call.get("ceil_mode", 0) and not _fits_without(call, kernel, strides, pads):
        facts["pooling_convention"] = "full"
    if kind == "lp":
        power = call.get("p", 2)
        facts["pool_type"] = "sum"
        wide = padded(call, sym.abs(data) ** power, pads)
        return sym.Pooling(wide, **facts) ** (1 / power)
    counted = bool(call.get("count_include_pad", 0)) or kind != "avg"
    if pads[0] == pads[1]:
        more = {"count_include_pad": counted} if kind == "avg" else {}
        return sym.Pooling(data, pad=pads[0], **facts, **more)
    wide = padded(call, data, pads, value=-3.4028234e38 if kind == "max" else 0.0)
    made = sym.Pooling(wide, **facts)
    if counted:
        return made
    covered = sym.Pooling(padded(call, sym.ones_like(data), pads), **facts)
    return sym.broadcast_div(made, covered)


def _fits_without(call: Call, kernel: Sequence[int], strides: Sequence[int], pads: Pads) -> bool:
    """Return whether no window more begins before the end of the data where counts are rounded up."""
    every = zip(call.shape()[2:], kernel, strides, *pads, strict=True)
    for extent, k, s, before, after in every:
        if isinstance(extent, Dim):
            return False
        room = extent + before + after - k
        if room % s and (room // s + 1) * s < extent + before:
            return False
    return True


@reads("GlobalMaxPool", "GlobalAveragePool", "GlobalLpPool")
def _global_pooling(call: Call) -> Result:
    kind = {"GlobalMaxPool": "max", "GlobalAveragePool": "avg", "GlobalLpPool": "lp"}[call.op_type]
    data, kernel = call.symbol(), (1,) * (call.rank() - 2)
    if kind == "lp":
        power = call.get("p", 2)
        sums = sym.Pooling(sym.abs(data) ** power, kernel=kernel, global_pool=True, pool_type="sum")
        return sums ** (1 / power)
    return sym.Pooling(data, kernel=kernel, global_pool=True, pool_type=kind)


@reads("Gemm")
def _gemm(call: Call) -> Result:
    alpha, beta = call.get("alpha", 1.0), call.get("beta", 1.0)
    bias = call.has(2) and call.rank(2) == 1 and call.shape(2)[0] == call.shape(1)[-1 - call.get("transB", 0)]
    if not call.get("transA", 0) and alpha == beta == 1 and (bias or not call.has(2)):
        weight = call.known(1)
        rows = (
            call.symbol(1) if call.get("transB", 0) or weight is None else call.parameter(weight.T, "weight")
        )
        if weight is None and not call.get("transB", 0):
            rows = sym.transpose(rows)
        extent = call.shape(1)[0 if call.get("transB", 0) else 1]
        if not isinstance(extent, Dim):
            more = [call.symbol(2)] if bias else []
            return sym.FullyConnected(call.symbol(0), rows, *more, num_hidden=extent, no_bias=not bias)
    product = sym.dot(
        call.symbol(0),
        call.symbol(1),
        transpose_a=bool(call.get("transA", 0)),
        transpose_b=bool(call.get("transB", 0)),
    )
    product = product if alpha == 1 else product * alpha
    if not call.has(2):
        return product
    return sym.broadcast_add(product, call.symbol(2) if beta == 1 else call.symbol(2) * beta)


@reads("MatMul")
def _product(call: Call) -> Result:
    a, b, ranks = call.symbol(0), call.symbol(1), (call.rank(0), call.rank(1))
    if ranks[1] <= 2:
        return sym.dot(a, b)
    if ranks[0] == 1:
        return sym.squeeze(_stacked(call, sym.expand_dims(a, axis=0), b, (2, ranks[1])), axis=ranks[1] - 2)
    return _stacked(call, a, b, ranks)


def _stacked(call: Call, a: Symbol, b: Symbol, ranks: tuple[int, int]) -> Result:
    """Return the products of stacked matrices, whose stacks are repeated to one shape."""
    rank = max(ranks)
    sides = []
    for i, (side, own) in enumerate(zip((a, b), ranks, strict=True)):
        wide = side
        for _ in range(rank - own):
            wide = sym.expand_dims(wide, axis=0)
        sides.append((wide, (1,) * (rank - own) + call.shape(i)[-own:]))
    (left, one), (right, other) = sides
    axes = range(rank - 2)
    stretch = [axis for axis in axes if one[axis] == 1 != other[axis]]
    back = [axis for axis in axes if other[axis] == 1 != one[axis]]
    if stretch:
        left = sym.broadcast_like(left, right, lhs_axes=tuple(stretch), rhs_axes=tuple(stretch))
    if back:
        right = sym.broadcast_like(right, left, lhs_axes=tuple(back), rhs_axes=tuple(back))
    return sym.linalg.gemm2(left, right)


# ---------------------------------------------------------------------------------------------- normalisation


@reads("BatchNormalization")
def _batch_norm(call: Call) -> Result:
    if call.reads_more_than_one:
        raise call.refusal("new statistics are no output here")
    return sym.BatchNorm(
        *call.symbols(),
        eps=call.get("epsilon", 1e-5),
        momentum=call.get("momentum", 0.9),
        fix_gamma=False,
        use_global_stats=not call.get("training_mode", 0),
    )


@reads("InstanceNormalization")
def _instance_norm(call: Call) -> Result:
    return sym.InstanceNorm(*call.symbols(), eps=call.get("epsilon", 1e-5))


@reads("LayerNormalization")
def _layer_norm(call: Call) -> Result:
    axis, eps, rank = call.get("axis", -1) % call.rank(), call.get("epsilon", 1e-5), call.rank()
    if axis == rank - 1 and not call.reads_more_than_one:
        beta = call.symbol(2) if call.has(2) else sym.zeros_like(call.symbol(1))
        return sym.LayerNorm(call.symbol(0), call.symbol(1), beta, eps=eps)
    data, axes = call.symbol(0), tuple(range(axis, rank))
    mean = sym.mean(data, axis=axes, keepdims=True)
    apart = sym.broadcast_sub(data, mean)
    factor = sym.rsqrt(sym.mean(apart * apart, axis=axes, keepdims=True) + eps)
    made = sym.broadcast_mul(sym.broadcast_mul(apart, factor), call.symbol(1))
    return (sym.broadcast_add(made, call.symbol(2)) if call.has(2) else made), mean, factor


@reads("RMSNormalization")
def _rms_norm(call: Call) -> Result:
    data = call.symbol(0)
    axes = tuple(range(call.get("axis", -1) % call.rank(), call.rank()))
    factor = sym.rsqrt(sym.mean(data * data, axis=axes, keepdims=True) + call.get("epsilon", 1e-5))
    return sym.broadcast_mul(sym.broadcast_mul(data, factor), call.symbol(1))


@reads("GroupNormalization")
def _group_norm(call: Call) -> Result:
    groups, rank = call.get("num_groups"), call.rank()
    ones = np.ones(groups, call.dtype() or "float32")
    eps = call.get("epsilon", 1e-5)
    if call.opset < 21:  # one number for each group
        return sym.GroupNorm(*call.symbols(), num_groups=groups, eps=eps)
    scale, shift = call.parameter(ones, "ones"), call.parameter(0 * ones, "zeros")
    made = sym.GroupNorm(call.symbol(0), scale, shift, num_groups=groups, eps=eps)
    gamma, beta = (sym.reshape(call.symbol(i), shape=(1, -1, *[1] * (rank - 2))) for i in (1, 2))
    return sym.broadcast_add(sym.broadcast_mul(made, gamma), beta)


@reads("LRN")
def _lrn(call: Call) -> Result:
    return sym.LRN(
        call.symbol(),
        alpha=call.get("alpha", 1e-4),
        beta=call.get("beta", 0.75),
        knorm=call.get("bias", 1.0),
        nsize=call.get("size"),
    )


@reads("LpNormalization")
def _lp_norm(call: Call) -> Result:
    data = call.symbol()
    norm = sym.norm(data, ord=call.get("p", 2), axis=call.get("axis", -1), keepdims=True)
    return sym.broadcast_div(data, norm)


@reads("MeanVarianceNormalization")
def _mean_variance(call: Call) -> Result:
    data, axes = call.symbol(), tuple(call.get("axes", [0, 2, 3]))
    apart = sym.broadcast_sub(data, sym.mean(data, axis=axes, keepdims=True))
    deviation = sym.sqrt(sym.mean(apart * apart, axis=axes, keepdims=True))
    return sym.broadcast_div(apart, deviation + 1e-9)


# ---------------------------------------------------------------------------------------------------- softmax


@reads("Softmax", "LogSoftmax")
def _softmax(call: Call) -> Result:
    function = sym.softmax if call.op_type == "Softmax" else sym.log_softmax
    data, rank = call.symbol(), call.rank()
    axis = call.get("axis", -1 if call.opset >= 13 else 1) % rank
    if call.opset >= 13 or axis == rank - 1:
        return function(data, axis=axis)
    flat = sym.reshape(data, shape=(*[0] * axis, -1))  # the axes from there on are one
    return sym.reshape_like(function(flat, axis=axis), data)


@reads("Hardmax")
def _hardmax(call: Call) -> Result:
    rank = call.rank()
    axis = call.get("axis", -1 if call.opset >= 13 else 1) % rank
    if axis != rank - 1:
        raise call.refusal("only along the last axis")
    return sym.one_hot(sym.argmax(call.symbol(), axis=axis), depth=call.extent(axis))


# ----------------------------------------------------------------------------------------------------- images


@reads("Resize", "Upsample")
def _resize(call: Call) -> Result:
    rank = call.rank()
    is_old = call.op_type == "Upsample" or call.opset < 11
    scales = call.constant(1 if is_old else 2, "scales", [])
    sizes = None if is_old else call.constant(3, "", None)
    axes = call.get("axes") or list(range(rank))
    factors, wanted = [1.0] * rank, list(call.output_shape() or call.shape())
    for axis, factor in zip(axes, scales or [], strict=False):
        factors[axis] = factor
    for axis, extent in zip(axes, sizes or [], strict=False):
        wanted[axis] = extent
        if extent != call.shape()[axis]:
            factors[axis] = extent / call.extent(axis)
    if rank != 4 or factors[:2] != [1.0, 1.0]:
        raise call.refusal("only images (batch, channels, height, width) are resized here")
    mode, where = call.get("mode", "nearest"), call.get("coordinate_transformation_mode", "half_pixel")
    if call.get("antialias", 0):
        raise call.refusal("antialias is not known here")
    if mode == "nearest":
        return _repeated(call, factors)
    if mode not in ("linear", "bilinear") or where not in (
        "align_corners",
        "half_pixel",
        "pytorch_half_pixel",
    ):
        raise call.refusal(f"mode {mode!r} with coordinates {where!r}")
    if scales and any(
        not isinstance(n, Dim) and n * f != int(n * f)
        for n, f in zip(call.shape()[2:], factors[2:], strict=True)
    ):
        raise call.refusal("scales must lead to whole extents here")
    if any(isinstance(extent, Dim) for extent in wanted[2:]):
        return sym.contrib.BilinearResize2D(
            call.symbol(),
            scale_height=factors[2],
            scale_width=factors[3],
            align_corners=where == "align_corners",
        )
    return sym.contrib.BilinearResize2D(
        call.symbol(), height=wanted[2], width=wanted[3], align_corners=where == "align_corners"
    )


_REPEATING = {
    ("asymmetric", "floor"),
    ("half_pixel", "round_prefer_ceil"),
    ("half_pixel", "round_prefer_floor"),
    ("half_pixel", "floor"),
    ("pytorch_half_pixel", "round_prefer_floor"),
}
"""How each element of an image that grows a whole number of times is the one it lies in."""


def _repeated(call: Call, factors: Sequence[float]) -> Result:
    height, width = factors[2:]
    where = call.get("coordinate_transformation_mode", "half_pixel")
    rounds = call.get("nearest_mode", "round_prefer_floor")
    if call.op_type == "Resize" and call.opset >= 11 and (where, rounds) not in _REPEATING:
        raise call.refusal(f"elements are repeated here, not found by {where!r} and {rounds!r}")
    if height == width == int(height):
        return sym.UpSampling(call.symbol(), scale=int(height), sample_type="nearest")
    if height != int(height) or width != int(width):
        raise call.refusal("elements are repeated a whole number of times here")
    tall = sym.repeat(call.symbol(), repeats=int(height), axis=2)
    return sym.repeat(tall, repeats=int(width), axis=3)


@reads("Pad")
def _pad(call: Call) -> Result:
    pads = call.constant(1, "pads", None)
    number = call.constant(2, "value", 0.0) or 0.0
    number = number[0] if isinstance(number, list) else number
    rank, axes = call.rank(), call.constant(3, "", None)
    if axes is not None:
        whole = [0] * (2 * rank)
        for i, axis in enumerate(axes):
            whole[axis % rank], whole[rank + axis % rank] = pads[i], pads[len(axes) + i]
        pads = whole
    before, after = pads[:rank], pads[rank:]
    mode = call.get("mode", "constant")
    if rank in (3, 4, 5) and not any([*before[:2], *after[:2]]) and min(pads) >= 0:
        return padded(call, call.symbol(), (tuple(before[2:]), tuple(after[2:])), value=number, mode=mode)
    if mode != "constant" or rank > 3:
        raise call.refusal(f"pads {pads} in mode {mode!r}")
    data = sym.expand_dims(sym.expand_dims(call.symbol(), axis=0), axis=0)
    wide = padded(call, data, (tuple(before), tuple(after)), value=number)
    return sym.squeeze(wide, axis=(0, 1))


@reads("MaxRoiPool")
def _roi_pooling(call: Call) -> Result:
    return sym.ROIPooling(
        *call.symbols(),
        pooled_size=tuple(call.get("pooled_shape")),
        spatial_scale=call.get("spatial_scale", 1.0),
    )


@reads("RoiAlign")
def _roi_align(call: Call) -> Result:
    default = "half_pixel" if call.opset >= 16 else "output_half_pixel"
    if call.get("mode", "avg") != "avg":
        raise call.refusal("only means are taken here")
    data, boxes, images = call.symbols()
    rois = sym.concat(sym.expand_dims(sym.cast(images, dtype="float32"), axis=1), boxes, dim=1)
    return sym.contrib.ROIAlign(
        data,
        rois,
        pooled_size=(call.get("output_height", 1), call.get("output_width", 1)),
        spatial_scale=call.get("spatial_scale", 1.0),
        sample_ratio=call.get("sampling_ratio", 0) or -1,
        aligned=call.get("coordinate_transformation_mode", default) == "half_pixel",
    )


@reads("GridSample")
def _grid_sample(call: Call) -> Result:
    is_linear = call.get("mode", "bilinear") in ("bilinear", "linear")
    if call.rank() != 4:
        raise call.refusal("only images (batch, channels, height, width) are sampled here")
    if not is_linear or not call.get("align_corners", 0) or call.get("padding_mode", "zeros") != "zeros":
        raise call.refusal("only linear sampling with aligned corners and zeros outside is known here")
    return sym.BilinearSampler(call.symbol(0), sym.transpose(call.symbol(1), axes=(0, 3, 1, 2)))


@reads("DepthToSpace")
def _depth_to_space(call: Call) -> Result:
    b = call.get("blocksize")
    if call.get("mode", "DCR") == "DCR":
        return sym.depth_to_space(call.symbol(), block_size=b)
    split = sym.reshape(call.symbol(), shape=(0, -4, -1, b * b, -2))  # (n, c, b * b, h, w)
    swapped = sym.reshape(sym.swapaxes(split, dim1=1, dim2=2), shape=(0, -3, -2))
    return sym.depth_to_space(swapped, block_size=b)


@reads("SpaceToDepth")
def _space_to_depth(call: Call) -> Result:
    if call.get("mode", "DCR") != "DCR":
        raise call.refusal("the order of channels is DCR here")
    return sym.space_to_depth(call.symbol(), block_size=call.get("blocksize"))
