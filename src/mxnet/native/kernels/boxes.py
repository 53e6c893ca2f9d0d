"""Boxes: encoded as offsets from anchors and decoded, matched, and dropped where they overlap."""

from __future__ import annotations

import numpy as np

from mxnet.native.kernels.language import (
    Words,
    exact,
    exp,
    f32,
    i32,
    i64,
    inline,
    kernel,
    log,
    real,
    truncated,
)

_TINY = np.float32(1.1754943508222875e-38)


@inline
def _encoded(first, last, start, end):
    size = end - start
    return ((first + last) / 2 - (start + end) / 2) / size, log((last - first) / size)


@kernel
def box_encode(a: Words) -> None:
    """Words: samples, matches, anchors, boxes, means, deviations; targets, masks; batch, anchors, boxes."""
    sample, match, means, stds = f32(a[0]), f32(a[1]), f32(a[4]), f32(a[5])
    n, boxes = a[9], a[10]
    for i in range(a[8] * n):
        at = match[i] if match[i] > 0 else np.float32(0)
        at = min(at, np.float32(boxes - 1))
        which = i // n * boxes + truncated(at)
        anchor, box = f32(a[2] + 16 * i), f32(a[3] + 16 * which)
        target, mask = f32(a[6] + 16 * i), f32(a[7] + 16 * i)
        there = sample[i] > 0.5
        for k in range(2):
            shift, growth = _encoded(box[k], box[k + 2], anchor[k], anchor[k + 2])
            target[k] = (shift - means[k]) / stds[k] if there else np.float32(0)
            target[k + 2] = (growth - means[k + 2]) / stds[k + 2] if there else np.float32(0)
        for k in range(4):
            mask[k] = 1.0 if there else 0.0


@kernel
def box_decode(a: Words) -> None:
    """Words: offsets, anchors, result, batch, anchors, if they are corners, the largest growth, factors."""
    n, corners, most = a[4], a[5], real(a[6])
    for i in range(a[3]):
        for j in range(n):
            step, anchor = f32(a[0] + 16 * (i * n + j)), f32(a[1] + 16 * j)
            box = f32(a[2] + 16 * (i * n + j))
            for k in range(2):
                centre = (anchor[k] + anchor[k + 2]) / 2 if corners else anchor[k]
                size = anchor[k + 2] - anchor[k] if corners else anchor[k + 2]
                growth = step[k + 2] * real(a[9 + k])
                growth = min(growth, most) if most > 0 else growth
                middle, half = centre + step[k] * real(a[7 + k]) * size, exp(growth) * size / 2
                box[k] = middle - half
                box[k + 2] = middle + half


@inline
def _best_of_row(s, row_of, m, sign, worst):
    """Return the column of the best score of a row among those that are left; -1 if all are too bad."""
    best, found = worst, -1
    for j in range(m):
        score = sign * s[j]
        if score > best and row_of[j] < 0:
            best = score
            found = j
    return found


@inline
def _best_row(scores, best, n, m, sign, worst):
    """Return the row of the best score of all; -1 if none is left."""
    top, row = worst, -1
    for i in range(n):
        if best[i] >= 0:
            score = sign * f32(scores + 4 * i * m)[best[i]]
            if score > top:
                top = score
                row = i
    return row


@kernel
def match_greedily(a: Words) -> None:
    """Take the best pair again and again, of equal ones the first.

    Words: scores, the column of each row, the row of each column, memory for the best column of each row;
    how many matrices, rows, columns, pairs at most; 1 or -1 where small scores are good; the worst score.
    """
    n, m, sign, worst, best = a[5], a[6], real(a[8]), real(a[9]), i32(a[3])
    for b in range(a[4]):
        scores, column_of, row_of = a[0] + 4 * b * n * m, f32(a[1] + 4 * b * n), f32(a[2] + 4 * b * m)
        for j in range(m):
            row_of[j] = -1
        for i in range(n):
            column_of[i] = -1
            best[i] = _best_of_row(f32(scores + 4 * i * m), row_of, m, sign, worst)
        left = a[7]
        while left > 0:
            row = _best_row(scores, best, n, m, sign, worst)
            left = left - 1 if row >= 0 else 0
            if row >= 0:
                column = np.int64(best[row])
                column_of[row] = np.float32(column)
                row_of[column] = np.float32(row)
                best[row] = -1
                for i in range(n):
                    if best[i] == column:
                        best[i] = _best_of_row(f32(scores + 4 * i * m), row_of, m, sign, worst)


