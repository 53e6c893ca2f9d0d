"""What the table of samples cannot say of region proposals."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx

PARAMS = {"scales": (2,), "ratios": (1,), "rpn_post_nms_top_n": 4, "rpn_min_size": 0}


def _inputs(batch: int = 1, image: tuple[float, ...] = (32, 48, 1)) -> tuple[mx.nd.NDArray, ...]:
    random = np.random.default_rng(2)
    scores = mx.nd.array(random.uniform(size=(batch, 2, 2, 3)))
    return scores, mx.nd.zeros((batch, 4, 2, 3)), mx.nd.array([image] * batch)


def test_proposals_are_repeated_where_too_few_are_left():
    rois = mx.nd.contrib.Proposal(*_inputs(), **PARAMS | {"threshold": -1}).asnumpy()
    assert rois.shape == (4, 5)
    assert (rois == rois[0]).all()


def test_proposals_are_the_same_one_image_at_a_time():
    inputs = _inputs(2)
    both = mx.nd.contrib.MultiProposal(*inputs, **PARAMS).asnumpy()
    second = mx.nd.contrib.Proposal(*(each[1:] for each in inputs), **PARAMS).asnumpy()
    assert both[:, 0].tolist() == [0] * 4 + [1] * 4
    assert (both[4:, 1:] == second[:, 1:]).all()


@pytest.mark.parametrize(
    ("inputs", "params", "message"),
    [
        (_inputs(2), {}, "expected one image, but got 2"),
        (_inputs(), {"scales": (2, 4)}, "2 scales and 1 ratios make 2 anchors, which need 4 channels"),
        (_inputs(image=(640, 48, 1)), {}, "there are only"),
        (_inputs(), {"scales": ()}, "must not be empty"),
        (_inputs(), {"rpn_post_nms_top_n": 0}, "at least 1"),
    ],
)
def test_what_cannot_be_proposed_is_explained(inputs, params, message):
    with pytest.raises(mx.MXNetError, match=message):
        mx.nd.contrib.Proposal(*inputs, **PARAMS | params).wait_to_read()


def test_shapes_that_cannot_be_are_explained():
    symbol = mx.sym.contrib.Proposal(mx.sym.Variable("p"), mx.sym.Variable("b"), mx.sym.Variable("i"))
    with pytest.raises(mx.MXNetError, match=r"\(batch, channels, height, width\)"):
        symbol.infer_shape(p=(1, 24, 5))
    with pytest.raises(mx.MXNetError):
        symbol.infer_shape(p=(1, 24, 5, 5), i=(1, 4))
