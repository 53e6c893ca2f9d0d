"""What is folded or packed of parameters follows them, whoever changes them and however; a monitor sees every node."""

import numpy as np
import pytest

import mxnet as mx

SHAPE = 2, 3, 6, 6
NODES = [
    "conv_output",
    "bn_output",
    "relu_output",
    "skip_output",
    "sum_output",
    "end_output",
    "fc_output",
    "top_output",
]


def net():
    """Return a network of which an optimised program keeps nothing as it was composed."""
    data = mx.sym.Variable("data")
    image = mx.sym.Convolution(data, kernel=(3, 3), num_filter=4, name="conv")
    image = mx.sym.BatchNorm(image, fix_gamma=False, eps=1e-3, name="bn")
    image = mx.sym.Activation(image, act_type="relu", name="relu")
    skip = mx.sym.Convolution(data, kernel=(3, 3), num_filter=4, name="skip")
    image = mx.sym.Activation(mx.sym.elemwise_add(skip, image, name="sum"), act_type="relu", name="end")
    top = mx.sym.FullyConnected(mx.sym.Flatten(image, name="flat"), num_hidden=5, name="fc")
    return mx.sym.Activation(top, act_type="tanh", name="top")


def numbers(symbol, seed=0, data=SHAPE):
    """Return random arrays for all arguments and auxiliary states."""
    draw = np.random.default_rng(seed)
    names = symbol.list_arguments() + symbol.list_auxiliary_states()
    shapes = symbol.infer_shape(data=data)
    return {
        name: mx.nd.array(
            draw.uniform(0.3, 1.3, shape) if name.endswith(("gamma", "var")) else draw.normal(0, 0.4, shape)
        )
        for name, shape in zip(names, shapes[0] + shapes[2], strict=True)
    }


def bound(arrays=None, grad_req="write"):
    symbol = net()
    arrays = numbers(symbol) if arrays is None else arrays
    args = {name: arrays[name] for name in symbol.list_arguments()}
    grads = {name: mx.nd.zeros(array.shape) for name, array in args.items()}
    aux = {name: arrays[name] for name in symbol.list_auxiliary_states()}
    return symbol.bind(mx.cpu(), args, grads, grad_req, aux)


