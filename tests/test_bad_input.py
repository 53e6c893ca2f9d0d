"""What users get wrong, and what they are told: each error says what was expected, what was given, and where."""

import json
import re

import numpy as np
import pytest

import mxnet as mx
from mxnet.base import MXNetError


@pytest.fixture
def mlp():
    net = mx.sym.Variable("data")
    net = mx.sym.FullyConnected(net, num_hidden=8, name="fc1")
    net = mx.sym.Activation(net, act_type="relu", name="relu1")
    net = mx.sym.FullyConnected(net, num_hidden=3, name="fc2")
    return mx.sym.SoftmaxOutput(net, name="softmax")


def arrays(symbol, **shapes):
    known, _, _ = symbol.infer_shape(**shapes)
    return {name: mx.nd.ones(shape) for name, shape in zip(symbol.list_arguments(), known, strict=True)}


def refusal(call, *args, **kwargs):
    with pytest.raises(MXNetError) as caught:
        call(*args, **kwargs)
    return str(caught.value)


def test_unknown_parameter_gets_a_suggestion():
    text = refusal(mx.sym.FullyConnected, mx.sym.Variable("x"), num_hiden=3)
    assert "FullyConnected has no parameter or input 'num_hiden'. Did you mean 'num_hidden'?" in text


def test_bad_enum_value_lists_what_is_allowed():
    text = refusal(mx.sym.Activation, mx.sym.Variable("x"), act_type="rellu")
    assert "'rellu' for parameter 'act_type' of Activation" in text
    assert "'relu'" in text
    assert "Did you mean 'relu'?" in text


def test_missing_required_parameter_is_named_with_its_meaning():
    text = refusal(mx.sym.FullyConnected, mx.sym.Variable("x"))
    assert "FullyConnected requires the parameter 'num_hidden' (int)" in text


def test_value_of_the_wrong_type_is_shown():
    text = refusal(mx.sym.FullyConnected, mx.sym.Variable("x"), num_hidden="many")
    assert "Invalid value 'many' for parameter 'num_hidden' of FullyConnected: expected int." in text


def test_value_out_of_its_limits_is_shown():
    text = refusal(mx.sym.FullyConnected, mx.sym.Variable("x"), num_hidden=-1)
    assert "Invalid value '-1' for parameter 'num_hidden' of FullyConnected: it must be at least 1." in text


def test_number_where_a_symbol_belongs():
    assert "'data' of FullyConnected" in refusal(mx.sym.FullyConnected, 3, num_hidden=3)


def test_misspelt_operator_gets_a_suggestion():
    with pytest.raises(AttributeError, match="Did you mean 'FullyConnected'"):
        _ = mx.sym.FullyConected


def test_shape_conflict_deep_in_a_network_names_node_shapes_producers_and_lines(mlp):
    text = refusal(mlp.infer_shape, data=(4, 5), fc2_weight=(3, 9))
    assert "FullyConnected 'fc2'" in text
    assert re.search(r"Expect: weight \(3, 8\)", text)
    assert re.search(r"Actual: weight \(3, 9\), from variable 'fc2_weight'", text)
    assert re.search(r"data \(4, 8\), from Activation 'relu1'", text)
    assert text.count("test_bad_input.py:") >= 3


def test_dtype_conflict_names_both_dtypes():
    total = mx.sym.Variable("a") + mx.sym.Variable("b")
    text = refusal(total.infer_type, a="float32", b="float64")
    assert "float32" in text
    assert "float64" in text
    assert "variable 'b'" in text


def test_undetermined_shapes_are_listed(mlp):
    text = refusal(mlp.simple_bind, mx.cpu())
    assert "variable 'data'" in text
    assert "variable 'fc1_weight'" in text


def test_unknown_name_in_compose(mlp):
    text = refusal(mlp, dta=mx.sym.Variable("x"))
    assert "no variable 'dta'. Did you mean 'data'?" in text


def test_unknown_name_in_infer_shape(mlp):
    assert "no argument 'dat'. Did you mean 'data'?" in refusal(mlp.infer_shape, dat=(2, 3))


def test_missing_argument_in_bind(mlp):
    args = arrays(mlp, data=(4, 5))
    args["fc1_wieght"] = args.pop("fc1_weight")
    text = refusal(mlp.bind, mx.cpu(), args)
    assert "no array for 'fc1_weight'" in text
    assert "Did you mean 'fc1_wieght'?" in text


