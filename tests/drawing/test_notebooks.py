"""Symbols, executors and memory plans show themselves in notebooks: without other programs, and never at length."""

from xml.etree import ElementTree as ET

import pytest

import mxnet as mx
from mxnet.drawing.grouping import Group, grouped, opened

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</svg><script>&\"'"


def chain(length, name="relu{}"):
    x = mx.sym.Variable("data")
    for i in range(length):
        x = mx.sym.Activation(x, act_type="relu", name=name.format(i))
    return x


@pytest.fixture(autouse=True)
def without_programs(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))


def texts(svg):
    return [each.text for each in ET.fromstring(svg).iter(f"{SVG}text")]


def test_symbol_shows_its_operators_and_inputs_but_no_weights():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3, name="fc")
    assert sorted(texts(net._repr_svg_())) == ["FullyConnected 3", "data", "fc"]


def test_picture_of_a_huge_graph_stays_small():
    svg = chain(3000)._repr_svg_()
    assert len(svg) < 60_000
    assert "data … relu38" in texts(svg)


@pytest.mark.parametrize("length", [2, 900])
def test_memory_plan_shows_a_timeline_of_bounded_size(length):
    executor = chain(length).simple_bind(mx.cpu(), data=(2, 3))
    svg = executor.memory_plan()._repr_svg_()
    bars = list(ET.fromstring(svg).iter(f"{SVG}rect"))
    assert min(2 * length, 300) <= len(bars) <= 360
    assert texts(svg)[0].startswith("Peak ")


def test_executor_shows_its_arrays_and_its_graph():
    html = chain(2).simple_bind(mx.cpu(), data=(2, 3))._repr_html_()
    assert "<td>data</td><td>(2, 3)</td><td>float32</td><td>write</td>" in html
    assert "relu1" in html


def test_executor_of_many_arrays_shows_the_first_and_how_many_more():
    net = mx.sym.add_n(*[mx.sym.Variable(f"x{i}") for i in range(100)])
    html = net.simple_bind(mx.cpu(), **{f"x{i}": (1,) for i in range(100)})._repr_html_()
    assert "and 70 more" in html
    assert "<td>x29</td>" in html
    assert "<td>x30</td>" not in html


def test_names_are_escaped():
    executor = chain(1, HOSTILE).simple_bind(mx.cpu(), data=(2,))
    ET.fromstring(executor._symbol._repr_svg_())
    ET.fromstring(executor.memory_plan()._repr_svg_())
    assert HOSTILE not in executor._repr_html_()


def test_groups_are_runs_of_the_graph_so_that_they_form_no_circle():
    names = ["a_1", "a_2", "b", "c", "d", "a_3", "a_4"]
    root = grouped(names)
    assert [each.label if isinstance(each, Group) else names[each] for each in root.members] == [
        *("a", "b", "c", "d", "a")
    ]
    assert list(root.nodes()) == list(range(len(names)))


def test_no_group_has_more_members_than_can_be_seen():
    def widest(group):
        return max(
            len(group.members), *[widest(each) for each in group.members if isinstance(each, Group)], 0
        )

    root = grouped([f"n{i}" for i in range(5000)])
    assert widest(root) <= 40
    assert list(root.nodes()) == list(range(5000))


def test_largest_groups_are_opened_first():
    root = grouped(["a_1", "a_2", "b_1", "b_2", "b_3"])
    assert [isinstance(each, Group) for each in opened(root, 4)] == [True, False, False, False]


def test_hostile_names_are_grouped_without_recursion():
    deep = "_".join("a" * 5000)
    assert sorted(grouped([deep, deep + "b", deep + "c", "", "_", "__"]).nodes()) == list(range(6))
