"""Symbol JSON: dialects from 0.5 to 2.0-dev, the text that is written, and what is refused."""

import json
from pathlib import Path

import pytest

import mxnet as mx
from mxnet.errors import FileFormatError, MXNetError, ParameterError, UnknownOperatorError
from mxnet.ir.json import read_graph, write_graph
from mxnet.ir.unknown import UnknownOp

FILES = Path(__file__).parents[1] / "golden" / "api" / "files"


def node(op, name, *inputs, **fields):
    return {"op": op, "name": name, "inputs": [list(each) for each in inputs], **fields}


def text_of(nodes, heads, version=None, **fields):
    variables = [i for i, each in enumerate(nodes) if each.get("op") == "null"]
    graph = {"nodes": nodes, "arg_nodes": variables, "heads": heads, **fields}
    if version is not None:
        graph["attrs"] = {"mxnet_version": ["int", version]}
    return json.dumps(graph)


def load(nodes, heads, version=None, **fields):
    return mx.sym.load_json(text_of(nodes, heads, version, **fields))


def nodes_of(symbol):
    return {each["name"]: each for each in json.loads(symbol.tojson())["nodes"]}


def refusal(text, source="net.json"):
    with pytest.raises(FileFormatError) as caught:
        read_graph(text, source)
    return str(caught.value)


BATCH_NORM_INPUTS = [node("null", name) for name in ("data", "bn_gamma", "bn_beta")]
DENSE_INPUTS = [node("null", name) for name in ("data", "fc_weight", "fc_bias")]
THREE = ([0, 0], [1, 0], [2, 0])


# ------------------------------------------------------------------------------------------------------- text


@pytest.mark.parametrize("name", ["mlp", "convbn", "attrs", "scalars", "slice", "reshape"])
def test_a_file_of_mxnet_1_9_1_is_written_as_it_was(name):
    text = (FILES / f"sym-{name}.v191.json").read_text()
    assert write_graph(read_graph(text)) == text


@pytest.mark.parametrize("name", ["mlp", "convbn", "attrs", "scalars", "slice", "reshape"])
def test_files_of_1_2_1_and_1_9_1_mean_the_same(name):
    old, new = ((FILES / f"sym-{name}.{version}.json").read_text() for version in ("v121", "v191"))
    assert write_graph(read_graph(old)) == write_graph(read_graph(new))


def test_lists_of_more_than_ten_get_a_line_per_item():
    symbols = [mx.sym.Variable(f"v{i}") for i in range(11)]
    assert '"arg_nodes": [\n    0, \n    1, \n' in mx.sym.Group(symbols).tojson()
    assert '"arg_nodes": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], \n' in mx.sym.Group(symbols[:10]).tojson()


def test_a_single_attribute_stays_on_its_line():
    assert '"attrs": {"__lr_mult__": "2"}, \n' in mx.sym.Variable("x", lr_mult=2).tojson()
    assert '"attrs": {\n        "__lr_mult__": "2", \n' in mx.sym.Variable("x", lr_mult=2, wd_mult=3).tojson()


def test_special_characters_are_escaped_as_mxnet_can_read_them():
    name = 'a"b\\c\n\t\r\x01é'
    text = mx.sym.Variable(name).tojson()
    assert '"name": "a\\"b\\\\c\\n\\t\\r\x01é"' in text
    assert mx.sym.load_json(text).name == name


def test_hidden_outputs_count_in_node_row_ptr():
    bn = mx.sym.BatchNorm(mx.sym.Variable("x"), name="bn")
    assert json.loads(bn.tojson())["node_row_ptr"] == [0, 1, 2, 3, 4, 5, 8]


def test_versions_count_how_often_an_auxiliary_state_was_written():
    mean = mx.sym.Variable("mean")
    first = mx.sym.BatchNorm(mx.sym.Variable("x"), moving_mean=mean, name="first")
    second = mx.sym.BatchNorm(mx.sym.broadcast_add(first, mean, name="sum"), moving_mean=mean, name="second")
    nodes = nodes_of(second)
    versions = [nodes[name]["inputs"][slot][2] for name, slot in (("first", 3), ("sum", 1), ("second", 3))]
    assert versions == [1, 1, 2]


def test_versions_of_a_file_are_kept():
    nodes = [*BATCH_NORM_INPUTS, node("null", "mean"), node("null", "var")]
    nodes.append(node("BatchNorm", "bn", *([i, 0, 0] for i in range(3)), [3, 0, 7], [4, 0, 4]))
    inputs = nodes_of(load(nodes, [[5, 0, 0]], 10901))["bn"]["inputs"]
    assert inputs[3:] == [[3, 0, 7], [4, 0, 4]]


# --------------------------------------------------------------------------------------------------- dialects