@exact
@inline
def _drop(boxes, kinds, gone, i, n, beyond, threshold):
    """Note which later boxes overlap with a box, by five arrays: corners and areas."""
    left, top, right, bottom, area = boxes, boxes + 4 * n, boxes + 8 * n, boxes + 12 * n, boxes + 16 * n
    x0, y0, x1, y1, own = f32(left)[i], f32(top)[i], f32(right)[i], f32(bottom)[i], f32(area)[i]
    kind, g = f32(kinds), i32(gone)
    mine = kind[i]
    for j in range(i + 1, n):
        width = max(min(x1, f32(right)[j]) - max(x0, f32(left)[j]) + beyond, np.float32(0))
        height = max(min(y1, f32(bottom)[j]) - max(y0, f32(top)[j]) + beyond, np.float32(0))
        shared = width * height
        union = max(own + f32(area)[j] - shared, _TINY)
        clashes = np.int32(shared / union > threshold) & np.int32(kind[j] == mine)
        g[j] = g[j] | clashes


@exact
@kernel
def suppress(a: Words) -> None:
    """Keep the boxes, the best first, that overlap with none of their class that is kept before them.

    Words: boxes (n, 4), classes, memory for 6 n numbers, the positions of what is kept and then how many
    these are, n, how many are enough, what counts beyond a difference of coordinates, the threshold.
    """
    box, memory, kept, n, most = f32(a[0]), a[2], i64(a[3]), a[4], a[5]
    beyond, threshold, gone = real(a[6]), real(a[7]), i32(a[2] + 20 * a[4])
    for i in range(n):
        for k in range(4):
            f32(memory + 4 * k * n)[i] = box[4 * i + k]
        width, height = box[4 * i + 2] - box[4 * i] + beyond, box[4 * i + 3] - box[4 * i + 1] + beyond
        f32(memory + 16 * n)[i] = width * height
        gone[i] = 0
    found, i = 0, 0
    while i < n and found < most:
        if gone[i] == 0:
            kept[found] = i
            found += 1
            _drop(memory, a[1], a[2] + 20 * n, i, n, beyond, threshold)
        i += 1
    kept[n] = found


@exact
@inline
def _overlap(a, b):
    width = max(min(a[2], b[2]) - max(a[0], b[0]), np.float32(0))
    height = max(min(a[3], b[3]) - max(a[1], b[1]), np.float32(0))
    shared = width * height
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared
    return shared / max(union, _TINY)


@exact
@kernel
def overlaps_with_objects(a: Words) -> None:
    """Words: anchors (n, 4), rows (batch, m, width) of objects, overlaps (batch, n, m); batch, n, m, width.

    A row is a class and corners; from the first class of -1 on there are no objects, and overlaps are -1.
    """
    n, m, width = a[4], a[5], a[6]
    for b in range(a[3]):
        left = m
        for j in range(m):
            row = f32(a[1] + 4 * (b * m + j) * width)
            left = j if row[0] == -1 and left == m else left
            for i in range(n):
                shared = _overlap(f32(a[0] + 16 * i), f32(a[1] + 4 * (b * m + j) * width + 4))
                f32(a[2])[(b * n + i) * m + j] = shared if left == m else np.float32(-1)


@kernel
def detection_targets(a: Words) -> None:
    """Say what anchors should predict, where none but those with objects count as such.

    Words: anchors, rows of objects, overlaps, the object that each anchor is paired with or -1; targets,
    masks, classes; batch, n, m, width; the overlap from which on an anchor has an object, the class where
    there is no object at all, and four numbers that targets are divided by.
    """
    overlap, paired, classes, n, m, enough = f32(a[2]), f32(a[3]), f32(a[6]), a[8], a[9], real(a[11])
    for i in range(a[7] * n):
        best, nearest = overlap[i * m], 0
        for j in range(1, m):
            if overlap[i * m + j] > best:
                best, nearest = overlap[i * m + j], j
        is_paired = paired[i] >= 0
        chosen = np.int64(paired[i]) if is_paired else nearest
        there = is_paired or best > enough
        objects = a[1] + 4 * (i // n) * m * a[10]
        row, box = f32(objects + 4 * chosen * a[10]), f32(objects + 4 * chosen * a[10] + 4)
        nothing = np.float32(0) if f32(objects)[0] != -1 else real(a[12])
        classes[i] = row[0] + 1 if there else nothing
        anchor, target, mask = f32(a[0] + 16 * (i % n)), f32(a[4] + 16 * i), f32(a[5] + 16 * i)
        for k in range(2):
            shift, growth = _encoded(box[k], box[k + 2], anchor[k], anchor[k + 2])
            target[k] = shift / real(a[13 + k]) if there else np.float32(0)
            target[k + 2] = growth / real(a[15 + k]) if there else np.float32(0)
        for k in range(4):
            mask[k] = 1.0 if there else 0.0
