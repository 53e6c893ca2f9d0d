"""What indexing does beyond what one recorded call can show."""

from __future__ import annotations

import pytest

import mxnet as mx

rows = mx.nd.array([[0, 1], [10, 11], [20, 21]])


def first_column(array):
    return array.asnumpy()[:, 0].tolist()


@pytest.mark.parametrize(("mode", "expected"), [("clip", [0, 0, 20, 10]), ("wrap", [20, 0, 10, 10])])
def test_take_cuts_fractions_off_and_stays_inside(mode, expected):
    assert first_column(mx.nd.take(rows, mx.nd.array([-1, -0.5, 4, 1.9]), mode=mode)) == expected


@pytest.mark.parametrize("position", [-1, 3])
def test_take_raises_for_positions_outside_if_told_so(position):
    with pytest.raises(mx.base.MXNetError, match=f"position {position} is outside of axis 0, which has 3"):
        mx.nd.take(rows, mx.nd.array([0, position]), mode="raise").wait_to_read()


def test_embedding_takes_the_dtype_of_a_known_weight():
    words, weight = mx.sym.Variable("words"), mx.sym.Variable("weight")
    vectors = mx.sym.Embedding(words, weight, input_dim=5, output_dim=3)
    assert vectors.infer_type(words="int32")[1][0].__name__ == "float32"
    assert vectors.infer_type(words="int32", weight="float64")[1][0].__name__ == "float64"


def test_embedding_adds_the_gradients_of_a_repeated_word():
    words = mx.sym.Variable("words")
    vectors = mx.sym.Embedding(words, input_dim=3, output_dim=2, name="e")
    executor = vectors.simple_bind(mx.cpu(), words=(3,), grad_req={"words": "null", "e_weight": "write"})
    executor.forward(is_train=True, words=mx.nd.array([1, 7, 1]))
    executor.backward(mx.nd.ones((3, 2)))
    assert executor.grad_dict["e_weight"].asnumpy().tolist() == [[0, 0], [2, 2], [1, 1]]


@pytest.mark.parametrize("index", [(3,), (3, 1)])
def test_pick_accepts_positions_with_and_without_the_axis(index):
    assert mx.nd.pick(rows, mx.nd.ones(index)).shape == (3,)
    assert mx.nd.pick(rows, mx.nd.ones(index), keepdims=True).shape == (3, 1)


def test_pick_needs_an_axis():
    with pytest.raises(mx.base.MXNetError, match="axis=None is not possible"):
        mx.sym.pick(mx.sym.Variable("data"), mx.sym.Variable("index"), axis=None)


def test_one_hot_marks_nothing_for_positions_outside():
    assert mx.nd.one_hot(mx.nd.array([-1, 3, 1]), 3).asnumpy().tolist() == [[0, 0, 0], [0, 0, 0], [0, 1, 0]]


def test_one_hot_writes_numbers_as_its_dtype_holds_them():
    marked = mx.nd.one_hot(mx.nd.array([0]), 2, on_value=2.7, off_value=-1.2, dtype="int32")
    assert marked.asnumpy().tolist() == [[2, -1]]


def test_gather_nd_counts_from_the_end_and_adds_up_the_gradients_of_repeated_elements():
    data, indices = mx.sym.Variable("data"), mx.sym.Variable("indices")
    executor = mx.sym.gather_nd(data, indices).simple_bind(
        mx.cpu(), data=(3,), indices=(1, 3), grad_req={"data": "write", "indices": "null"}
    )
    executor.forward(is_train=True, indices=mx.nd.array([[-1, 2, 0]]))
    executor.backward(mx.nd.array([1, 2, 4]))
    assert executor.grad_dict["data"].asnumpy().tolist() == [4, 0, 3]


def test_gather_nd_refuses_positions_outside():
    with pytest.raises(mx.base.MXNetError, match="out of bounds"):
        mx.nd.gather_nd(rows, mx.nd.array([[5]])).wait_to_read()


def test_scatter_nd_refuses_what_does_not_fit_its_coordinates():
    data, indices = mx.sym.Variable("data"), mx.sym.Variable("indices")
    with pytest.raises(mx.base.MXNetError, match=r"must have the shape \(2, 4\), but has \(2, 5\)"):
        mx.sym.scatter_nd(data, indices, shape=(3, 4)).infer_shape(data=(2, 5), indices=(1, 2))


def test_fill_element_leaves_rows_alone_whose_position_is_outside():
    filled = mx.nd.fill_element_0index(rows, mx.nd.array([7, 8, 9]), mx.nd.array([1, -1, 2]))
    assert filled.asnumpy().tolist() == [[0, 7], [10, 11], [20, 21]]


def test_unravel_index_undoes_ravel_multi_index():
    coordinates = mx.nd.array([[3, 0, 6], [1, 5, 2]])
    positions = mx.nd.ravel_multi_index(coordinates, shape=(7, 6))
    assert positions.asnumpy().tolist() == [19, 5, 38]
    assert mx.nd.unravel_index(positions, shape=(7, 6)).asnumpy().tolist() == coordinates.asnumpy().tolist()


def test_ravel_multi_index_needs_a_row_for_each_axis():
    with pytest.raises(
        mx.base.MXNetError, match=r"expected data of 2 rows, one for each axis, but got the shape \(3, 3\)"
    ):
        mx.sym.ravel_multi_index(mx.sym.Variable("data"), shape=(7, 6)).infer_shape(data=(3, 3))


@pytest.mark.parametrize(
    ("indices", "message"),
    [
        ([[1], [3]], "index 3 is out of bounds for axis 1 with size 2"),
        ([[-4], [0]], "index -4 is out of bounds for axis 0 with size 3"),
    ],
)
def test_gather_nd_refuses_what_lies_outside_as_an_index_error(indices, message):
    a = mx.nd.ones((3, 2))
    with pytest.raises(IndexError, match=message) as caught:
        mx.nd.gather_nd(a, mx.nd.array(indices))
    assert isinstance(caught.value, mx.MXNetError)
    net = mx.sym.gather_nd(mx.sym.Variable("a"), mx.sym.Variable("i"))
    with pytest.raises(IndexError, match=message):
        net.bind(mx.cpu(), {"a": a, "i": mx.nd.array(indices)}).forward()
    assert mx.nd.gather_nd(a, mx.nd.array([[-1], [-1]])).asscalar() == 1
