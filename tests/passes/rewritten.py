"""Running one net with and without a pass, and small pieces of networks for that."""

import numpy as np

import mxnet as mx
from mxnet.analysis.specialise import specialise
from mxnet.passes.rewrite import verify
from mxnet.plan import lower

PLAIN = ()


def typed(net, **shapes):
    """Return the graph of a symbol with types, from the shapes of some of its variables."""
    arguments, _, aux = net.infer_shape(**shapes)
    names = net.list_arguments() + net.list_auxiliary_states()
    known = dict(zip(names, [*arguments, *aux], strict=True))
    variables = {node: known[node.name] for node in net.graph.arguments + net.graph.aux}
    dtypes = dict.fromkeys(variables, "float32")
    return specialise(net.graph, variables, dtypes, lambda node: mx.cpu())[0]


def text(graph):
    """Check a graph and return it as lines."""
    verify(graph)
    return str(graph).splitlines()


def operators(graph):
    """Check a graph and return its nodes by name with the name of their operator."""
    verify(graph)
    return {node.name: node.op.name for node in graph.operators}


def bind(net, monkeypatch, pipeline, grad_req="null", seed=0, **shapes):
    """Bind a net to random numbers; its programs will be made by that pipeline in both modes."""
    executor = net.simple_bind(mx.cpu(), grad_req=grad_req, **shapes)
    draw = np.random.default_rng(seed)
    for name, array in {**executor.arg_dict, **executor.aux_dict}.items():
        positive = name.endswith(("gamma", "var"))
        array[:] = draw.uniform(0.5, 1.5, array.shape) if positive else draw.normal(0, 0.5, array.shape)
    with monkeypatch.context() as patch:
        patch.setattr(lower, "INFERENCE", pipeline)
        patch.setattr(lower, "TRAINING", pipeline)
        executor.forward(is_train=False)  # programs are made when they are first needed
        if grad_req != "null":
            executor.forward(is_train=True)
    return executor


def same(one, other, rtol=1e-4):
    """Check that two runs agree, to float32."""
    for left, right in zip(one, other, strict=True):
        expected = left.asnumpy()
        np.testing.assert_allclose(right.asnumpy(), expected, rtol, atol=rtol * np.abs(expected).max())


def agree(net, monkeypatch, *pipeline, **shapes):
    """Check that a net means the same with these passes, also after its parameters have moved; return it bound."""
    plain, optimised = (bind(net, monkeypatch, each, **shapes) for each in (PLAIN, pipeline))
    same(plain.forward(), optimised.forward())
    for executor in (plain, optimised):
        for name, array in {**executor.arg_dict, **executor.aux_dict}.items():
            if name not in shapes:
                array[:] = array * 1.25
    same(plain.forward(), optimised.forward())
    return optimised
