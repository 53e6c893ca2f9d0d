"""The plain drawing: a layout that can be read, as a document that any viewer shows."""

from itertools import pairwise
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from mxnet.drawing.layout import _spread, arrange
from mxnet.drawing.svg import draw_svg

SVG = "{http://www.w3.org/2000/svg}"


def ranks(nodes, edges):
    return {node: rank for node, (_, rank) in arrange(nodes, edges, 90, 20).boxes.items()}


def test_a_box_stands_below_all_that_use_it():
    edges = [("out", "left"), ("out", "right"), ("left", "in"), ("right", "deep"), ("deep", "in")]
    assert ranks(["in", "deep", "left", "right", "out"], edges) == {
        "out": 0,
        "left": 1,
        "right": 1,
        "deep": 2,
        "in": 3,
    }


def test_a_chain_hangs_straight():
    boxes = arrange(["c", "b", "a"], [("c", "b"), ("b", "a")], 90, 20).boxes
    assert len({x for x, _ in boxes.values()}) == 1


def test_a_long_edge_passes_beside_the_boxes_between():
    layout = arrange(["out", "mid", "in"], [("out", "mid"), ("mid", "in"), ("out", "in")], 90, 20)
    ((x, rank),) = layout.paths[2]
    assert rank == 1
    assert abs(x - layout.boxes["mid"][0]) >= 45 + 20


def test_two_branches_do_not_cross():
    nodes = ["out", "b2", "a2", "a1", "b1", "in"]
    edges = [("out", "a1"), ("out", "b1"), ("a1", "a2"), ("b1", "b2"), ("a2", "in"), ("b2", "in")]
    x = {node: place for node, (place, _) in arrange(nodes, edges, 90, 20).boxes.items()}
    assert (x["a1"] < x["b1"]) == (x["a2"] < x["b2"])


def test_cycles_are_drawn_all_the_same():
    assert sorted(ranks(["a", "b", "c"], [("a", "b"), ("b", "c"), ("c", "a"), ("a", "a")]).values()) == [
        0,
        1,
        2,
    ]


def test_a_deep_graph_is_no_recursion():
    nodes = [str(i) for i in range(5000)]
    assert max(ranks(nodes, list(pairwise(nodes))).values()) == 4999


def test_very_long_edges_are_drawn_straight_through():
    nodes = [str(i) for i in range(200)]
    layout = arrange(nodes, [*pairwise(nodes), ("0", "199")], 90, 20)
    assert layout.paths[-1] == []


def test_nothing_is_a_picture_too():
    ET.fromstring(draw_svg("empty", {}, []).encode())


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=40))
def test_boxes_of_a_rank_never_overlap(pairs):
    nodes = [str(i) for i in range(13)]
    layout = arrange(nodes, [(str(a), str(b)) for a, b in pairs], 90, 20)
    for rank in range(13):
        xs = sorted(x for x, at in layout.boxes.values() if at == rank)
        assert all(right - left >= 90 + 20 - 1e-6 for left, right in pairwise(xs))


@given(st.lists(st.floats(-1e3, 1e3), max_size=8), st.integers(0, 10))
def test_items_in_a_row_keep_their_order_and_distance(wishes, gap):
    places = _spread(wishes, [10.0] * len(wishes), gap)
    assert all(right - left >= 10 + gap - 1e-6 for left, right in pairwise(places))


def test_items_that_fit_stay_where_they_wish_to_be():
    assert _spread([0.0, 50.0, 100.0], [10.0] * 3, 5.0) == [0.0, 50.0, 100.0]


def test_text_is_escaped():
    drawn = draw_svg("<&>", {'<a&"b>': {"label": '<a&"b>'}}, [])
    root = ET.fromstring(drawn.encode())
    assert [each.text for each in root.iter(f"{SVG}text")] == ['<a&"b>']
    assert root.find(f"{SVG}title").text == "<&>"


def test_a_long_name_gets_smaller_in_a_box_of_fixed_size_and_widens_another():
    def first(drawn, tag):
        return next(ET.fromstring(drawn.encode()).iter(SVG + tag))

    fixed = draw_svg(
        "p", {"n" * 60: {"label": "n" * 60, "width": "1.3", "fixedsize": "true", "shape": "box"}}, []
    )
    assert float(first(fixed, "rect").get("width")) == 93.6
    assert float(first(fixed, "text").get("font-size")) < 5
    free = draw_svg("p", {"n" * 60: {"label": "n" * 60, "width": "1.3", "shape": "box"}}, [])
    assert float(first(free, "rect").get("width")) > 400
