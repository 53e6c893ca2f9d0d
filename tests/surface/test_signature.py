"""How the arguments of a call are told apart, and what ``help`` shows."""

from __future__ import annotations

import inspect

import pytest

import mxnet as mx
from mxnet.errors import CompositionError, ParameterError
from mxnet.ir.op import find_operator
from mxnet.surface.signature import document, parameters_of, split_arguments


class Thing:
    """Stands for an array or a symbol."""


def split(name, *args, **kwargs):
    return split_arguments(find_operator(name), args, kwargs, lambda value: isinstance(value, Thing))


x, w, b = Thing(), Thing(), Thing()


def test_positional_arguments_fill_inputs_and_then_parameters():
    arguments = split("FullyConnected", x, w, b, 10)
    assert arguments.named == {"data": x, "weight": w, "bias": b}
    assert arguments.parameters == {"num_hidden": "10"}


def test_auxiliary_states_come_after_the_inputs():
    arguments = split("BatchNorm", x, w, b, x, w, 0.5)
    assert arguments.named["moving_var"] is w
    assert arguments.parameters == {"eps": "0.5"}


def test_none_stands_for_an_input_that_is_not_given():
    assert split("FullyConnected", x, None, b, num_hidden=2).named == {"data": x, "bias": b}


def test_none_is_kept_for_a_parameter_that_may_be_none():
    assert split("sum", x, None).parameters == {"axis": "None"}


def test_none_is_dropped_for_any_other_parameter():
    assert split("FullyConnected", x, num_hidden=2, no_bias=None).parameters == {"num_hidden": "2"}


def test_variable_number_of_inputs_is_counted():
    arguments = split("Concat", x, w, dim=0)
    assert arguments.positional == (x, w)
    assert arguments.parameters == {"dim": "0", "num_args": "2"}


def test_one_list_stands_for_its_items():
    assert split("stack", [x, w, b], axis=1).positional == (x, w, b)


def test_inputs_of_a_variadic_operator_may_have_names():
    arguments = split("Concat", arg0=x, arg1=w)
    assert arguments.named == {"arg0": x, "arg1": w}
    assert arguments.parameters["num_args"] == "2"


def test_notes_without_underscores_get_them():
    assert split("Flatten", x, lr_mult=2, __mine__="a").parameters == {"__lr_mult__": "2", "__mine__": "a"}


def test_operators_without_parameters_do_not_look_at_what_they_are_given():
    assert split("relu", x, anything=1).parameters == {"anything": "1"}


@pytest.mark.parametrize(
    ("name", "args", "kwargs", "error", "text"),
    [
        ("FullyConnected", (x,), {"num_hiden": 3}, ParameterError, "Did you mean 'num_hidden'?"),
        ("FullyConnected", (x,), {"wieght": w}, ParameterError, "Did you mean 'weight'?"),
        ("FullyConnected", (x,), {"data": x}, CompositionError, "was given 'data' twice"),
        (
            "FullyConnected",
            (x, w, b, x),
            {},
            CompositionError,
            "takes 'num_hidden' as a parameter (int), not as an input",
        ),
        ("FullyConnected", tuple(range(9)), {}, CompositionError, "at most 6 positional arguments"),
        (
            "sum",
            (3,),
            {},
            CompositionError,
            "Input 'data' of sum must be an array or a symbol like the others, not int 3.",
        ),
        ("Concat", (x, w, 0), {}, CompositionError, "Its parameters (num_args, dim) go by keyword."),
        ("Concat", (x,), {"arg1": w}, CompositionError, "either by position or by keyword, not both"),
    ],
)
def test_wrong_calls_are_explained(name, args, kwargs, error, text):
    with pytest.raises(error) as caught:
        split(name, *args, **kwargs)
    assert text in str(caught.value)


def test_signature_lists_inputs_parameters_and_what_the_function_adds():
    signature = parameters_of(find_operator("FullyConnected"), ["name"])
    assert str(signature) == (
        "(data=None, weight=None, bias=None, num_hidden=<required>, no_bias=False, flatten=True, name=None, **kwargs)"
    )


def test_signature_of_a_variadic_operator_takes_any_number_of_inputs():
    first, *rest = parameters_of(find_operator("Concat")).parameters.values()
    assert first.kind is inspect.Parameter.VAR_POSITIONAL
    assert [p.name for p in rest] == ["dim", "kwargs"]


def test_help_is_made_from_the_declaration():
    text = document(find_operator("Dropout"), "NDArray", {"out": ("NDArray", "Where the result goes.")})
    assert text.startswith(inspect.getdoc(find_operator("Dropout")).splitlines()[0])
    assert "mode : one of 'always', 'training', default 'training'" in text
    assert "out : NDArray\n    Where the result goes." in text


@pytest.mark.parametrize("module", [mx.nd, mx.sym], ids=["nd", "sym"])
def test_every_operator_function_has_a_signature_and_help(module):
    assert len(module.op.__all__) > 250
    for name in module.op.__all__:
        function = getattr(module.op, name)
        assert inspect.signature(function).parameters, name
        assert "Parameters\n----------" in inspect.getdoc(function), name
        assert function.__name__ == name
