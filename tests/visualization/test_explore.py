"""``explore``: what the page holds, and that a browser shows, searches and folds it."""

import json
import os
import re
import shutil
import subprocess
from html.parser import HTMLParser

import numpy as np
import pytest

import mxnet as mx

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
HOSTILE = "</script><script>stolen=1</script><img src=x onerror=stolen=2>&amp;\"'"


def network():
    x = mx.sym.Variable("data")
    for stage in range(2):
        for unit in range(3):
            prefix = f"stage{stage}_unit{unit}"
            y = mx.sym.Convolution(x, kernel=(3, 3), pad=(1, 1), num_filter=4, name=f"{prefix}_conv")
            y = mx.sym.BatchNorm(y, name=f"{prefix}_bn")
            x = mx.sym.elemwise_add(x, y, name=f"add{stage}{unit}") if stage or unit else y
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(x, num_hidden=3, name="fc"), name=HOSTILE)


def page_of(tmp_path, *args, **options):
    path = mx.viz.explore(*args, path=tmp_path / "net.html", **options)
    text = (tmp_path / "net.html").read_text()
    assert path == os.fspath(tmp_path / "net.html")
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    return text, json.loads(found[1])


@pytest.fixture
def page(tmp_path):
    executor = network().simple_bind(mx.cpu(), data=(2, 3, 8, 8))
    params = {"fc_weight": mx.nd.array(np.linspace(-1, 1, 768).reshape(3, 256))}
    params["arg:fc_bias"] = mx.nd.array([0, np.nan, np.inf])
    assert executor.arg_dict["fc_weight"].shape == (3, 256)
    return page_of(
        tmp_path, network(), params, {"data": (2, 3, 8, 8)}, profile={"stage0_unit1_conv": 1.5, "fc": 0.25}
    )


def node(data, name):
    return next(each for each in data["nodes"] if each["name"] == name)


def test_nodes_have_shapes_dtypes_and_parameters_of_operators(page):
    conv = node(page[1], "stage0_unit1_conv")
    assert (conv["op"], conv["shapes"], conv["dtypes"]) == ("Convolution", [[2, 4, 8, 8]], ["float32"])
    assert conv["attributes"]["kernel"] == "(3, 3)"
    names = [page[1]["nodes"][i]["name"] for i, _ in conv["inputs"]]
    assert names == ["stage0_unit0_bn", "stage0_unit1_conv_weight", "stage0_unit1_conv_bias"]


def test_operations_of_layers_are_counted(page):
    assert node(page[1], "stage0_unit1_conv")["flops"] == 2 * (2 * 4 * 8 * 8) * (4 * 3 * 3)
    assert node(page[1], "fc")["flops"] == 2 * (2 * 3) * 256
    assert node(page[1], "stage0_unit1_bn")["flops"] == 2 * 4 * 8 * 8 + 2 * 4  # with two moments


@pytest.mark.parametrize(
    ("symbol", "shapes", "expected"),
    [
        (
            mx.sym.dot(mx.sym.Variable("a"), mx.sym.Variable("b"), transpose_a=True),
            {"a": (3, 2), "b": (3, 4)},
            48,
        ),
        (mx.sym.batch_dot(mx.sym.Variable("a"), mx.sym.Variable("b")), {"a": (5, 2, 3), "b": (5, 3, 4)}, 240),
        (mx.sym.linalg.gemm2(mx.sym.Variable("a"), mx.sym.Variable("b")), {"a": (2, 3), "b": (3, 4)}, 48),
        (
            mx.sym.Deconvolution(mx.sym.Variable("a"), kernel=(2, 2), num_filter=3, name="d"),
            {"a": (1, 4, 5, 5)},
            2 * 100 * 12,
        ),
        (
            mx.sym.RNN(
                mx.sym.Variable("a"),
                mx.sym.Variable("w"),
                mx.sym.Variable("s"),
                state_size=4,
                num_layers=1,
                mode="rnn_tanh",
            ),
            {"a": (7, 2, 3)},
            2 * 7 * 2 * (4 * 3 + 4 * 4 + 8),
        ),
        (mx.sym.Reshape(mx.sym.Variable("a"), shape=(-1,)), {"a": (3, 4)}, 0),
        (mx.sym.sum(mx.sym.Variable("a")), {"a": (3, 4)}, 12),
    ],
    ids=lambda value: value.name if isinstance(value, mx.sym.Symbol) else "",
)
def test_operations_of_other_products_are_counted(tmp_path, symbol, shapes, expected):
    assert node(page_of(tmp_path, symbol, shape=shapes)[1], symbol.name)["flops"] == expected