def test_array_of_the_wrong_shape_in_bind(mlp):
    args = arrays(mlp, data=(4, 5))
    args["fc2_bias"] = mx.nd.ones((4,))
    text = refusal(mlp.bind, mx.cpu(), args)
    assert "'fc2'" in text
    assert "bias (4,)" in text
    assert "bias (3,)" in text


def test_array_of_the_wrong_dtype_in_bind(mlp):
    args = arrays(mlp, data=(4, 5))
    args["fc2_bias"] = mx.nd.ones((3,), dtype="float64")
    text = refusal(mlp.bind, mx.cpu(), args)
    assert "'fc2'" in text
    assert "float64" in text


def test_array_on_the_wrong_context_in_bind(mlp):
    args = arrays(mlp, data=(4, 5))
    args["data"] = args["data"].as_in_context(mx.cpu(1))
    text = refusal(mlp.bind, mx.cpu(), args)
    assert "'data'" in text
    assert "is on cpu(1), but is needed on cpu(0)" in text


def test_something_that_is_no_array_in_bind(mlp):
    args = arrays(mlp, data=(4, 5))
    args["data"] = np.ones((4, 5))
    assert "'data' is of type ndarray" in refusal(mlp.bind, mx.cpu(), args)


@pytest.mark.skipif(mx.num_gpus() > 0, reason="this machine has a GPU")
def test_gpu_that_is_not_there_is_an_error_at_allocation():
    assert "gpu(0) cannot be used" in refusal(mx.nd.zeros, (2,), ctx=mx.gpu())


def test_array_of_another_shape_fed_to_forward(mlp):
    executor = mlp.simple_bind(mx.cpu(), data=(4, 5))
    text = refusal(executor.forward, data=mx.nd.ones((2, 5)))
    assert "(2, 5)" in text
    assert "(4, 5)" in text


def test_backward_without_a_head_gradient_names_the_output():
    doubled = mx.sym.Variable("x") * 2
    executor = doubled.simple_bind(mx.cpu(), x=(2,))
    executor.forward(is_train=True)
    text = refusal(executor.backward)
    assert "'_mulscalar" in text
    assert "not a loss" in text


def test_truncated_json_names_the_file(tmp_path, mlp):
    path = tmp_path / "net-symbol.json"
    path.write_text(mlp.tojson()[:-40])
    text = refusal(mx.sym.load, str(path))
    assert "net-symbol.json" in text


@pytest.mark.parametrize("text", ["", "not json", "[]", '{"nodes": 3}', '{"nodes": [], "heads": []}'])
def test_corrupt_json_is_refused(text):
    assert refusal(mx.sym.load_json, text)


def test_missing_file_is_named():
    assert "nowhere.json" in refusal(mx.sym.load, "nowhere.json")


def test_cyclic_json_is_refused():
    nodes = [
        {"op": "exp", "name": "a", "inputs": [[1, 0, 0]]},
        {"op": "exp", "name": "b", "inputs": [[0, 0, 0]]},
    ]
    text = refusal(mx.sym.load_json, json.dumps({"nodes": nodes, "arg_nodes": [], "heads": [[1, 0, 0]]}))
    assert "'a'" in text


def test_operator_nobody_knows_can_be_inspected_but_not_run():
    nodes = [
        {"op": "null", "name": "x", "inputs": []},
        {"op": "WarpCTC", "name": "loss", "inputs": [[0, 0, 0]]},
    ]
    net = mx.sym.load_json(json.dumps({"nodes": nodes, "arg_nodes": [0], "heads": [[1, 0, 0]]}))
    assert net.list_arguments() == ["x"]
    text = refusal(net.bind, mx.cpu(), {"x": mx.nd.ones((2,))})
    assert "WarpCTC" in text
    assert "'loss'" in text


@pytest.mark.parametrize("keep", [0, 3, 20, 50, -1])
def test_truncated_params_are_refused(tmp_path, keep):
    path = tmp_path / "net-0001.params"
    mx.nd.save(str(path), {"arg:w": mx.nd.ones((3, 4))})
    whole = path.read_bytes()
    path.write_bytes(whole[:keep])
    assert "net-0001.params" in refusal(mx.nd.load, str(path))


def test_params_with_a_hostile_length_are_refused(tmp_path):
    path = tmp_path / "bad.params"
    mx.nd.save(str(path), {"arg:w": mx.nd.ones((3, 4))})
    whole = bytearray(path.read_bytes())
    whole[16:24] = (2**62).to_bytes(8, "little")
    path.write_bytes(whole)
    assert "bad.params" in refusal(mx.nd.load, str(path))


