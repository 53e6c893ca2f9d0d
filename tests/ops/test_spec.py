"""Every operator of MXNet 1.2.1 and 1.9.1 is declared as MXNet declares it, and found where MXNet has it.

``tests/data/operators.json`` is what real MXNet says of itself, a line per name: the operator's inputs; for each
parameter its type (or choices) and its default if it has one; and the arguments, auxiliary states and outputs of a symbol
named x that is composed with the parameters in ``probe`` (and variables in0, in1 for any number of inputs).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import mxnet as mx
from mxnet.errors import ParameterError
from mxnet.ir.op import REGISTRY
from mxnet.ops import foreign

SPEC = json.loads((Path(__file__).parent.parent / "data" / "operators.json").read_text())

# Names whose operators are still to be written: to become empty.
STILL_TO_COME = frozenset[str]()

NAMES = [name for name in SPEC if name not in STILL_TO_COME]
# Those that only MXNet's own functions can make take pointers; here they say what to use instead.
DECLARED = [
    name
    for name in NAMES
    if "alias_of" not in SPEC[name]
    and not issubclass(REGISTRY[name], (foreign._FromElsewhere, foreign._WithoutValue))
]

# How each type that MXNet gives a parameter may be annotated.
KINDS = {
    "int": ("int",),
    "int (non-negative)": ("int",),
    "long": ("int",),
    "long (non-negative)": ("int",),
    "float": ("float",),
    "double": ("float",),
    "real_t": ("float",),
    "boolean": ("bool",),
    "string": ("str",),
    "Shape(tuple)": ("tuple[int, ...]", "tuple[int, ...] | None", "tuple[int | None, ...]"),
    "Shape or None": ("tuple[int, ...] | None",),
    "tuple of <float>": ("tuple[float, ...]",),
    "tuple of <double>": ("tuple[float, ...]",),
    "tuple of <long>": ("tuple[int, ...]",),
    "int or None": ("int | None",),
    "float or None": ("float | None",),
    "double or None": ("float | None",),
    "boolean or None": ("bool | None",),
    "": ("tuple[float, ...] | None",),
}

# Differences, each with its reason.
OTHER_PARAMETERS = {
    "Crop": "MXNet counts its inputs among its parameters",
    "_contrib_SparseEmbedding": "MXNet lists those of Embedding; what it takes is deterministic",
    "_contrib_backward_quadratic": "a gradient, whose parameters MXNet does not list",
    "_linalg_potrf": "MXNet does not list lower",
    "_linalg_potri": "MXNet does not list lower",
    "_linspace": "MXNet lists the parameters of arange; what it takes are num and endpoint",
}
OTHER_INPUTS = {
    "BatchNorm_v1": "MXNet does not list auxiliary states here",
    "IdentityAttachKLSparseReg": "MXNet does not list auxiliary states here",
    "Crop": "MXNet counts its inputs among its parameters",
    "_contrib_backward_hawkesll": "a gradient, whose inputs MXNet does not list",
    "_contrib_backward_index_copy": "a gradient, whose inputs MXNet does not list",
    "_contrib_backward_quadratic": "a gradient, whose inputs MXNet does not list",
    "_CrossDeviceCopy": "MXNet does not list it, but symbols have it: data",
    "_cvcopyMakeBorder": "symbols call it data",
    "_cvimdecode": "symbols call it data",
    "_cvimresize": "symbols call it data",
    "_imdecode": "symbols call it data",
}
OTHER_NAMES = {"_contrib_backward_gradientmultiplier": "it is a multiplication by a number, and called so"}
OTHER_SYMBOLS = {
    "preloaded_multi_mp_sgd_mom_update": "states are arguments here, which come before the rates",
    "preloaded_multi_mp_sgd_update": "states are arguments here, which come before the rates",
}
# MXNet composes with anything, and refuses these probes when shapes are inferred or arrays are given.
REFUSED_EARLIER = {
    *(
        "GridGenerator",
        "SpatialTransformer",
        "_image_adjust_lighting",
        "_random_randint",
        "_ravel_multi_index",
    ),
    *("_split_v2", "_unravel_index", "multi_mp_sgd_mom_update", "multi_mp_sgd_update", "multi_sgd_update"),
    *(
        "_multi_adamw_update",
        "_multi_lamb_update",
        "_multi_mp_adamw_update",
        "_multi_mp_lamb_update",
        "reverse",
    ),
}


def _places(name):
    """Return where MXNet has a function of that name, below mx.sym and mx.nd."""
    for module in ("contrib", "image", "linalg", "random", "sparse"):
        if name.startswith(f"_{module}_"):
            return [f"{module}.{name.removeprefix(f'_{module}_')}"]
    return [f"_internal.{name}"] if name.startswith("_") else [name, f"op.{name}"]


def _function(package, place):
    for part in place.split("."):
        package = getattr(package, part)
    return package


def test_only_what_is_still_to_come_is_missing():
    assert {name for name in SPEC if name not in REGISTRY} == STILL_TO_COME


def test_operators_are_found_where_mxnet_has_them():
    for name in NAMES:
        for place in _places(name):
            assert callable(_function(mx.sym, place))
            assert callable(_function(mx.nd, place))


def test_aliases_are_the_operators_they_stand_for():
    aliases = [name for name in NAMES if "alias_of" in SPEC[name]]
    assert [name for name in aliases if REGISTRY[name] is not REGISTRY[SPEC[name]["alias_of"]]] == []


def test_operators_go_by_their_names():
    assert [name for name in DECLARED if REGISTRY[name].name != name] == list(OTHER_NAMES)


def test_docstrings_begin_with_a_sentence():
    first_lines = {name: (REGISTRY[name].__doc__ or "").split("\n\n")[0] for name in DECLARED}
    assert [name for name, line in first_lines.items() if len(line) < 10 or line[-1] not in ".:`"] == []


def test_parameters_are_those_of_mxnet_in_their_order():
    for name in DECLARED:
        cls, expected = REGISTRY[name], list(SPEC[name]["params"])
        if name not in OTHER_PARAMETERS:
            assert [key for key in cls.params if key in expected or key != cls.variadic] == expected, name


PARAMETERS = [
    (name, key, *facts)
    for name in DECLARED
    if name not in OTHER_PARAMETERS
    for key, facts in SPEC[name]["params"].items()
]


def test_parameters_take_what_mxnet_takes():
    for name, key, kind, *_ in PARAMETERS:
        declared = REGISTRY[name].params[key]
        if kind in KINDS:
            assert declared.kind in KINDS[kind], (name, key)
        else:
            assert set(declared.choices) == set(kind.split("|")), (name, key)


def test_parameters_have_the_defaults_of_mxnet():
    for name, key, _, *default in PARAMETERS:
        declared = REGISTRY[name].params[key]
        if default:
            assert _rounded(declared.parse(*default, name)) == _rounded(declared.default), (name, key)


def _rounded(value):
    """Return the value as MXNet prints it, which keeps float32."""
    if isinstance(value, tuple):
        return tuple(map(_rounded, value))
    return float(f"{value:.5g}") if isinstance(value, float) else value


def test_inputs_are_those_of_mxnet_in_their_order():
    for name in DECLARED:
        cls, expected = REGISTRY[name], SPEC[name]["inputs"].split()
        if name in OTHER_INPUTS:
            continue
        if cls.variadic:
            assert expected[-1] == f"{next(iter(cls.inputs))}...", name
        else:
            assert list(cls.call_order or (*cls.inputs, *cls.aux)) == expected, name


@pytest.mark.parametrize(
    "name", [name for name in DECLARED if "composed" in SPEC[name] and name not in OTHER_SYMBOLS]
)
def test_symbol_lists_what_mxnets_lists(name):
    expected = [names.split() for names in SPEC[name]["composed"]]
    given = [mx.sym.Variable(each) for each in ("in0", "in1") if each in expected[0]]
    compose = _function(mx.sym, _places(name)[0])
    if name in REFUSED_EARLIER:
        with pytest.raises(ParameterError):
            compose(*given, name="x", **SPEC[name].get("probe", {}))
        return
    symbol = compose(*given, name="x", **SPEC[name].get("probe", {}))
    assert [symbol.list_arguments(), symbol.list_auxiliary_states(), symbol.list_outputs()] == expected
