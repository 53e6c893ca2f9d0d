"""Interleaved attention is attention, and refuses what does not divide."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx

LENGTH, BATCH, HEADS, D = 5, 2, 3, 4


def _random(*shape):
    return mx.nd.array(np.random.default_rng(1).normal(size=shape), dtype="float64")


def _plain(query, key, value):
    """Compute attention head by head, of arrays (length, batch, heads, d)."""
    scores = np.einsum("ibhd,jbhd->bhij", query, key) / np.sqrt(query.shape[-1])
    weights = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
    return np.einsum("bhij,jbhd->ibhd", weights, value).reshape(len(query), query.shape[1], -1)


def test_the_products_make_self_attention():
    projections = _random(LENGTH, BATCH, HEADS, 3, D)
    packed = projections.reshape((LENGTH, BATCH, -1))
    weights = mx.nd.softmax(mx.nd.contrib.interleaved_matmul_selfatt_qk(packed, heads=HEADS))
    attended = mx.nd.contrib.interleaved_matmul_selfatt_valatt(packed, weights, heads=HEADS)
    query, key, value = np.moveaxis(projections.asnumpy(), 3, 0)
    np.testing.assert_allclose(attended.asnumpy(), _plain(query, key, value))


def test_the_products_make_attention_to_another_sequence():
    query, projections = _random(LENGTH, BATCH, HEADS, D), _random(7, BATCH, HEADS, 2, D)
    queries, packed = query.reshape((LENGTH, BATCH, -1)), projections.reshape((7, BATCH, -1))
    weights = mx.nd.softmax(mx.nd.contrib.interleaved_matmul_encdec_qk(queries, packed, heads=HEADS))
    attended = mx.nd.contrib.interleaved_matmul_encdec_valatt(packed, weights, heads=HEADS)
    key, value = np.moveaxis(projections.asnumpy(), 3, 0)
    np.testing.assert_allclose(attended.asnumpy(), _plain(query.asnumpy(), key, value))


@pytest.mark.parametrize(
    ("name", "shapes", "message"),
    [
        ("selfatt_qk", [(3, 2, 25)], "the width a multiple of 6"),
        ("selfatt_qk", [(3, 24)], "length, batch, width"),
        ("selfatt_valatt", [(3, 2, 24), (4, 2, 3)], "length of the target: 2 is not 3"),
        ("selfatt_valatt", [(3, 2, 24), (4, 3, 5)], "length of the source: 5 is not 3"),
        ("selfatt_valatt", [(3, 2, 24), (5, 3, 3)], "batch, times heads: 5 is not 4"),
        ("selfatt_valatt", [(3, 2, 24), (4, 3)], "expected attention to be"),
        ("encdec_qk", [(3, 2, 8), (4, 3, 16)], "batch, times heads: 4 is not 6"),
        ("encdec_qk", [(3, 2, 8), (4, 2, 24)], "extent of a head: 4 is not 6"),
        ("encdec_valatt", [(4, 2, 16), (4, 3, 5)], "length of the source: 5 is not 4"),
        ("encdec_valatt", [(4, 2, 17), (4, 3, 4)], "the width a multiple of 4"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(name, shapes, message):
    with pytest.raises(mx.base.MXNetError, match=message):
        getattr(mx.nd.contrib, f"interleaved_matmul_{name}")(*(_random(*s) for s in shapes), heads=2)


def test_whole_numbers_are_refused():
    with pytest.raises(mx.base.MXNetError, match="interleaved_matmul_selfatt_qk: expected real numbers"):
        mx.nd.contrib.interleaved_matmul_selfatt_qk(mx.nd.ones((2, 1, 6), dtype="int32"), heads=1)


def test_there_is_at_least_one_head():
    with pytest.raises(mx.base.MXNetError, match="heads"):
        mx.sym.contrib.interleaved_matmul_selfatt_qk(mx.sym.Variable("x"), heads=0)


def test_scores_know_what_the_shape_tells_them():
    scores = mx.sym.contrib.interleaved_matmul_selfatt_qk(mx.sym.Variable("x"), heads=2)
    assert scores.infer_shape_partial(x=(0, 2, 24))[1] == [(4, 0, 0)]
