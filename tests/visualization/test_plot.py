"""``plot_network``: what is drawn, and how it becomes a picture with and without the program dot."""

import logging
import os
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import graphviz
import pytest

import mxnet as mx
from mxnet.errors import NameLookupError

SVG = "{http://www.w3.org/2000/svg}"
# What dot is to us: a program that turns its standard input, or with -O a file, into a picture.
FAKE_DOT = """#!{python}
import sys
if "-O" in sys.argv:
    open(sys.argv[-1] + ".pdf", "w").write("drawn by dot")
else:
    sys.stdout.write("<svg>drawn by dot</svg>")
"""


@pytest.fixture
def net():
    x = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(3, 3), stride=(2, 2), num_filter=4, name="conv")
    x = mx.sym.Activation(x, act_type="relu", name="relu")
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(x, num_hidden=10, name="fc"), name="softmax")


@pytest.fixture
def without_dot(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def with_dot(monkeypatch, tmp_path):
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "dot"
    program.write_text(FAKE_DOT.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.chdir(tmp_path)


def texts(svg):
    return [each.text for each in ET.fromstring(svg).iter(f"{SVG}text")]


# ---------------------------------------------------------------------------------------------- what is drawn


def test_the_result_is_a_digraph_of_that_name_and_format(net):
    picture = mx.viz.plot_network(net, title="lenet", save_format="svg")
    assert isinstance(picture, graphviz.Digraph)
    assert (picture.name, picture.format) == ("lenet", "svg")


def test_layers_are_labelled_and_weights_hidden(net):
    source = mx.viz.plot_network(net).source
    assert 'conv [label="Convolution\n3x3/2x2, 4" fillcolor="#fb8072"' in source
    assert 'relu [label="Activation\nrelu" fillcolor="#ffffb3"' in source
    assert 'data [label=data fillcolor="#8dd3c7" fixedsize=true height=0.8034 shape=oval' in source
    assert "weight" not in source


def test_edges_show_shapes_and_dtypes_without_the_batch(net):
    picture = mx.viz.plot_network(net, shape={"data": (8, 3, 9, 9)}, dtype={"data": "float16"})
    assert 'conv -> data [label="3x9x9(float16)" arrowtail=open dir=back]' in picture.source
    assert 'relu -> conv [label="4x4x4(float16)" arrowtail=open dir=back]' in picture.source


def test_weights_are_drawn_on_demand(net):
    source = mx.viz.plot_network(net, shape={"data": (8, 3, 9, 9)}, hide_weights=False).source
    assert 'conv -> conv_weight [label="3x3x3"' in source


def test_node_attributes_change_the_look_of_operators(net):
    source = mx.viz.plot_network(net, node_attrs={"shape": "oval", "fixedsize": "false"}).source
    assert (
        'fc [label="FullyConnected\n10" fillcolor="#fb8072" fixedsize=false height=0.8034 shape=oval'
        in source
    )


def test_pooling_without_a_type_is_max_pooling():
    assert "max, 2x2/1" in mx.viz.plot_network(mx.sym.Pooling(mx.sym.Variable("x"), kernel=(2, 2))).source


def test_nodes_of_one_name_stay_apart():
    twice = mx.sym.elemwise_add(mx.sym.Variable("x"), mx.sym.Variable("x"), name="sum")
    source = mx.viz.plot_network(twice).source
    assert "sum -> x [" in source
    assert 'sum -> "x#2" [' in source


def test_a_colon_in_a_name_is_no_port():
    source = mx.viz.plot_network(mx.sym.exp(mx.sym.Variable("a:b"), name="e")).source
    assert 'label="a:b"' in source
    assert 'e -> "a/b" [' in source


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"symbol": 3}, TypeError, "symbol must be a Symbol, not 3, of type int"),
        ({"shape": (1, 2)}, TypeError, "shape must be a dictionary"),
        ({"dtype": "float32"}, TypeError, "dtype must be a dictionary"),
        ({"node_attrs": 3}, TypeError, "node_attrs must be a dictionary"),
        ({"shape": {"nope": (1, 2)}}, NameLookupError, "'nope'"),
        ({"shape": {}}, ValueError, "Input shape is incomplete: with nothing given, the shapes of data"),
    ],
)
def test_wrong_arguments_are_refused(net, arguments, error, words):
    with pytest.raises(error, match=words):
        mx.viz.plot_network(**{"symbol": net, **arguments})


# ------------------------------------------------------------------------------------------------ without dot


@pytest.mark.usefixtures("without_dot")
def test_without_dot_jupyter_shows_a_plain_svg(net):
    bundle = mx.viz.plot_network(net, shape={"data": (8, 3, 9, 9)})._repr_mimebundle_()
    assert list(bundle) == ["image/svg+xml"]
    shown = texts(bundle["image/svg+xml"])
    assert {"data", "Convolution", "3x3/2x2, 4", "FullyConnected", "softmax_label", "4x4x4"} <= set(shown)


@pytest.mark.usefixtures("without_dot")
def test_without_dot_render_writes_a_plain_svg_and_says_so(net, caplog):
    with caplog.at_level(logging.WARNING):
        written = mx.viz.plot_network(net).render("lenet")
    assert written == "lenet.svg"
    assert "softmax" in texts(Path(written).read_text())
    assert "digraph plot" in Path("lenet").read_text()
    assert "dot of Graphviz is not installed" in caplog.text


@pytest.mark.usefixtures("without_dot")
def test_without_dot_render_honours_folder_cleanup_and_outfile(net):
    picture = mx.viz.plot_network(net, title="p")
    assert picture.render(directory="out", cleanup=True) == os.path.join("out", "p.gv.svg")
    assert os.listdir("out") == ["p.gv.svg"]
    assert picture.render(outfile="picture.pdf") == "picture.svg"


@pytest.mark.usefixtures("without_dot")
def test_without_dot_other_formats_are_refused_as_graphviz_does(net):
    with pytest.raises(graphviz.ExecutableNotFound):
        mx.viz.plot_network(net).pipe("png")


@pytest.mark.usefixtures("without_dot")
def test_what_a_user_adds_is_drawn_too(net):
    picture = mx.viz.plot_network(net).copy()
    picture.node("note", label="mine\\nalone")
    picture.edge("note", "unseen")
    assert {"mine", "alone", "unseen"} <= set(texts(picture.pipe("svg")))


# --------------------------------------------------------------------------------------------------- with dot


@pytest.mark.usefixtures("with_dot")
def test_with_dot_it_draws(net):
    picture = mx.viz.plot_network(net)
    assert picture.pipe("svg") == b"<svg>drawn by dot</svg>"
    assert picture._repr_mimebundle_() == {"image/svg+xml": "<svg>drawn by dot</svg>"}
    written = picture.render("lenet")
    assert written == "lenet.pdf"
    assert Path(written).read_text() == "drawn by dot"