@pytest.mark.parametrize("key", ["param", "attr", "attrs"])
def test_attributes_have_had_three_names(key):
    symbol = load(
        [*DENSE_INPUTS, node("FullyConnected", "fc", *THREE, **{key: {"num_hidden": "2"}})], [[3, 0]]
    )
    assert symbol.attr_dict()["fc"] == {"num_hidden": "2"}


def test_param_and_attr_of_one_node_are_united_and_the_later_name_wins():
    fields = {"param": {"num_hidden": "2", "no_bias": "False"}, "attr": {"num_hidden": "3", "__note__": "x"}}
    symbol = load([*DENSE_INPUTS, node("FullyConnected", "fc", *THREE, **fields)], [[3, 0]])
    assert symbol.attr_dict()["fc"] == {"num_hidden": "3", "no_bias": "False", "__note__": "x"}


@pytest.mark.parametrize("version", [None, 800, 899])
def test_before_0_9_auxiliary_states_are_added_with_their_initial_values(version):
    nodes = [*BATCH_NORM_INPUTS, node("BatchNorm", "bn", *THREE, param={"eps": "0.01"})]
    symbol = load(nodes, [[3, 0]], version)
    assert symbol.list_auxiliary_states() == ["bn_moving_mean", "bn_moving_var"]
    attrs = symbol.attr_dict()
    assert attrs["bn_moving_mean"] == {"eps": "0.01", "__init__": '["zero", {}]'}
    assert attrs["bn_moving_var"] == {"eps": "0.01", "__init__": '["one", {}]'}
    assert nodes_of(symbol)["bn"]["inputs"][3:] == [[3, 0, 0], [4, 0, 0]]


def test_before_0_9_any_missing_input_is_added():
    symbol = load([node("null", "data"), node("SoftmaxOutput", "softmax", [0, 0])], [[1, 0]])
    assert symbol.list_arguments() == ["data", "softmax_label"]


def test_from_0_9_on_a_missing_input_is_refused():
    text = text_of(
        [*DENSE_INPUTS, node("FullyConnected", "fc", *THREE[:2], attrs={"num_hidden": "2"})], [[3, 0]], 900
    )
    assert refusal(text) == (
        "net.json, node 3 ('fc'): FullyConnected has 3 inputs (data, weight, bias), but 2 are given."
    )


@pytest.mark.parametrize("note", ["ctx_group", "force_mirroring", "lr_mult", "mirror_stage", "wd_mult"])
@pytest.mark.parametrize("version", [None, 904, 10200])
def test_notes_of_old_files_get_underscores_and_answer_to_both_spellings(note, version):
    symbol = load([node("null", "x", attr={note: "7"})], [[0, 0]], version)
    assert nodes_of(symbol)["x"]["attrs"] == {f"__{note}__": "7"}
    assert symbol.attr(note) == symbol.attr(f"__{note}__") == "7"


def test_notes_of_files_of_today_stay_as_they_are():
    symbol = load([node("null", "x", attrs={"lr_mult": "7"})], [[0, 0]], 10901)
    assert symbol.attr_dict() == {"x": {"lr_mult": "7"}}


def test_a_note_for_an_input_moves_to_its_variable():
    attr = {"num_hidden": "2", "weight_lr_mult": "3", "bias_wd_mult": "0"}
    symbol = load([*DENSE_INPUTS, node("FullyConnected", "fc", *THREE, attr=attr)], [[3, 0]], 900)
    attrs = symbol.attr_dict()
    assert attrs["fc_weight"]["__lr_mult__"] == "3"
    assert attrs["fc_bias"]["__wd_mult__"] == "0"
    assert attrs["fc"] == {"num_hidden": "2"}


def test_a_note_for_an_input_that_does_not_exist_is_refused_as_the_unknown_parameter_it_is():
    attr = {"num_hidden": "2", "label_lr_mult": "3"}
    nodes = [*DENSE_INPUTS, node("FullyConnected", "fc", *THREE, attr=attr)]
    with pytest.raises(ParameterError, match=r"<string>, node 3 \('fc'\): .*'label_lr_mult'"):
        load(nodes, [[3, 0]])


@pytest.mark.parametrize(("version", "axis"), [(None, None), (904, None), (905, "-1"), (10901, "-1")])
def test_the_axis_minus_one_of_argmax_once_meant_all_axes(version, axis):
    symbol = load([node("null", "x"), node("argmax", "a", [0, 0], attr={"axis": "-1"})], [[1, 0]], version)
    assert symbol.attr_dict().get("a", {}).get("axis") == axis


def test_hints_about_speed_are_kept_and_ignored_whatever_the_operator():
    attrs = {"num_hidden": "2", "workspace": "512", "cudnn_tune": "off", "cudnn_off": "0"}
    symbol = load([*DENSE_INPUTS, node("FullyConnected", "fc", *THREE, attrs=attrs)], [[3, 0]], 10901)
    assert symbol.attr_dict()["fc"] == attrs