def plainly(executor):
    """Return what the network gives with these arrays, composed anew and without any optimisation."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MXNET_DISABLED_PASSES", "all")
        return bound({**executor.arg_dict, **executor.aux_dict}).forward()[0].asnumpy()


def follows(executor, change):
    """Check that an executor gives the right outputs before and after a change, and other ones."""
    (before,) = executor.forward()
    before = before.asnumpy()
    np.testing.assert_allclose(before, plainly(executor), 1e-4, 1e-5)
    change()
    (after,) = executor.forward()
    after = after.asnumpy()
    np.testing.assert_allclose(after, plainly(executor), 1e-4, 1e-5)
    assert np.abs(after - before).max() > 1e-3


PARAMETERS = [name for name in numbers(net()) if name != "data"]


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameter_that_is_written_to_is_followed(name):
    executor = bound()
    array = {**executor.arg_dict, **executor.aux_dict}[name]

    def change():
        array[:] = array * 1.5 + 0.2

    follows(executor, change)


@pytest.mark.parametrize("name", PARAMETERS)
def test_part_of_a_parameter_that_is_written_to_is_followed(name):
    executor = bound()
    array = {**executor.arg_dict, **executor.aux_dict}[name]

    def change():
        array[1] = 2.5

    follows(executor, change)


def test_parameter_that_is_written_to_through_a_view_is_followed():
    executor = bound()
    view = executor.arg_dict["conv_weight"].reshape((-1,))
    follows(executor, lambda: view.__setitem__(slice(None), view * -1))


def test_operator_that_writes_its_result_into_a_parameter_is_followed():
    executor = bound()
    weight = executor.arg_dict["conv_weight"]
    follows(executor, lambda: mx.nd.negative(weight, out=weight))


def test_arithmetic_in_place_is_followed():
    executor = bound()

    def change():
        weight = executor.arg_dict["fc_weight"]
        weight *= -1

    follows(executor, change)


def test_copied_parameters_are_followed():
    executor = bound()
    others = numbers(net(), seed=1)
    del others["data"]
    follows(executor, lambda: executor.copy_params_from(others, others, allow_extra_params=True))


def test_exchanged_values_of_two_executors_are_followed():
    one, other = bound(), bound(numbers(net(), seed=1))

    def change():
        for name in one.arg_dict:
            mine = one.arg_dict[name].copy()
            other.arg_dict[name].copyto(one.arg_dict[name])
            mine.copyto(other.arg_dict[name])

    other.forward()
    follows(one, change)
    np.testing.assert_allclose(other.forward()[0].asnumpy(), plainly(other), 1e-4, 1e-5)


@pytest.mark.parametrize("name", ["sgd", "adam", "rmsprop", "ftrl", "signum"])
def test_optimizer_is_followed(name):
    executor = bound()
    update = mx.optimizer.get_updater(mx.optimizer.create(name, learning_rate=0.1))

    def change():
        executor.forward(is_train=True)
        executor.backward(mx.nd.ones((2, 5)))
        for i, array in enumerate(executor.arg_dict):
            if array != "data":
                update(i, executor.grad_dict[array], executor.arg_dict[array])

    follows(executor, change)


def test_statistics_that_another_executor_moves_are_followed():
    arrays = numbers(net())
    executor, trained = bound(arrays), bound(arrays)

    def change():
        trained.forward(is_train=True)
        trained.backward(mx.nd.ones((2, 5)))

    follows(executor, change)


def test_executors_of_other_shapes_follow_shared_parameters():
    first = bound(grad_req="null")
    larger = first.reshape(allow_up_sizing=True, data=(4, *SHAPE[1:]))
    larger.arg_dict["data"][:] = 0.5

    def change():
        first.arg_dict["conv_weight"][:] = first.arg_dict["conv_weight"] * -1

    first.forward()
    follows(larger, change)
    np.testing.assert_allclose(first.forward()[0].asnumpy(), plainly(first), 1e-4, 1e-5)


def test_compiled_function_follows_what_it_is_given():
    function, arrays = net().compile(), numbers(net())
    executor = bound(arrays)
    for factor in (1, -1, 0.5):
        arrays["conv_weight"][:] = arrays["conv_weight"] * factor
        np.testing.assert_allclose(function(**arrays)[0].asnumpy(), plainly(executor), 1e-4, 1e-5)
    arrays["fc_weight"] = mx.nd.ones(arrays["fc_weight"].shape) * 0.01
    np.testing.assert_allclose(function(**arrays)[0].asnumpy(), plainly(bound(arrays)), 1e-4, 1e-5)


# -------------------------------------------------------------------------------------------------- through Module


def module():
    made = mx.mod.Module(net(), data_names=["data"], label_names=None)
    made.bind([("data", SHAPE)], for_training=True)
    made.init_params(mx.init.Uniform(0.5))
    made.init_optimizer(optimizer="sgd", optimizer_params={"learning_rate": 0.5})
    return made


def predicted(made, data):
    made.forward(mx.io.DataBatch([data]), is_train=False)
    return made.get_outputs()[0].asnumpy()


def plainly_predicted(made, data):
    arg_params, aux_params = made.get_params()
    return plainly(bound({"data": data, **arg_params, **aux_params}))


@pytest.mark.parametrize("way", ["set_params", "init_params", "init_params_from", "update"])
def test_module_predicts_with_the_parameters_it_has_now(way):
    made, data = module(), mx.nd.array(np.random.default_rng(3).normal(0, 1, SHAPE))
    before = predicted(made, data)
    np.testing.assert_allclose(before, plainly_predicted(made, data), 1e-4, 1e-5)
    others = numbers(net(), seed=2)
    args = {name: others[name] for name in net().list_arguments() if name != "data"}
    aux = {name: others[name] for name in net().list_auxiliary_states()}
    if way == "set_params":
        made.set_params(args, aux)
    elif way == "init_params":
        made.init_params(mx.init.Uniform(1), force_init=True)
    elif way == "init_params_from":
        made.init_params(arg_params=args, aux_params=aux, force_init=True)
    else:
        made.forward(mx.io.DataBatch([data]), is_train=True)
        made.backward([mx.nd.ones((2, 5))])
        made.update()
    after = predicted(made, data)
    np.testing.assert_allclose(after, plainly_predicted(made, data), 1e-4, 1e-5)
    assert np.abs(after - before).max() > 1e-3


# --------------------------------------------------------------------------------------------------- with a Monitor


@pytest.mark.parametrize("is_train", [False, True])
def test_monitor_sees_every_node_and_the_numbers_stay(is_train):
    executor = bound()
    executor.forward(is_train=is_train)
    expected = executor.outputs[0].asnumpy()
    seen = {}
    executor.set_monitor_callback(lambda name, array: seen.__setitem__(name, array.asnumpy()))
    executor.forward(is_train=is_train)
    assert set(NODES) <= set(seen)
    np.testing.assert_allclose(executor.outputs[0].asnumpy(), expected, 1e-4, 1e-5)
    np.testing.assert_array_equal(seen["end_output"], np.maximum(seen["sum_output"], 0))
    executor.set_monitor_callback(None)
    assert ("# fc+top (" in executor.program(is_train)) == (not is_train)


def test_monitor_that_comes_and_goes_sees_parameters_as_they_are():
    executor = bound()
    seen = {}
    for factor in (1, 2, -1):
        executor.arg_dict["conv_weight"][:] = executor.arg_dict["conv_weight"] * factor
        executor.set_monitor_callback(lambda name, array: seen.__setitem__(name, array.asnumpy()))
        executor.forward()
        executor.set_monitor_callback(None)
        (out,) = executor.forward()
        np.testing.assert_allclose(out.asnumpy(), seen["top_output"], 1e-4, 1e-5)
