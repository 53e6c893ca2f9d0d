"""group2ctx: where nodes, variables and gradients are, and where values cross from one device to another."""

import re

import pytest
import torch

import mxnet as mx
from mxnet.passes import copy_between_devices


@pytest.fixture
def two_layers():
    with mx.AttrScope(ctx_group="first"):
        net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3, name="one")
    with mx.AttrScope(ctx_group="second"):
        return mx.sym.FullyConnected(net, num_hidden=2, name="two")


GROUPS = {"first": mx.cpu(1), "second": mx.cpu(2)}


def test_gradient_of_a_node_runs_where_the_node_does(two_layers):
    executor = two_layers.simple_bind(mx.cpu(), group2ctx=GROUPS, data=(4, 5))
    plan = executor._program(is_train=True, with_gradient=True).plan
    places = {value.entry.node.name: value.type.place for value in plan.values}
    assert places["one_backward"] == places["one"] == mx.cpu(1)
    assert places["two_backward"] == places["two"] == places["head_grad_0"] == mx.cpu(2)


def test_variable_without_a_group_lives_with_its_first_reader():
    x = mx.sym.Variable("x")
    with mx.AttrScope(ctx_group="second"):
        net = mx.sym.exp(x)
    executor = net.simple_bind(mx.cpu(), group2ctx=GROUPS, x=(2,))
    assert executor.arg_dict["x"].context == mx.cpu(2)
    assert executor._programs.context_of(net.graph.arguments[0]) == mx.cpu(2)


def test_values_are_copied_where_devices_change_and_nowhere_else(two_layers, monkeypatch):
    executor = two_layers.simple_bind(mx.cpu(), group2ctx=GROUPS, data=(4, 5))
    # Two CPU contexts are one device; here the second stands for another one.
    monkeypatch.setattr(
        copy_between_devices, "torch_device", lambda c: torch.device("meta" if c == mx.cpu(2) else "cpu")
    )
    source = executor.program(is_train=True)
    assert re.findall(r"CrossDeviceCopy\((\w+)\)", source) == ["one", "two_backward_data_grad"]