def test_a_file_of_2_0_is_read():
    symbol = load(
        [*DENSE_INPUTS, node("FullyConnected", "fc", *THREE, attrs={"num_hidden": "2"})], [[3, 0]], 20000
    )
    assert symbol.list_arguments() == ["data", "fc_weight", "fc_bias"]


def test_old_names_of_operators_become_the_present_ones():
    nodes = [
        node("null", "a"),
        node("null", "b"),
        node("_Plus", "c", [0, 0], [1, 0]),
        node("_mul", "d", [2, 0], [1, 0]),
    ]
    written = nodes_of(load(nodes, [[3, 0]]))
    assert (written["c"]["op"], written["d"]["op"]) == ("elemwise_add", "elemwise_mul")


def test_names_may_repeat():
    nodes = [node("null", "x"), node("null", "x"), node("elemwise_add", "x", [0, 0], [1, 0])]
    assert load(nodes, [[2, 0]]).list_arguments() == ["x", "x"]


def test_nodes_may_come_before_their_inputs():
    nodes = [node("exp", "b", [1, 0]), node("log", "a", [2, 0]), node("null", "x")]
    assert load(nodes, [[0, 0]], 10901).get_internals().list_outputs() == ["x", "a_output", "b_output"]


def test_nodes_that_no_output_needs_are_left_out():
    nodes = [node("null", "x"), node("exp", "e", [0, 0])]
    assert load(nodes, [[0, 0]], 10901).get_internals().list_outputs() == ["x"]


def test_subgraphs_are_kept():
    body = {"nodes": [node("null", "y")], "arg_nodes": [0], "node_row_ptr": [0, 1], "heads": [[0, 0, 0]]}
    text = text_of([node("null", "x"), node("_loop", "l", [0, 0, 0], subgraphs=[body])], [[1, 0, 0]], 10901)
    once = write_graph(read_graph(text))
    assert json.loads(once)["nodes"][1]["subgraphs"] == [body]
    assert write_graph(read_graph(once)) == once


def test_a_graph_of_20000_nodes_is_read_and_written_without_recursion():
    nodes = [node("null", "x"), *(node("exp", f"e{i}", [i, 0, 0]) for i in range(20_000))]
    outputs = read_graph(text_of(nodes, [[20_000, 0, 0]], 10901))
    assert len(json.loads(write_graph(outputs))["nodes"]) == 20_001


# ------------------------------------------------------------------------------------------ unknown operators


@pytest.fixture
def with_unknown():
    nodes = [
        node("null", "x"),
        node("exp", "e", [0, 0]),
        node("WarpCTC", "ctc", [1, 0], [0, 0], attrs={"size": "3"}),
    ]
    return load([*nodes, node("exp", "f", [2, 1])], [[3, 0]], 901)


def test_an_unknown_operator_loads_lists_prints_draws_and_saves(with_unknown):
    ctc = with_unknown.get_internals()["ctc_output1"]
    assert isinstance(ctc.graph.nodes[-1].op, UnknownOp)
    assert with_unknown.get_internals().list_outputs() == [
        "x",
        "e_output",
        "ctc_output0",
        "ctc_output1",
        "f_output",
    ]
    assert "ctc = WarpCTC(e, x, size='3')" in str(with_unknown.graph)
    assert "ctc" in mx.viz.plot_network(with_unknown).source
    written = nodes_of(with_unknown)["ctc"]
    assert (written["op"], written["attrs"], written["inputs"]) == (
        "WarpCTC",
        {"size": "3"},
        [[1, 0, 0], [0, 0, 0]],
    )


@pytest.mark.parametrize(
    "use",
    [
        lambda symbol: symbol.infer_shape(x=(2,)),
        lambda symbol: symbol.infer_type(x="float32"),
        lambda symbol: symbol.simple_bind(mx.cpu(), x=(2,)),
    ],
)
def test_using_an_unknown_operator_names_it_and_its_node(with_unknown, use):
    with pytest.raises(UnknownOperatorError, match=r"WarpCTC 'ctc'.*There is no operator 'WarpCTC'"):
        use(with_unknown)


def test_what_stands_before_an_unknown_operator_runs(with_unknown):
    before = with_unknown.get_internals()["e_output"]
    assert before.eval(x=mx.nd.zeros((2,)))[0].asnumpy().tolist() == [1, 1]


def test_a_custom_operator_that_is_not_registered_loads_and_says_how_to_register_it():
    symbol = load(
        [node("null", "x"), node("Custom", "c", [0, 0], attrs={"op_type": "nobody_knows"})], [[1, 0]], 10901
    )
    assert symbol.list_arguments() == ["x"]
    with pytest.raises(MXNetError, match=r"@mx.operator.register\('nobody_knows'\)"):
        symbol.infer_shape(x=(2,))


