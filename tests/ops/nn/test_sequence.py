"""What the table of samples cannot say of sequences: odd lengths, and refusals."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from mxnet.errors import MXNetError, ShapeError

STEPS = np.arange(1, 13, dtype="float32").reshape(4, 3)


def _run(operator, lengths, **params):
    function = getattr(mx.nd, operator)
    return (
        function(mx.nd.array(STEPS), mx.nd.array(lengths), use_sequence_length=True, **params)
        .asnumpy()
        .tolist()
    )


def test_fractions_of_a_length_are_cut_off():
    assert _run("SequenceMask", [2.7, 1, 0]) == [[1, 2, 0], [4, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert _run("SequenceLast", [2.7, 1, 1]) == [4, 2, 3]
    assert _run("SequenceReverse", [2.7, 1, 0]) == [[4, 2, 3], [1, 5, 6], [7, 8, 9], [10, 11, 12]]


def test_lengths_out_of_range_end_at_the_ends():
    assert _run("SequenceLast", [0, -3, 9]) == [1, 2, 12]
    assert _run("SequenceMask", [9, -1, 4]) == [[1, 0, 3], [4, 0, 6], [7, 0, 9], [10, 0, 12]]
    assert _run("SequenceReverse", [9, 2, 1]) == [[10, 5, 3], [7, 2, 6], [4, 8, 9], [1, 11, 12]]


def test_lengths_may_be_of_another_dtype():
    data, lengths = mx.nd.array(STEPS), mx.nd.array([1, 2, 3], dtype="int32")
    assert mx.nd.SequenceLast(data, lengths, use_sequence_length=True).asnumpy().tolist() == [1, 5, 9]


def test_lengths_get_the_dtype_of_the_data_where_nothing_says_otherwise():
    symbol = mx.sym.SequenceMask(mx.sym.Variable("x"), mx.sym.Variable("n"), use_sequence_length=True)
    assert symbol.infer_type(x="float64")[0] == [np.float64, np.float64]


def test_the_axis_of_time_is_the_first_or_second():
    with pytest.raises(MXNetError, match="SequenceMask: the axis of time must be 0 or 1, not 2"):
        mx.sym.SequenceMask(mx.sym.Variable("x"), axis=2)
    with pytest.raises(MXNetError, match="SequenceReverse: the axis of time must be 0, not 1"):
        mx.sym.SequenceReverse(mx.sym.Variable("x"), axis=1)
    with pytest.raises(ShapeError, match="at least 2 axes"):
        mx.sym.SequenceLast(mx.sym.Variable("x")).infer_shape(x=(4,))


def test_gradients_of_sequences_are_graphs_that_can_be_differentiated_again():
    x, n = mx.sym.Variable("x"), mx.sym.Variable("n")
    symbol = mx.sym.SequenceReverse(x * x, n, use_sequence_length=True)
    second = symbol.gradient(["x"])[0]
    assert "SequenceReverse" in second.debug_str()