def test_failed_save_leaves_the_old_file(tmp_path):
    path = tmp_path / "w.params"
    mx.nd.save(str(path), {"w": mx.nd.ones((2,))})
    refusal(mx.nd.save, str(path), {"w": 3})
    np.testing.assert_array_equal(mx.nd.load(str(path))["w"].asnumpy(), [1, 1])


def test_variables_of_one_name_are_bound_by_position_only():
    net = mx.sym.Variable("x") + mx.sym.Variable("x")
    assert net.list_arguments() == ["x", "x"]
    executor = net.bind(mx.cpu(), [mx.nd.ones((2,)), mx.nd.ones((2,)) * 2])
    np.testing.assert_array_equal(executor.forward()[0].asnumpy(), [3, 3])
    assert "duplicate names (x)" in refusal(lambda: executor.arg_dict)


def test_nan_flows_through_without_an_error():
    executor = (mx.sym.Variable("x") * 2).bind(mx.cpu(), {"x": mx.nd.array([np.nan, 1])})
    np.testing.assert_array_equal(executor.forward()[0].asnumpy(), [np.nan, 2])


def test_arrays_of_no_elements_compute_nothing():
    assert (mx.nd.zeros((0, 3)) + 1).shape == (0, 3)
    assert mx.sym.exp(mx.sym.Variable("x")).compile()(x=mx.nd.zeros((0, 3)))[0].shape == (0, 3)


def test_chain_of_20000_nodes_composes_saves_loads_infers_and_runs(tmp_path):
    net = mx.sym.Variable("x")
    for _ in range(20_000):
        net = net + 1
    path = tmp_path / "chain.json"
    net.save(str(path))
    again = mx.sym.load(str(path))
    assert again.infer_shape(x=(2,))[1] == [(2,)]
    executor = again.simple_bind(mx.cpu(), x=(2,))
    executor.forward(is_train=True)
    executor.backward(mx.nd.ones((2,)))
    np.testing.assert_array_equal(executor.outputs[0].asnumpy(), [20_000, 20_000])
    np.testing.assert_array_equal(executor.grad_dict["x"].asnumpy(), [1, 1])


def test_error_while_running_names_the_node():
    picked = mx.sym.take(mx.sym.Variable("table"), mx.sym.Variable("index"), mode="raise", name="lookup")
    executor = picked.bind(mx.cpu(), {"table": mx.nd.ones((3, 2)), "index": mx.nd.array([7])})
    text = refusal(executor.forward)
    assert "'lookup'" in text
    assert "test_bad_input.py:" in text


@pytest.fixture
def module(mlp):
    module = mx.mod.Module(mlp)
    module.bind([("data", (4, 5))], [("softmax_label", (4,))])
    module.init_params()
    return module


def test_name_in_place_of_a_context():
    assert "A context such as mx.cpu() was expected, but got 'cpu'" in refusal(mx.nd.ones, (2,), ctx="cpu")
    assert "A context such as mx.cpu() was expected" in refusal(
        mx.sym.Variable("x").simple_bind, "cpu", x=(2,)
    )


@pytest.mark.parametrize("shape", ["abc", (2.5, 3)])
def test_variable_of_a_shape_that_is_none(shape):
    assert "The shape of variable 'x' must be a tuple of int" in refusal(mx.sym.Variable, "x", shape=shape)


def test_output_that_a_symbol_does_not_have(mlp):
    assert "has 1 outputs, so there is no output 4" in refusal(lambda: mlp[4])
    with pytest.raises(IndexError):
        mlp[4]


def test_attribute_that_is_no_string():
    assert "Attributes are strings, but 'a' is 3" in refusal(mx.AttrScope, a=3)
    assert "Attributes are strings, but 'a' is 3" in refusal(mx.sym.Variable("x")._set_attr, a=3)


def test_result_written_to_something_that_is_no_array():
    assert "out must be an NDArray" in refusal(mx.nd.exp, mx.nd.ones((2,)), out=np.ones(2))


def test_number_where_a_list_of_arrays_belongs():
    assert "takes a list of at least one NDArray" in refusal(mx.nd.concatenate, 3)


def test_no_file_name_to_save_to():
    assert "takes the name of a file, not NoneType" in refusal(mx.nd.save, None, [mx.nd.ones((1,))])


