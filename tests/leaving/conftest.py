"""The recorded networks with their parameters, and a way to run them."""

from pathlib import Path
from typing import Any, NamedTuple

import pytest

import mxnet as mx

GOLDEN = Path(__file__).parents[1] / "golden"
NETS = GOLDEN / "api" / "files" / "nets"
NAMES = sorted(path.name.removesuffix("-symbol.json") for path in NETS.glob("*-symbol.json"))


class Network(NamedTuple):
    name: str
    symbol: Any
    arguments: dict
    states: dict
    inputs: dict
    heads: list

    @property
    def parameters(self):
        return {**self.arguments, **self.states}

    def run(self, symbol=None, parameters=None):
        symbol = self.symbol if symbol is None else symbol
        every = {**(parameters or self.parameters), **self.inputs}
        states = {name: every[name] for name in symbol.list_auxiliary_states()}
        arguments = {name: every[name] for name in symbol.list_arguments()}
        return symbol.bind(mx.cpu(), arguments, grad_req="null", aux_states=states or None).forward()


def load(name):
    saved = mx.nd.load(NETS / f"{name}-0000.params")
    given = mx.nd.load(NETS / f"{name}-inputs.params")
    return Network(
        name,
        mx.sym.load(NETS / f"{name}-symbol.json"),
        {key[4:]: array for key, array in saved.items() if key.startswith("arg:")},
        {key[4:]: array for key, array in saved.items() if key.startswith("aux:")},
        {key: array for key, array in given.items() if not key.startswith("head:")},
        [given[key] for key in sorted(given) if key.startswith("head:")],
    )


@pytest.fixture(params=NAMES)
def network(request):
    return load(request.param)


@pytest.fixture
def one_network():
    return load
