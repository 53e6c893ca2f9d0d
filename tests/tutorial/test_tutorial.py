"""The code blocks of MXNet's Symbol tutorial, to the letter, each with the result that MXNet 1.2.1 gives."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import mxnet as mx

HERE = Path(__file__).parent
BLOCKS = sorted((HERE / "blocks").glob("*.py"))
# What plot_network drew in MXNet 1.2.1: nodes with their looks, edges with their labels.
DRAWN = json.loads((HERE / "drawings.json").read_text())


@dataclass
class Shown:
    """What a notebook shows after a cell: its last value, what it printed, and the names that are now there."""

    value: Any
    printed: str
    names: dict[str, Any]


def run_cell(source: str, names: dict[str, Any]) -> Shown:
    """Run one block as a notebook does; the value of a last expression is what is shown."""
    tree = ast.parse(source)
    last = ast.Expression(tree.body.pop().value) if isinstance(tree.body[-1], ast.Expr) else None
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(tree, "<block>", "exec"), names)
        value = eval(compile(last, "<block>", "eval"), names) if last else None
    return Shown(value, printed.getvalue(), names)


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Shown]:
    """Return a function that works through the tutorial from its beginning up to the block with a number."""
    monkeypatch.chdir(tmp_path)

    def read_up_to(number: int, gpu_device: str = "mx.cpu()") -> Shown:
        names: dict[str, Any] = {}
        with mx.name.NameManager():  # names are counted from 0, as in a new notebook
            for block in BLOCKS[:number]:
                shown = run_cell(block.read_text().replace("mx.gpu()", gpu_device), names)
        return shown

    return read_up_to


def drawn_in(dot: str) -> dict[str, Any]:
    """Return the nodes and edges of a DOT source as they are recorded in ``drawings.json``."""
    text = r'(?:"(?:[^"\\]|\\.)*"|[^\s"\[\]=]+)'
    nodes, edges = {}, []
    for tail, head, attributes in re.findall(
        rf"^\t({text})(?: -> ({text}))? \[(.*?)\]$", dot, re.MULTILINE | re.DOTALL
    ):
        look = {
            key: value.strip('"').replace("\\n", "\n")
            for key, value in re.findall(rf"(\w+)=({text})", attributes)
        }
        if head:
            edges.append([tail.strip('"'), head.strip('"'), look.get("label", "")])
        else:
            nodes[tail.strip('"')] = look
    return {"nodes": nodes, "edges": edges}


def test_block_1_names_a_sum(read):
    assert repr(read(1).value) == "(<Symbol a>, <Symbol b>, <Symbol _plus0>)"


def test_block_2_draws_basic_operators(read):
    assert drawn_in(read(2).value.source) == DRAWN["operators"]


def test_block_3_draws_a_network_with_its_shapes(read):
    assert drawn_in(read(3).value.source) == DRAWN["network"]


def test_block_4_lists_the_arguments(read):
    assert read(4).value == ["data", "fc1_weight", "fc1_bias", "fc2_weight", "fc2_bias", "out_label"]


def test_block_5_takes_a_variable_for_the_weight(read):
    assert read(5).value == ["data", "myweight", "fc1_bias"]


def test_block_6_feeds_a_sum_to_a_layer(read):
    assert read(6).value == ["data1", "data2", "fc1_weight", "fc1_bias"]


def test_block_7_composes_by_call(read):
    shown = read(7)
    assert shown.value == ["data", "fc1_weight", "fc1_bias", "fc2_weight", "fc2_bias"]
    assert shown.names["net2"].list_arguments() == ["data2", "fc2_weight", "fc2_bias"]


def test_block_8_puts_a_prefix_before_names(read):
    assert read(8).value == [
        "data",
        "layer1_fc_weight",
        "layer1_fc_bias",
        "layer2_fc_weight",
        "layer2_fc_bias",
    ]


def test_block_9_makes_layers_in_a_factory(read):
    assert drawn_in(read(9).value.source) == DRAWN["factory"]


def test_block_10_makes_an_inception_module(read):
    assert drawn_in(read(10).value.source) == DRAWN["inception"]


def test_block_11_groups_outputs(read):
    assert read(11).value == ["softmax_output", "regression_output"]


def test_block_12_infers_shapes_and_types(read):
    shown = read(12)
    assert shown.names["arg_shape"] == [(2, 3), (2, 3)]
    assert shown.names["out_shape"] == [(2, 3)]
    assert shown.value == {
        "input": {"a": np.float32, "b": np.float32},
        "output": {"_plus0_output": np.float32},
    }


TWOS = "number of outputs = 1\nthe first output = \n[[2. 2. 2.]\n [2. 2. 2.]]\n"


def test_block_13_binds_and_runs(read):
    assert read(13).printed == TWOS


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_block_14_without_a_gpu_says_so_at_allocation(read):
    with pytest.raises(mx.base.MXNetError, match=r"gpu\(0\)"):
        read(14, gpu_device="mx.gpu()")


@pytest.mark.parametrize(
    "gpu_device",
    [
        "mx.cpu()",
        pytest.param(
            "mx.gpu()",
            marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no GPU"),
        ),
    ],
)
def test_block_14_runs_on_another_device(read, gpu_device):
    value = read(14, gpu_device).value
    assert value.dtype == np.float32
    np.testing.assert_array_equal(value, np.full((3, 4), 5))


def test_block_15_evaluates_in_one_call(read):
    assert read(15).printed == TWOS


def test_block_16_prints_saves_and_loads_json(read):
    shown = read(16)
    assert shown.value is True
    assert json.loads(shown.printed) | {"attrs": None} == {
        "nodes": [
            {"op": "null", "name": "a", "inputs": []},
            {"op": "null", "name": "b", "inputs": []},
            {"op": "elemwise_add", "name": "_plus0", "inputs": [[0, 0, 0], [1, 0, 0]]},
        ],
        "arg_nodes": [0, 1],
        "node_row_ptr": [0, 1, 2, 3],
        "heads": [[2, 0, 0]],
        "attrs": None,
    }


def test_block_17_casts(read):
    assert read(17).printed == (
        f"{ {'input': [np.float32], 'output': [np.float16]} }\n{ {'input': [np.int32], 'output': [np.uint8]} }\n"
    )


def test_block_18_shares_one_array_between_variables(read):
    value = read(18).value
    assert value.dtype == np.float32
    np.testing.assert_array_equal(value, np.full((2, 3), 6))


def test_every_block_of_the_tutorial_has_its_test():
    tests = {int(found[1]) for name in globals() if (found := re.match(r"test_block_(\d+)_", name))}
    assert tests == set(range(1, len(BLOCKS) + 1))
