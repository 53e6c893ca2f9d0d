"""plot, view, bench, doctor and demo."""

import json
import sys
import types

import pytest

import mxnet.cli.view


def test_a_picture_and_a_page_are_drawn(symnet, checkpoint, tmp_path):
    for kind, begin in (("svg", "<?xml"), ("html", "<!"), ("dot", "digraph")):
        assert f"net.{kind}" in symnet("plot", checkpoint, "-o", tmp_path / f"net.{kind}").stdout
        text = (tmp_path / f"net.{kind}").read_text()
        assert text.lstrip("/ \n").startswith((begin, "<svg", "//"))
        assert "conv" in text


def test_a_kind_of_picture_that_nobody_draws_is_refused(symnet, checkpoint, tmp_path):
    assert (
        "no kind that can be drawn" in symnet("plot", checkpoint, "-o", tmp_path / "net.doc", status=1).stderr
    )
    assert not (tmp_path / "net.doc").exists()


def test_netron_is_asked_to_open_the_network(symnet, checkpoint, monkeypatch):
    opened = []
    netron = types.ModuleType("netron")
    netron.start = lambda file, address, browse: opened.append((file, address, browse))
    netron.wait = lambda: None
    monkeypatch.setitem(sys.modules, "netron", netron)
    monkeypatch.setattr(mxnet.cli.view.importlib.util, "find_spec", lambda name: True)
    symnet("view", checkpoint, "--port", 9000, "--no-browse")
    assert opened == [(f"{checkpoint}-symbol.json", ("localhost", 9000), False)]


def test_without_netron_it_is_said_what_to_install(symnet, checkpoint, monkeypatch):
    monkeypatch.setattr(mxnet.cli.view.importlib.util, "find_spec", lambda name: None)
    assert "pip install netron" in symnet("view", checkpoint, status=1).stderr


def test_engines_are_measured_and_compared(symnet, checkpoint):
    told = json.loads(symnet("bench", checkpoint, "--seconds", "0.01", "--batch", 2, "--json").stdout)
    assert told["inputs"] == {"data": [2, 3, 8, 8]}
    assert told["clock"] == "wall"
    engines = {each["engine"]: each for each in told["engines"]}
    assert {"Symnet", "PyTorch"} <= engines.keys()
    assert all(0 < each["best"] <= each["median"] for each in engines.values() if not each["problem"])
    assert engines["PyTorch"]["difference"] < 1e-5


@pytest.fixture
def settings(monkeypatch):
    """Sets environment variables, after all of MXNet's are gone."""
    import os

    for name in list(os.environ):
        if name.startswith(("MXNET_", "NNVM_")):
            monkeypatch.delenv(name)
    return monkeypatch.setenv


def findings(symnet, status=0):
    told = json.loads(symnet("doctor", "--json", status=status).stdout)
    return {each["about"]: each for each in told["settings"]}


def test_the_doctor_knows_a_setting_that_has_an_effect(symnet, settings):
    settings("MXNET_CHECK_NUMERICS", "1")
    assert "Stop at the first node" in findings(symnet)["MXNET_CHECK_NUMERICS"]["text"]


def test_the_doctor_knows_a_setting_of_mxnet_that_has_none(symnet, settings):
    settings("MXNET_ENGINE_TYPE", "NaiveEngine")
    assert findings(symnet)["MXNET_ENGINE_TYPE"]["state"] == "note"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("MXNET_MEMORY_BUDGTE", "Did you mean 'MXNET_MEMORY_BUDGET'?"),
        ("MXNET_CHECK_NUMERICS", "expected 0 or 1"),
    ],
)
def test_the_doctor_finds_a_setting_that_is_wrong(symnet, settings, name, why):
    settings(name, "much")
    found = findings(symnet, status=1)[name]
    assert found["state"] == "problem"
    assert why in found["text"]


def test_the_demo_learns_and_leaves_a_model(symnet, tmp_path):
    output = symnet("demo", "-o", tmp_path / "demo").stdout
    epochs = [
        float(line.split()[1].rstrip("%"))
        for line in output.splitlines()
        if line[:1].isdigit() and "%" in line
    ]
    assert epochs[-1] > 75
    assert "parameters: " in symnet("summary", tmp_path / "demo", "--brief").stdout
    assert "is there already" in symnet("demo", "-o", tmp_path / "demo", status=1).stderr