# ---------------------------------------------------------------------------------------------------- refused


VARIABLE = node("null", "x")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "net.json is empty"),
        ("nodes", "net.json is not the JSON of a symbol: it starts with 'nodes', not with '{'"),
        ('{"nodes": [}', "net.json is not valid JSON: Expecting value at line 1, column 12"),
        ("[" * 100_000, "net.json is not the JSON of a symbol: it is nested too deeply"),
        ("[]", "net.json: [] stands where an object with 'nodes' was expected"),
        ("{}", "net.json: there is no 'arg_nodes'"),
        ('{"nodes": 3, "arg_nodes": [], "heads": []}', "3 stands where a list was expected"),
        (text_of([VARIABLE], [[0, 0]], zzz=1), "'zzz' is no key of this format"),
        (
            text_of([{**VARIABLE, "atrs": {}}], [[0, 0]]),
            "node 0: 'atrs' is no key of this format. Did you mean 'attrs'?",
        ),
        (text_of([{"op": "null", "name": "x"}], [[0, 0]]), "node 0: there is no 'inputs'"),
        (
            text_of([{**VARIABLE, "name": 3}], [[0, 0]]),
            "node 0: 'op' and 'name' are 'null' and 3, but must be strings",
        ),
        ('{"nodes": ["x"], "arg_nodes": [], "heads": []}', "node 0: 'x' stands where an object was expected"),
        (
            text_of([{**VARIABLE, "attrs": {"a": 1}}], [[0, 0]]),
            "node 0: attribute 'a' is 1, but must be a string",
        ),
        (
            text_of([{**VARIABLE, "attrs": []}], [[0, 0]]),
            "node 0: [] stands where an object of attributes was expected",
        ),
        (text_of([VARIABLE, node("null", "y", [0, 0])], [[1, 0]]), "node 1: a variable has inputs"),
        (
            text_of([VARIABLE, node("exp", "e", [0])], [[1, 0]]),
            "node 1: [0] stands where [node, output, version]",
        ),
        (
            text_of([VARIABLE, node("exp", "e", [-1, 0])], [[1, 0]]),
            "node 1: [-1, 0] stands where [node, output, version]",
        ),
        (
            text_of([VARIABLE, node("exp", "e", [7, 0])], [[1, 0]]),
            "node 1: [7, 0, 0] refers to node 7, but there are only 2",
        ),
        (
            text_of([VARIABLE, node("exp", "e", [0, 1])], [[1, 0]]),
            "node 1 ('e'): output 1 of 'x' is used, but it has only 1",
        ),
        (text_of([VARIABLE], [[5, 0]]), "'heads': [5, 0, 0] refers to node 5"),
        (text_of([VARIABLE], [[0, 2]]), "'heads': output 2 of 'x' is used"),
        (
            '{"nodes": [], "arg_nodes": [0], "heads": []}',
            "'arg_nodes': 0 stands where the number of a variable",
        ),
        (text_of([VARIABLE], [[0, 0]], attrs=[]), "'attrs': [] stands where an object was expected"),
        (
            text_of([VARIABLE], [[0, 0]], attrs={"mxnet_version": 10901}),
            '10901 stands where ["int", version]',
        ),
        (
            text_of([node("exp", "a", [1, 0]), node("exp", "b", [0, 0])], [[1, 0]]),
            "The graph has a cycle through node",
        ),
        (text_of([node("exp", "a", [0, 0])], [[0, 0]]), "The graph has a cycle through node 'a'"),
        (
            text_of([VARIABLE, node("_loop", "l", [0, 0], subgraphs=[3])], [[1, 0]]),
            "subgraph: 3 stands where an object",
        ),
    ],
)
def test_a_bad_file_is_refused_with_what_is_wrong_and_where(text, words):
    message = refusal(text)
    assert message.startswith("net.json")
    assert words in message


@pytest.mark.parametrize("missing", [1, 20, 150, 400])
def test_a_truncated_file_is_called_truncated(missing):
    assert "net.json is truncated" in refusal(
        (FILES / "sym-mlp.v191.json").read_text()[:-missing].rstrip(", \n")
    )


def test_a_parameter_that_an_operator_refuses_is_named_with_file_and_node():
    text = text_of(
        [*DENSE_INPUTS, node("FullyConnected", "fc", *THREE, attrs={"num_hidden": "x"})], [[3, 0]], 10901
    )
    with pytest.raises(
        ParameterError, match=r"net.json, node 3 \('fc'\): Invalid value 'x' for parameter 'num_hidden'"
    ):
        read_graph(text, "net.json")
