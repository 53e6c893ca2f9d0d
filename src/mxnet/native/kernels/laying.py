"""Images laid out, before they are looked at through windows: lines with the zeros that lie around them.

The pixels of each step of the window lie apart, so that an element of the window is as far away from every
place. The words of a plan, of which these are the first, tell the geometry.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from mxnet.native.kernels.language import f32, inline, intrinsic
from mxnet.native.kernels.vectors import HALVES, LANES, load, put

__all__ = [
    "BAND",
    "CHANNELS",
    "EXTENTS",
    "FILTER_COUNT",
    "GROUPS",
    "LAID",
    "PADS",
    "PARTS",
    "PHASES",
    "PLANE",
    "STRIDES",
    "clear",
    "lay",
]

CHANNELS, GROUPS, FILTER_COUNT, PARTS, BAND = 0, 1, 2, 3, 4  # of a group; into how many parts filters are cut
EXTENTS, STRIDES, PADS, PHASES, LAID = 5, 8, 11, 14, 17  # three axes each
PLANE = 20


@intrinsic
def _every_second(builder: Any, source: Any, target: Any) -> None:
    """Copy each second of 16 numbers."""
    order = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [2 * i for i in range(LANES)])
    put(builder, builder.shuffle_vector(*(load(builder, source, half) for half in HALVES), order), target)


@inline
def _lay_line(source, target, n, pad, stride, width):
    """Copy pixels of a line that are a stride apart, with what lies around; the first lies behind a pad."""
    s, t = f32(source), f32(target)
    begin = (pad + stride - 1) // stride if pad > 0 else 0
    begin = begin if begin < width else width
    end = (n - 1 + pad) // stride + 1 if n + pad > 0 else 0
    end = end if end < width else width
    end = end if end > begin else begin
    for x in range(begin):
        t[x] = 0
    if stride == 1:
        for x in range(begin, end):
            t[x] = s[x - pad]
    elif stride == 2:
        whole = (end - begin - 1) // 8 if end > begin else 0  # as one number more is read
        for i in range(whole):
            _every_second(source + 4 * (2 * (begin + 8 * i) - pad), target + 4 * (begin + 8 * i))
        for x in range(begin + 8 * whole, end):
            t[x] = s[2 * x - pad]
    else:
        for x in range(begin, end):
            t[x] = s[x * stride - pad]
    for x in range(end, width):
        t[x] = 0


@inline
def clear(target, n):
    t = f32(target)
    for x in range(n):
        t[x] = 0


@inline
def lay(p, image, laid, first, lines):
    """Lay out some lines of the channels of an image."""
    depth, height, width = p[EXTENTS], p[EXTENTS + 1], p[EXTENTS + 2]
    across, at = p[LAID + 2], laid
    for c in range(p[CHANNELS]):
        source = image + 4 * c * depth * height * width
        for pz in range(p[PHASES]):
            for py in range(p[PHASES + 1]):
                for px in range(p[PHASES + 2]):
                    for line in range(lines):
                        z = (first + line) // p[LAID + 1] * p[STRIDES] + pz - p[PADS]
                        y = (first + line) % p[LAID + 1] * p[STRIDES + 1] + py - p[PADS + 1]
                        to = at + 4 * line * across
                        if z < 0 or z >= depth or y < 0 or y >= height:
                            clear(to, across)
                        else:
                            start = source + 4 * (z * height + y) * width
                            _lay_line(start, to, width, p[PADS + 2] - px, p[STRIDES + 2], across)
                    clear(at + 4 * lines * across, p[PLANE] - lines * across)
                    at += 4 * p[PLANE]
    clear(at, 128)
