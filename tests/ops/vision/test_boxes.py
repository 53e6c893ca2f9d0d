"""What the table of samples cannot say of boxes: greedy choices against plain loops, quirks, refusals."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import mxnet as mx
from mxnet.ops.vision import geometry, selection


def _boxes(count: int, *, seed: int = 0, largest: float = 0.5) -> np.ndarray:
    random = np.random.default_rng(seed)
    corner = random.uniform(0, 1, (count, 2))
    return np.concatenate([corner, corner + random.uniform(0.05, largest, (count, 2))], 1).astype("float32")


def _greedily(boxes, classes, threshold):
    """Suppress boxes one after the other, the plainest way there is."""
    overlap = geometry.overlaps(torch.from_numpy(boxes), torch.from_numpy(boxes)).numpy()
    kept: list[int] = []
    for i in range(len(boxes)):
        if all(overlap[j, i] <= threshold or classes[i] != classes[j] for j in kept):
            kept.append(i)
    return kept


# In float32 by native kernels, in float64 by torch.
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("count", [0, 1, 7, 900])
@pytest.mark.parametrize("largest", [0.08, 0.5])
def test_suppression_in_blocks_keeps_what_one_at_a_time_keeps(count, largest, dtype):
    boxes, classes = _boxes(count, largest=largest).astype(dtype), (np.arange(count) % 3).astype(dtype)
    one_class = selection.suppress(torch.from_numpy(boxes), 0.3)
    assert one_class.tolist() == _greedily(boxes, np.zeros(count), 0.3)
    by_class = selection.suppress(torch.from_numpy(boxes), 0.3, classes=torch.from_numpy(classes))
    assert by_class.tolist() == _greedily(boxes, classes, 0.3)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_suppression_may_stop_when_enough_are_kept(dtype):
    boxes = torch.from_numpy(_boxes(900, largest=0.08).astype(dtype))
    every = selection.suppress(boxes, 0.3)
    some = selection.suppress(boxes, 0.3, most=5)
    assert 5 <= len(some) < len(every)
    assert some.tolist() == every[: len(some)].tolist()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_pairs_are_made_the_best_one_first(dtype):
    random = np.random.default_rng(1)
    scores = np.round(random.uniform(0, 1, (9, 6)), 1).astype(dtype)  # many are equal
    left, expected = scores.copy(), np.zeros(scores.shape, bool)
    while left.max() > 0.2:
        row, column = np.unravel_index(left.argmax(), left.shape)
        expected[row, column] = True
        left[row], left[:, column] = -1, -1
    columns, rows = selection.match_greedily(torch.from_numpy(scores), 0.2)
    assert columns.tolist() == np.where(expected.any(1), expected.argmax(1), -1).tolist()
    assert rows.tolist() == np.where(expected.any(0), expected.argmax(0), -1).tolist()
    assert (selection.match_greedily(torch.from_numpy(scores), 0.2, most=2)[0] >= 0).sum() == 2


def test_encoding_is_undone_by_decoding():
    boxes, anchors = (torch.from_numpy(_boxes(8, seed=seed)) for seed in (1, 2))
    again = geometry.decode(geometry.encode(boxes, anchors), geometry.to_centres(anchors))
    torch.testing.assert_close(again, boxes)


def test_boxes_that_share_nothing_do_not_overlap_even_if_empty():
    boxes = mx.nd.array([[0, 0, 0, 0], [3, 3, 2, 2], [0, 0, 2, 2]])
    assert mx.nd.contrib.box_iou(boxes, boxes).asnumpy().tolist() == [[0, 0, 0], [0, 0, 0], [0, 0, 1]]


# Recorded from MXNet 1.9.1.
def test_nms_of_no_best_boxes_returns_the_data():
    data = mx.nd.array([[0, 0.1, 0, 0, 1, 1], [1, 0.9, 0, 0, 1, 1]])
    assert (mx.nd.contrib.box_nms(data, topk=0).asnumpy() == data.asnumpy()).all()


def test_nms_leaves_the_format_of_boxes_with_a_negative_first_coordinate():
    data = mx.nd.array([[0, 0.9, -0.5, 0, 0.5, 1], [1, 0.8, 2, 0, 4, 1]])
    y = mx.nd.contrib.box_nms(data, in_format="corner", out_format="center").asnumpy()
    assert y[:, 2:].tolist() == [[-0.5, 0, 0.5, 1], [3, 0.5, 2, 1]]


def test_nms_looks_at_no_box_of_class_minus_one_if_there_are_classes():
    data = mx.nd.array([[-1, 0.9, 0, 0, 1, 1], [1, 0.8, 2, 0, 4, 1]])
    assert mx.nd.contrib.box_nms(data, id_index=0).asnumpy()[:, 0].tolist() == [1, -1]
    assert mx.nd.contrib.box_nms(data).asnumpy()[:, 0].tolist() == [-1, 1]


def test_matching_makes_one_pair_more_than_topk():
    pairs, _ = mx.nd.contrib.bipartite_matching(mx.nd.array(np.eye(4)), threshold=0.5, topk=2)
    assert (pairs.asnumpy() >= 0).sum() == 3


def test_boxes_get_no_gradient_from_their_overlaps():
    x = mx.nd.array(_boxes(3))
    x.attach_grad()
    with mx.autograd.record():
        y = mx.nd.contrib.box_iou(x, x)
    y.backward()
    assert not x.grad.asnumpy().any()


SIX = ("samples", "matches", "anchors", "refs", "means", "stds")


@pytest.mark.parametrize(
    ("name", "params", "shapes", "message"),
    [
        ("box_nms", {}, {"data": (6,)}, r"expected data \(..., boxes, columns\)"),
        ("box_nms", {}, {"data": (4, 5)}, "do not all lie within 5 columns"),
        ("box_nms", {"score_index": 3}, {"data": (4, 6)}, "share a column"),
        ("box_nms", {"id_index": 1}, {"data": (4, 6)}, "share a column"),
        ("box_iou", {}, {"lhs": (4,), "rhs": (3, 4)}, r"expected lhs \(..., boxes, 4\)"),
        ("box_iou", {}, {"lhs": (2, 4), "rhs": (3, 5)}, r"expected rhs \(..., boxes, 4\)"),
        ("bipartite_matching", {"threshold": 0.5}, {"data": (4,)}, r"\(..., rows, columns\)"),
        (
            "box_encode",
            {},
            dict(zip(SIX, [(2, 5), (2, 6), (2, 5, 4), (2, 3, 4), (4,), (4,)], strict=True)),
            r"matches of shape \(batch, anchors\) with batch = 2, anchors = 5, but got \(2, 6\)",
        ),
        ("box_decode", {}, {"data": (2, 4, 4), "anchors": (1, 5, 4)}, "anchors = 4, but got"),
        ("box_decode", {}, {"data": (2, 4, 4), "anchors": (2, 4, 4)}, r"shape \(1, anchors, 4\)"),
    ],
)
def test_shapes_that_cannot_be_are_explained(name, params, shapes, message):
    function = getattr(mx.sym.contrib, name)
    symbol = function(**{slot: mx.sym.Variable(slot) for slot in shapes}, **params)
    with pytest.raises(mx.MXNetError, match=message):
        symbol.infer_shape(**shapes)


@pytest.mark.parametrize(
    "call",
    [
        lambda f, x: f.box_nms(x((3, 6))),
        lambda f, x: f.box_iou(x((3, 4)), x((2, 4))),
        lambda f, x: f.bipartite_matching(x((3, 4)), threshold=1),
        lambda f, x: f.box_decode(x((1, 3, 4)), x((1, 3, 4))),
    ],
)
def test_whole_numbers_are_refused(call):
    with pytest.raises(mx.MXNetError, match="expected real numbers, but got int32"):
        call(mx.nd.contrib, lambda shape: mx.nd.ones(shape, dtype="int32"))
