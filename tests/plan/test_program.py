"""Plans and programs: what runs, what is freed when, and that the source can be read."""

import gc
import linecache
import threading
from unittest.mock import Mock

import numpy as np
import pytest

import mxnet as mx
from mxnet.errors import OutOfMemoryError
from mxnet.lazy import torch


def mlp():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=4, name="fc1")
    net = mx.sym.Activation(net, act_type="relu", name="relu1")
    return mx.sym.FullyConnected(net, num_hidden=2, name="fc2")


def test_program_is_readable_python_named_after_the_nodes(monkeypatch):
    monkeypatch.setenv("MXNET_DISABLED_PASSES", "native")
    source = mlp().simple_bind(mx.cpu(), grad_req="null", data=(3, 5)).program()
    assert "def forward(variables, prepared, tap):" in source
    assert "relu1 = __" in source
    assert "# fc2 (3, 2)" in source
    assert "    del fc1_relu1\n" in source


def test_debug_text_ends_with_the_planned_bytes():
    executor = mlp().simple_bind(mx.cpu(), data=(1024, 1024))
    assert executor.debug_str().strip().splitlines()[-1].startswith("Total ")


def test_program_shows_what_runs_as_rows():
    source = mlp().simple_bind(mx.cpu(), grad_req="null", data=(3, 5)).program()
    assert "_native(frame)  # fc1+relu1, fc2 (3, 2)\n" in source
    assert "    #   fc1_relu1 = _fused_fully_connected(data, fc1_packed_weight, fc1_bias)" in source


def test_text_of_a_program_goes_with_it(monkeypatch):
    monkeypatch.setenv("MXNET_DISABLED_PASSES", "native")
    executor = mlp().simple_bind(mx.cpu(), data=(3, 5))
    executor.forward()
    (filename,) = [program.code.filename for program in executor._programs._made.values()]
    assert "fc2" in "".join(linecache.getlines(filename))
    del executor
    gc.collect()
    assert linecache.getlines(filename) == []


def test_value_that_is_read_for_its_shape_only_is_not_computed():
    x = mx.sym.Variable("x")
    net = mx.sym.zeros_like(mx.sym.exp(x, name="unused"), name="z")
    source = net.simple_bind(mx.cpu(), grad_req="null", x=(2,)).program()
    assert "unused =" not in source


def test_new_shapes_make_a_new_program_and_old_ones_are_found_again():
    function = mlp().compile()
    weights = {
        "fc1_weight": mx.nd.ones((4, 5)),
        "fc1_bias": mx.nd.zeros((4,)),
        "fc2_weight": mx.nd.ones((2, 4)),
        "fc2_bias": mx.nd.zeros((2,)),
    }
    for rows in (3, 7, 3):
        (out,) = function(data=mx.nd.ones((rows, 5)), **weights)
        np.testing.assert_array_equal(out.asnumpy(), np.full((rows, 2), 20.0))
    assert len(function._programs._made) == 2


def test_compiled_function_is_right_from_eight_threads():
    function = (mx.sym.Variable("x") * mx.sym.Variable("y") + 1).compile()
    wrong = []

    def work(seed):
        for rows in range(1, 20):
            x = np.full((rows, 3), seed, "float32")
            (out,) = function(x=mx.nd.array(x), y=mx.nd.array(x))
            if not np.array_equal(out.asnumpy(), x * x + 1):
                wrong.append((seed, rows))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_output_that_is_a_bound_array_is_a_copy():
    x = mx.nd.array([1.0, 2.0])
    executor = mx.sym.reshape(mx.sym.Variable("x"), shape=(2, 1)).bind(mx.cpu(), {"x": x})
    (out,) = executor.forward()
    x[:] = 9
    np.testing.assert_array_equal(out.asnumpy(), [[1], [2]])


def test_value_that_is_read_twice_is_not_written_over():
    a = mx.sym.Variable("a")
    grad = mx.nd.zeros((2,))
    executor = (a * a + a).bind(mx.cpu(), {"a": mx.nd.array([2.0, 3.0])}, {"a": grad})
    executor.forward(is_train=True)
    executor.backward(mx.nd.ones((2,)))
    np.testing.assert_array_equal(grad.asnumpy(), [5, 7])


@pytest.mark.parametrize("kernel", ["bincount", "empty"])
def test_where_memory_ends_the_error_tells_what_needs_most_of_it(monkeypatch, kernel):
    data = mx.sym.Variable("data")
    net = mx.sym.Group([mx.sym._internal._histogram(mlp(), bin_cnt=5, range=(0, 1))[0], data * 2])
    executor = net.simple_bind(mx.cpu(), grad_req="null", data=(512, 1024))
    executor.program()
    error = torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has ...")
    monkeypatch.setattr(torch, kernel, Mock(side_effect=error))
    with pytest.raises(OutOfMemoryError, match="not enough memory for the 2.00 GiB") as caught:
        executor.forward()
    text = str(caught.value)
    assert "at its peak; what makes the most is _mulscalar" in text
    assert "(2.00 MB)" in text
    assert ("_histogram" in text.split("not enough", maxsplit=1)[0]) == (kernel == "bincount")
