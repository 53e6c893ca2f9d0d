"""Single calls, of arrays and of steps that plans leave alone, run the rows that an operator declares."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from mxnet.ops.tools import in_rows

RANDOM = np.random.default_rng(4)
IMAGES = RANDOM.standard_normal((2, 8, 20, 24)).astype("float32")
CORNERS = np.sort(RANDOM.uniform(-3, 26, (90, 2, 2)), 1).reshape(-1, 4)
BOXES = np.concatenate([RANDOM.integers(-1, 3, (90, 1)), CORNERS], 1).astype("float32")
SHIFTS = RANDOM.standard_normal((90, 4, 2, 2)).astype("float32")
SCALE = {"spatial_scale": 0.8}
CALLS = {
    "ROIPooling": lambda data, rois: mx.nd.ROIPooling(data, rois, pooled_size=(3, 4), **SCALE),
    "ROIAlign": lambda data, rois: mx.nd.contrib.ROIAlign(data, rois, pooled_size=(3, 4), **SCALE),
    "ROIAlign with points": lambda data, rois: mx.nd.contrib.ROIAlign(
        data, rois, pooled_size=(2, 4), sample_ratio=2, position_sensitive=True, aligned=True, **SCALE
    ),
    "PSROIPooling": lambda data, rois: mx.nd.contrib.PSROIPooling(
        data, rois, output_dim=2, pooled_size=3, group_size=2, **SCALE
    ),
    "DeformablePSROIPooling": lambda data, rois: mx.nd.contrib.DeformablePSROIPooling(
        data, rois, mx.nd.array(SHIFTS), output_dim=2, group_size=2, pooled_size=4, part_size=2,
        sample_per_part=3, trans_std=0.1, **SCALE
    ),
}  # fmt: skip


@pytest.fixture
def torch_alone(monkeypatch):
    """Return a function that has everything done by torch's kernels from then on."""
    return lambda: monkeypatch.setattr(in_rows, "takes_native", lambda *_: False)


@pytest.fixture
def calls(monkeypatch):
    """The number of single calls by rows so far."""
    made, call = [], in_rows._Call.__call__
    monkeypatch.setattr(
        in_rows._Call, "__call__", lambda self, arrays: made.append(self) or call(self, arrays)
    )
    return made


def results(function, data=IMAGES, boxes=BOXES):
    """Return what a call makes, and the gradient of the images."""
    images = mx.nd.array(data, dtype=data.dtype)
    images.attach_grad()
    with mx.autograd.record():
        output = function(images, mx.nd.array(boxes, dtype=boxes.dtype))
        (output * output).backward()
    return output.asnumpy(), images.grad.asnumpy()


@pytest.mark.parametrize("name", CALLS)
def test_rows_compute_what_torch_does(name, calls, torch_alone):
    found = results(CALLS[name])
    assert len(calls) == 2
    torch_alone()
    for one, other in zip(found, results(CALLS[name]), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    assert len(calls) == 2


@pytest.mark.parametrize("name", CALLS)
def test_several_threads_compute_what_one_does(name, monkeypatch):
    monkeypatch.setattr("mxnet.native.rows.FEW", 1)
    found = []
    for count in (1, 3):
        in_rows._settled.cache_clear()
        monkeypatch.setattr(in_rows, "threads", lambda count=count: count)
        found.append(results(CALLS[name]))
    in_rows._settled.cache_clear()
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


def test_arrays_may_lie_anywhere(calls):
    rois = mx.nd.array(BOXES)
    expected = CALLS["ROIAlign"](mx.nd.array(IMAGES), rois).asnumpy()
    turned = mx.nd.array(IMAGES.transpose(0, 2, 3, 1)).transpose((0, 3, 1, 2))
    np.testing.assert_array_equal(CALLS["ROIAlign"](turned, rois).asnumpy(), expected)
    assert len(calls) == 2


def test_other_types_and_nothing_at_all_are_left_to_torch(calls):
    for data, boxes in ((IMAGES.astype("float64"), BOXES.astype("float64")), (IMAGES, BOXES[:0])):
        CALLS["ROIAlign"](
            mx.nd.array(data, dtype=data.dtype), mx.nd.array(boxes, dtype=boxes.dtype)
        ).wait_to_read()
    assert calls == []


def test_a_maximum_is_found_beside_what_is_no_number(torch_alone):
    data = np.array([[[[np.nan, -np.inf, 2, 5], [5, np.nan, np.inf, np.nan]]]], "float32")
    boxes = np.array([[0, 0, 0, 1, 0], [0, 1, 0, 1, 1], [0, 2, 0, 3, 1], [0, 0, 0, 3, 0]], "float32")

    def pooled():
        images, rois = mx.nd.array(data), mx.nd.array(boxes)
        return (
            mx.nd.ROIPooling(images, rois, pooled_size=(1, 1), spatial_scale=1.0).asnumpy().ravel().tolist()
        )

    found = pooled()
    torch_alone()
    assert found == pooled() == [np.finfo("float32").min, np.finfo("float32").min, np.inf, 5]