def test_names_that_begin_alike_are_groups(page):
    data = page[1]
    names = [each["name"] for each in data["nodes"]]
    stage0, stage1 = (each for each in data["tree"][1] if not isinstance(each, int) and "stage" in each[0])
    assert (stage0[0], stage1[0]) == ("stage0", "stage1")
    inner = [names[each] if isinstance(each, int) else each[0] for each in stage0[1]]
    assert inner == ["stage0_unit0", "stage0_unit1", "add01", "stage0_unit2"]


def test_parameters_have_histograms_and_what_is_not_finite_is_counted(page):
    weight, bias = (page[1]["parameters"][name] for name in ("fc_weight", "fc_bias"))
    assert sum(weight["counts"]) == 768
    assert (weight["low"], weight["high"], weight["odd"]) == (-1, 1, 0)
    assert bias["odd"] == 2


def test_memory_plan_is_that_of_inference(page):
    plan = network().simple_bind(mx.cpu(), data=(2, 3, 8, 8), grad_req="null").memory_plan()
    assert page[1]["memory"]["peak"] == plan.peak_bytes
    assert [(name, alive) for name, alive, *_ in page[1]["memory"]["steps"]] == [
        (step.name, step.alive) for step in plan.steps
    ]


def test_step_that_does_what_several_nodes_did_is_told_of_with_the_first(page):
    data = page[1]
    joined = next(step for step in data["memory"]["steps"] if "+" in step[0])
    assert data["nodes"][joined[4]]["name"] == joined[0].partition("+")[0]


def test_times_come_from_numbers_or_from_a_trace_of_the_profiler(page, tmp_path):
    assert [0.25, 1] in page[1]["times"].values()
    trace = tmp_path / "profile.json"
    mx.profiler.set_config(profile_symbolic=True, filename=str(trace))
    mx.profiler.set_state("run")
    for _ in range(2):
        mx.sym.exp(mx.sym.Variable("x"), name="grow_alone").eval(x=mx.nd.ones((2,)))
    mx.profiler.dump()
    (time, calls) = page_of(tmp_path, mx.sym.exp(mx.sym.Variable("x"), name="grow_alone"), profile=trace)[1][
        "times"
    ]["1"]
    assert calls == 2
    assert time > 0


def test_file_that_is_no_trace_is_refused(tmp_path):
    (tmp_path / "profile.json").write_text('{"traceEvents": 3}')
    with pytest.raises(mx.MXNetError, match=r"profile\.json' is no trace of the profiler"):
        page_of(tmp_path, mx.sym.Variable("x"), profile=tmp_path / "profile.json")


def test_without_shapes_the_page_says_what_is_missing(tmp_path):
    data = page_of(tmp_path, network())[1]
    assert node(data, "fc")["shapes"] == [None]
    assert "Give the shapes" in data["memory"]["why"]


def test_shapes_that_are_not_enough_are_refused(tmp_path):
    with pytest.raises(ValueError, match="Input shape is incomplete"):
        page_of(tmp_path, network(), shape={"fc_bias": (3,)})


def test_page_loads_nothing_and_names_end_no_element(page):
    class Elements(HTMLParser):
        found = []

        def handle_starttag(self, tag, attrs):
            self.found.append((tag, dict(attrs)))

    parser = Elements()
    parser.feed(page[0])
    assert [tag for tag, _ in parser.found].count("script") == 2
    assert not [attrs for _, attrs in parser.found if attrs.keys() & {"src", "href", "onerror"}]


# ------------------------------------------------------------------------------------------------ in a browser

