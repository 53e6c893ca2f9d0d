"""What newcomers run first works: the demo, the walk through the Symbol system, the code in the README."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import mxnet as mx

ROOT = Path(__file__).parents[2]


def run_example(name: str, folder: Path) -> str:
    """Run an example as a user would and return what it printed."""
    command = [sys.executable, "-W", "error", ROOT / "examples" / name]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_demo_learns_to_read_digits_and_leaves_pictures_and_a_checkpoint(tmp_path):
    printed = run_example("demo.py", tmp_path)
    (accuracy,) = re.findall(r"held-out digits it reads (\d+\.\d)% correctly", printed)
    assert float(accuracy) >= 98
    assert {path.name for path in (tmp_path / "demo-output").iterdir()} == {
        "digits.png",
        "learning-curve.png",
        "lenet-0008.params",
        "lenet-symbol.json",
        "lenet.svg",
    }


def test_tutorial_walk_runs_to_its_end(tmp_path):
    printed = run_example("symbol_tutorial.py", tmp_path)
    assert printed.endswith("[[6. 6. 6.]\n [6. 6. 6.]]\n")
    assert (tmp_path / "demo-output" / "inception-block.svg").exists()


@pytest.mark.slow
def test_digits_are_learned_with_gluon_as_well_as_with_modules(tmp_path):
    printed = run_example("gluon_digits.py", tmp_path)
    (accuracy,) = re.findall(r"the exported graph reads (\d+\.\d)% correctly", printed)
    assert float(accuracy) >= 98
    assert {path.name for path in (tmp_path / "demo-output").iterdir()} == {
        "gluon-lenet-0008.params",
        "gluon-lenet-symbol.json",
    }


LESSONS = {
    "linear_regression": r"(?s)from scratch: weight \[2.0, -3.4\].*with Gluon:   weight \[2.0, -3.4\]",
    "perceptron": r"(?s)from scratch: 9\d.\d%.*with Gluon: 9\d.\d%",
    "convolutions": r"(?s)from scratch: 9\d.\d%.*with Gluon: 9\d.\d%",
    "characters": r"(?s)from scratch: twinkle .*with Gluon: twinkle ",
    "several_devices": "two devices: loss",
    "translation": "of the words are right",
}


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS)
def test_lesson_reaches_its_goal(lesson, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    path = ROOT / "examples" / "gluon" / f"{lesson}.py"
    monkeypatch.syspath_prepend(str(path.parent))  # as where a script is run
    monkeypatch.setattr(sys, "argv", [str(path)])
    assert not runpy.run_path(str(path))["main"]()
    assert re.search(LESSONS[lesson], capsys.readouterr().out)


def test_every_lesson_is_tested():
    assert {path.stem for path in (ROOT / "examples" / "gluon").glob("*.py")} == {*LESSONS, "digits"}


def test_code_in_the_readme_runs_and_both_ways_of_loading_agree(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    mx.random.seed(0)
    blocks = re.findall(r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE)
    (tmp_path / "readme.py").write_text("\n".join(blocks))
    names = runpy.run_path(str(tmp_path / "readme.py"))
    by_module = names["model"].predict(np.array([[0.1, 0.2]], dtype="float32")).asnumpy()
    by_executor = names["executor"].outputs[0].asnumpy()
    assert by_module.argmax() == 1  # inside of the circle
    np.testing.assert_allclose(by_module, by_executor, rtol=1e-6)
