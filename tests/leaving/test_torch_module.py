"""A module of PyTorch computes and learns what the network it was made of does."""

import numpy as np
import pytest
import torch

import mxnet as mx
from mxnet.ir.op import REGISTRY
from mxnet.ops.backward import backward_of


def module_of(network):
    shapes = {name: array.shape for name, array in network.inputs.items()}
    return network.symbol.to_torch(network.arguments, network.states, **shapes)


def given(network):
    return {name: torch.from_numpy(array.asnumpy()) for name, array in network.inputs.items()}


def as_tuple(made):
    return made if isinstance(made, tuple) else (made,)


def test_it_predicts_what_the_network_predicts(network):
    made = as_tuple(module_of(network).eval()(**given(network)))
    for ours, original in zip(made, network.run(), strict=True):
        np.testing.assert_allclose(ours.detach().numpy(), original.asnumpy(), rtol=1e-4, atol=1e-6)


def test_its_parameters_have_their_names(network):
    assert set(module_of(network).state_dict()) == set(network.parameters)


def test_one_step_of_training_has_the_same_gradients_and_moves_the_same_statistics(network):
    module = module_of(network).train()
    made = as_tuple(module(**given(network)))
    heads = [torch.from_numpy(head.asnumpy()) for head in network.heads] or [torch.ones_like(x) for x in made]
    pairs = [(output, head) for output, head in zip(made, heads, strict=True) if output.requires_grad]
    torch.autograd.backward(*zip(*pairs, strict=True))
    gradients = {name: mx.nd.zeros(array.shape) for name, array in network.arguments.items()}
    executor = network.symbol.bind(
        mx.cpu(),
        {**network.arguments, **network.inputs},
        gradients,
        {name: "write" if name in gradients else "null" for name in network.symbol.list_arguments()},
        {name: array.copy() for name, array in network.states.items()} or None,
    )
    executor.forward(is_train=True)
    executor.backward(network.heads or None)
    for name, parameter in module.named_parameters():
        slope = np.zeros(parameter.shape) if parameter.grad is None else parameter.grad.numpy()
        np.testing.assert_allclose(slope, gradients[name].asnumpy(), rtol=1e-3, atol=1e-5, err_msg=name)
    for name, state in module.named_buffers():
        np.testing.assert_allclose(state.numpy(), executor.aux_dict[name].asnumpy(), rtol=1e-4, atol=1e-6)


@pytest.mark.filterwarnings("ignore")  # of torch's own, about its passes
@pytest.mark.slow
def test_it_survives_export(network):
    module, arguments = module_of(network).eval(), given(network)
    exported = torch.export.export(module, (), arguments, strict=False).module()
    for ours, original in zip(as_tuple(exported(**arguments)), as_tuple(module(**arguments)), strict=True):
        torch.testing.assert_close(ours, original)


def test_the_head_of_a_detector_survives_export():
    features = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(3, 3), num_filter=4, name="conv")
    anchors = mx.sym.contrib.MultiBoxPrior(features, sizes=(0.5, 0.3), name="anchors")
    scores = mx.sym.Convolution(features, kernel=(1, 1), num_filter=6, name="scores")
    scores = mx.sym.softmax(mx.sym.Reshape(mx.sym.transpose(scores, (0, 2, 3, 1)), shape=(0, -1, 3)), axis=2)
    net = mx.sym.Group([anchors, scores])
    shapes = dict(zip(net.list_arguments(), net.infer_shape(data=(1, 3, 6, 6))[0], strict=True))
    params = {name: mx.nd.random.normal(shape=shape) for name, shape in shapes.items() if name != "data"}
    module, data = net.to_torch(params, data=(1, 3, 6, 6)).eval(), torch.ones(1, 3, 6, 6)
    exported = torch.export.export(module, (data,), strict=False).module()
    torch.testing.assert_close(exported(data), module(data))


@pytest.fixture
def _few_operators(monkeypatch):
    """Forget the operators of other tests: torch looks at all that a class holds while it traces."""
    for cls in set(REGISTRY.values()):
        monkeypatch.setattr(cls, "_interned", {})
        monkeypatch.setattr(backward_of(cls), "_interned", {})


@pytest.mark.usefixtures("_few_operators")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "backend"), [("mlp", "aot_eager"), ("mobilenet", "eager")])
@pytest.mark.slow
def test_it_survives_compilation(one_network, name, backend):
    network = one_network(name)
    module, arguments = module_of(network).eval(), given(network)
    compiled = torch.compile(module, backend=backend)
    torch.testing.assert_close(compiled(**arguments), module(**arguments))


def test_its_forward_reads_like_code(one_network):
    network = one_network("lenet")
    lines = module_of(network).code.splitlines()
    assert lines[:2] == [
        "class Network(torch.nn.Module):",
        "    def forward(self, data, softmax_label=None):",
    ]
    assert any("F.conv2d(data, self." in line for line in lines)


def test_labels_may_be_left_out(one_network):
    network = one_network("lenet")
    module = module_of(network).eval()
    data = given(network)["data"]
    torch.testing.assert_close(module(data), module(**given(network)))


def test_a_gradient_that_is_blocked_stays_blocked():
    net = mx.sym.BlockGrad(mx.sym.Variable("w")) * mx.sym.Variable("v")
    module = net.to_torch({"w": mx.nd.ones((2,)), "v": mx.nd.ones((2,))})
    module().sum().backward()
    assert module.w.grad is None
    assert module.v.grad.tolist() == [1, 1]


def test_names_with_dots_are_those_of_the_state(tmp_path):
    net = mx.sym.broadcast_mul(mx.sym.Variable("data"), mx.sym.Variable("body.0.scale"))
    module = net.to_torch({"body.0.scale": mx.nd.array([3])})
    assert list(module.state_dict()) == ["body.0.scale"]
    assert module(torch.ones(1)).item() == 3


def test_whole_numbers_keep_their_arithmetic():
    net = mx.sym.Variable("x", dtype="int32") / mx.sym.Variable("y", dtype="int32")
    made = net.to_torch({})(torch.tensor([7], dtype=torch.int32), torch.tensor([2], dtype=torch.int32))
    assert made.tolist() == [3]


def test_shapes_that_are_needed_are_asked_for():
    net = mx.sym.elemwise_add(mx.sym.Variable("data"), mx.sym.zeros((0, 2)))
    with pytest.raises(mx.MXNetError, match=r"follows from those of the inputs: give them, such as data="):
        net.to_torch({})
    assert net.to_torch({}, data=(3, 2))(torch.ones(5, 2)).shape == (5, 2)