WATCH = """<script>window.problems = [];
for (const kind of ["error", "securitypolicyviolation"])
  addEventListener(kind, (event) => problems.push(String(event.message || event.violatedDirective)));
</script>"""
DRIVE = """<script>
{
  const found = {}, count = (what) => document.querySelectorAll(what).length;
  const press = (id) => document.getElementById(id).click();
  found.opened = count(".box");
  found.status = document.getElementById("status").textContent;
  found.timeline = !document.getElementById("timeline").hidden && document.getElementById("timeline").width;
  const search = document.getElementById("search");
  search.value = "STAGE7_unit3_conv_weight";
  search.dispatchEvent(new Event("input"));
  found.listed = [...document.querySelectorAll("#found li")].map((each) => each.textContent);
  search.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
  found.chosen = document.querySelector("#details h2").textContent;
  found.told = document.querySelector("#details").textContent;
  found.marked = count(".box.chosen");
  press("close");
  found.closed = count(".box");
  document.querySelector(".box.group .fold").dispatchEvent(new MouseEvent("click", { bubbles: true }));
  found.unfolded = count(".box");
  document.querySelector(".box:not(.group) .fold").dispatchEvent(new MouseEvent("click", { bubbles: true }));
  found.folded = count(".box");
  press("open");
  found.all = count(".box");
  document.getElementById("heat").value = "FLOPs";
  document.getElementById("heat").dispatchEvent(new Event("change"));
  found.colours = new Set([...document.querySelectorAll(".box rect")].map((each) => each.getAttribute("fill"))).size;
  found.title = document.getElementById("title").textContent;
  found.stolen = typeof stolen;
  found.problems = problems;
  document.body.replaceChildren(Object.assign(document.createElement("pre"), { textContent: JSON.stringify(found) }));
}
</script>"""


@pytest.fixture(scope="module")
def browsed(tmp_path_factory):
    """What a browser has found on the page of a network of 2,000 nodes."""
    if BROWSER is None:
        pytest.skip("no Chromium is installed to open the page in (Debian's package: chromium)")
    x = mx.sym.Variable("data")
    for stage in range(20):
        for unit in range(10):
            prefix = f"stage{stage}_unit{unit}"
            for i in range(3):
                x = mx.sym.Activation(x, act_type="relu", name=f"{prefix}_relu{i}")
            x = mx.sym.Convolution(x, kernel=(1, 1), num_filter=2, name=f"{prefix}_conv") + x
            x = mx.sym.identity(mx.sym.exp(mx.sym.sigmoid(x)))
    net = mx.sym.Group([mx.sym.identity(x, name=HOSTILE), x])
    assert len(net.get_internals().list_outputs()) >= 2000
    folder = tmp_path_factory.mktemp("page")
    path = mx.viz.explore(net, {HOSTILE: mx.nd.ones((1,))}, {"data": (1, 2, 3, 3)}, folder / "net.html")
    text = (folder / "net.html").read_text()
    (folder / "net.html").write_text(
        text.replace("<head>", f"<head>{WATCH}").replace("</body>", f"{DRIVE}</body>")
    )
    flags = [
        "--headless",
        "--disable-gpu",
        "--no-first-run",
        "--enable-logging=stderr",
        "--window-size=1200,800",
    ]
    flags += [f"--user-data-dir={folder / 'browser'}", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    run = subprocess.run(
        [BROWSER, *flags, "--dump-dom", f"file://{path}"],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    dom = re.search(r"<pre>(.*?)</pre>", run.stdout, re.DOTALL)[1]
    found = json.loads(dom.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
    return {**found, "console": [line for line in run.stderr.splitlines() if "CONSOLE" in line]}


def test_page_opens_without_errors(browsed):
    assert browsed["problems"] == []
    assert browsed["console"] == []


def test_large_graph_opens_folded(browsed):
    assert 20 <= browsed["opened"] <= 90
    assert browsed["status"].endswith("nodes")
    assert browsed["timeline"] > 0


def test_search_finds_and_reveals_a_node_by_its_parameter(browsed):
    assert browsed["listed"] == ["1 found", "stage7_unit3_conv (Convolution)"]
    assert browsed["chosen"] == "stage7_unit3_conv"
    assert browsed["marked"] == 1
    assert "1\u00d72\u00d73\u00d73 float32" in browsed["told"]
    assert "kernel(1, 1)" in browsed["told"]


def test_groups_open_and_close(browsed):
    assert browsed["closed"] < browsed["unfolded"]
    assert browsed["folded"] == browsed["closed"]
    assert browsed["all"] > 1600


def test_boxes_are_coloured_by_what_is_asked_for(browsed):
    assert browsed["colours"] >= 3


def test_name_that_looks_like_markup_harms_nothing(browsed):
    assert HOSTILE in browsed["title"]
    assert browsed["stolen"] == "undefined"