def test_folder_that_does_not_exist(tmp_path, mlp, module):
    missing = str(tmp_path / "missing" / "net")
    assert "No such file or directory" in refusal(mx.nd.save, missing, [mx.nd.ones((1,))])
    assert "No such file or directory" in refusal(mlp.save, missing)
    assert "No such file or directory" in refusal(module.save_checkpoint, missing, 1)


def test_nothing_to_bind(mlp):
    assert "args must be a list or a dict of NDArrays" in refusal(mlp.bind, mx.cpu(), None)


def test_dtype_for_an_argument_that_is_not_there(mlp):
    text = refusal(mlp.simple_bind, mx.cpu(), type_dict={"dat": "float32"}, data=(4, 5))
    assert "type_dict names 'dat', which is no argument. Did you mean 'data'?" in text


def test_data_fed_to_forward_by_position(mlp):
    executor = mlp.simple_bind(mx.cpu(), data=(4, 5))
    assert "forward(data=...)" in refusal(executor.forward, np.ones((4, 5)))


def test_picture_of_something_that_is_no_symbol(mlp):
    assert "symbol must be a Symbol" in refusal(mx.viz.print_summary, "net")
    assert "shape must be a dictionary" in refusal(mx.viz.print_summary, mlp, shape=(4, 5))


def test_iterator_over_nothing():
    assert "holds no samples" in refusal(mx.io.NDArrayIter, np.zeros((0, 4)), batch_size=2)
    assert "batch_size=0" in refusal(mx.io.NDArrayIter, np.zeros((4, 4)), batch_size=0)


def test_module_of_something_that_is_no_symbol():
    assert "Module needs a Symbol, not 'net'" in refusal(mx.mod.Module, "net")


def test_module_on_something_that_is_no_context(mlp):
    assert "context must be a context such as mx.cpu()" in refusal(mx.mod.Module, mlp, context="cpu")


@pytest.mark.parametrize("shapes", [("data", (4, 5)), (4, 5), [(4, 5)]])
def test_module_bound_to_shapes_without_names(mlp, shapes):
    text = refusal(mx.mod.Module(mlp).bind, shapes)
    assert "data_shapes is a list of names with shapes, such as [('data', (32, 10))]" in text


@pytest.mark.parametrize("data", ["digits", np.ones((4, 5))])
def test_module_trained_on_something_that_is_no_iterator(mlp, data):
    assert "A data iterator such as mx.io.NDArrayIter was expected" in refusal(
        mx.mod.Module(mlp).fit, data, num_epoch=1
    )


def test_array_where_a_batch_belongs(module):
    assert "A batch such as mx.io.DataBatch(data=[...]) was expected, but got NDArray" in refusal(
        module.forward, mx.nd.ones((4, 5))
    )


def test_batch_that_needs_other_parameters_leaves_the_module_as_it_was(module):
    before = module.get_params()[0]["fc1_weight"].asnumpy()
    batch = mx.io.DataBatch([mx.nd.ones((4, 9))], [mx.nd.zeros((4,))])
    text = refusal(module.forward, batch)
    assert "Expect: weight (8, 9)" in text
    assert "Actual: weight (8, 5), from variable 'fc1_weight'" in text
    assert module.data_shapes[0].shape == (4, 5)
    module.forward(mx.io.DataBatch([mx.nd.ones((4, 5))], [mx.nd.zeros((4,))]))
    np.testing.assert_array_equal(module.get_params()[0]["fc1_weight"].asnumpy(), before)


def test_parameter_that_is_no_array(module):
    values = dict(module.get_params()[0], fc1_bias=np.zeros(8))
    text = refusal(module.set_params, values, {})
    assert "'fc1_bias' must be an NDArray, not ndarray" in text


def test_misspelt_initializer_gets_a_suggestion(mlp):
    module = mx.mod.Module(mlp)
    module.bind([("data", (4, 5))], [("softmax_label", (4,))])
    assert "Did you mean 'xavier'?" in refusal(module.init_params, "xavir")


def test_unknown_parameter_of_an_optimizer_lists_what_there_is():
    text = refusal(mx.optimizer.create, "sgd", learningrate=0.1)
    assert "SGD has no parameter 'learningrate'. Did you mean 'learning_rate'?" in text


def test_bucketing_function_that_returns_only_a_symbol(mlp):
    assert "must return (symbol, data_names, label_names)" in refusal(
        lambda: mx.mod.BucketingModule(lambda key: mlp, default_bucket_key=1)
    )
