"""Executor.reshape: arguments, gradients and outputs lie in the memory of the executor that it was asked of."""

import mxnet as mx


def dense():
    net = mx.sym.FullyConnected(
        mx.sym.Variable("d"), mx.sym.Variable("w"), no_bias=True, num_hidden=3, name="fc"
    )
    executor = net.simple_bind(mx.cpu(), d=(6, 2), grad_req="null")
    executor.arg_dict["d"][:] = 1
    executor.arg_dict["w"][:] = 1
    return executor


# Asked of MXNet 1.9.1.
def test_a_smaller_executor_writes_over_the_beginning_of_the_outputs():
    large = dense()
    small = large.reshape(d=(2, 2))
    output = small.forward()[0]
    assert output.asnumpy().tolist() == [[2, 2, 2], [2, 2, 2]]
    assert large.outputs[0].asnumpy()[:, 0].tolist() == [2, 2, 0, 0, 0, 0]


def test_the_larger_executor_writes_over_the_outputs_of_the_smaller_one():
    large = dense()
    large.forward()
    small = large.reshape(d=(2, 2))
    output = small.forward()[0]
    large.arg_dict["w"][:] = 5
    large.forward()
    assert output.asnumpy().tolist() == [[10, 10, 10], [10, 10, 10]]
    assert small.outputs[0] is output


def test_a_chain_of_reshaped_executors_shares_one_memory():
    large = dense()
    smallest = large.reshape(d=(4, 2)).reshape(d=(1, 2))
    smallest.forward()
    assert large.outputs[0].asnumpy()[:, 0].tolist() == [2, 0, 0, 0, 0, 0]


def test_outputs_that_do_not_fit_have_memory_of_their_own():
    small = dense()
    large = small.reshape(d=(8, 2), allow_up_sizing=True)
    large.arg_dict["d"][:] = 3
    assert large.forward()[0].shape == (8, 3)
    assert large.outputs[0].asnumpy().min() == 6
    assert small.outputs[0].asnumpy().max() == 0


def test_gradients_are_of_the_values_that_were_not_written_over():
    net = mx.sym.exp(mx.sym.Variable("x"))
    large = net.simple_bind(mx.cpu(), x=(4,))
    small = large.reshape(x=(2,))
    large.arg_dict["x"][:] = 0
    large.forward(is_train=True)
    small.arg_dict["x"][:] = 5
    small.forward(is_train=True)
    large.backward(mx.nd.ones(4))
    assert large.grad_dict["x"].asnumpy().tolist() == [1, 1, 1, 1]


def test_outputs_of_images_share_their_memory_in_rows():
    images = mx.sym.Convolution(mx.sym.Variable("x"), kernel=(1, 1), num_filter=4, no_bias=True, name="c")
    large = images.simple_bind(mx.cpu(), x=(2, 3, 5, 5), grad_req="null")
    large.arg_dict["x"][:] = 1
    large.arg_dict["c_weight"][:] = 1
    large.forward()
    small = large.reshape(x=(1, 3, 5, 5))
    small.arg_dict["x"][:] = 2
    small.forward()
    first, second = large.outputs[0].asnumpy()
    assert (first == 6).all()
    assert (second == 3).all()


def test_sparse_outputs_and_those_of_late_shapes_are_not_shared():
    rows = mx.sym.cast_storage(mx.sym.Variable("x"), stype="row_sparse")
    large = rows.simple_bind(mx.cpu(), x=(4, 2), grad_req="null")
    assert large.reshape(x=(2, 2)).forward()[0].shape == (2, 2)
    kept = mx.sym.contrib.boolean_mask(mx.sym.Variable("x"), mx.sym.Variable("mask"))
    executor = kept.bind(mx.cpu(), {"x": mx.nd.ones((3, 2)), "mask": mx.nd.array([1, 0, 1])})
    assert executor.forward()[0].shape == (2, 2)
    assert executor.reshape(x=(2, 2), mask=(2,)).forward()[0].shape == (1, 2)


def test_a_reshaped_executor_knows_the_symbol_and_the_names():
    executor = dense().reshape(d=(2, 2))
    assert executor.get_optimized_symbol().list_arguments() == ["d", "w"]
    assert list(executor.output_dict) == ["fc_output"]
