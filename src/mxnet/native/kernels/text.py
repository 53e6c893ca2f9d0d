"""Numbers that are written out, in files of text."""

from __future__ import annotations

import numpy as np

from mxnet.native.kernels.language import Words, f32, f64, i64, inline, kernel

_LABEL, _POSITION, _VALUE = 0, 1, 2  # what comes next
_MOST_DIGITS = 15  # of a number that float64 holds exactly


@inline
def _letter(text, i):
    return (i64(text)[i >> 3] >> ((i & 7) * 8)) & 255


@kernel
def libsvm_lines(a: Words) -> None:
    """Read lines ``label position:value ...``, of plain digits with a point and a minus at most.

    Words: text, which ends with a line, how long it is, powers of ten, labels, counts, positions, values; and
    how many lines and values there are, and whether there is anything else.
    """
    text, powers, labels, counts = a[0], f64(a[2]), f32(a[3]), i64(a[4])
    positions, values, found = i64(a[5]), f32(a[6]), i64(a[7])
    awaited, line, item, strange = _LABEL, 0, 0, 0
    number, digits, point, decimals, minus = 0, 0, 0, 0, 0
    for i in range(a[1]):
        letter = _letter(text, i)
        ends_line = letter == 10 or letter == 13  # noqa: PLR1714 - kernels know no sets
        is_end = ends_line or letter == 32 or letter == 9  # noqa: PLR1714
        if letter >= 48 and letter <= 57 and digits < _MOST_DIGITS:
            number = number * 10 + letter - 48
            digits += 1
            decimals += point
        elif letter == 46 and point == 0:
            point = 1
        elif letter == 45 and minus + point + digits == 0:
            minus = 1
        elif letter == 58 and awaited == _POSITION and digits > 0 and point + minus == 0:
            positions[item] = number
            awaited = _VALUE
            number, digits = 0, 0
        elif is_end and digits > 0 and awaited != _POSITION:
            size = np.float64(number) / powers[decimals]
            real = np.float32(-size if minus == 1 else size)
            if awaited == _LABEL:
                labels[line] = real
                counts[line] = 0
            else:
                values[item] = real
                item += 1
                counts[line] += 1
            awaited = _POSITION
            number, digits, point, decimals, minus = 0, 0, 0, 0, 0
        elif not is_end or awaited == _VALUE or minus + point + digits > 0:
            strange = 1
        if ends_line and awaited == _POSITION:
            line += 1
            awaited = _LABEL
    found[0], found[1], found[2] = line, item, strange
