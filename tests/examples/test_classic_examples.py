"""The examples of the field's classic tasks learn what they say, at a small size."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"

REACHED = {
    "image_classification --network resnet": lambda accuracy: accuracy > 0.8,
    "image_folder": lambda accuracy: accuracy > 0.8,
    "fine_tune": lambda both: both[0] > 0.8 and both[0] > both[1],
    "char_lstm": lambda perplexity: perplexity < 1.8,
    "matrix_factorization": lambda rmse: rmse < 0.5,
    "matrix_factorization --sparse": lambda rmse: rmse < 0.5,
    "ssd": lambda precision: precision > 0.5,
    "ctc_lines": lambda both: both[1] < 0.5,
    "gan": lambda both: both[1] < both[0] / 1.5,
    "dqn": lambda both: both[0] < 0 and both[1] > 0.5,
    "vae": lambda both: both[1] < both[0] - 1,
    "neural_style": lambda both: both[1] < both[0] / 3,
    "multi_task": lambda found: min(found["digit"], found["parity"]) > 0.85,
    "model_parallel_lstm": lambda accuracy: accuracy > 0.95,
    "custom_op": lambda found: min(found.values()) > 0.85,
    "quantized": lambda found: min(found[:2]) > 0.9 and found[2] > 0.97,
    "mixed_precision": lambda found: min(found) > 0.85,
}
NO_EXAMPLES = {"handwritten", "demo", "gluon_digits", "symbol_tutorial"}
ELSEWHERE = {"two_processes"}  # it starts processes of its own


@pytest.fixture
def example(monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLES))
    return importlib.import_module


@pytest.mark.parametrize("command", REACHED)
def test_example_learns_what_it_says(command, example, capsys):
    if command in ("image_folder", "ssd", "neural_style"):
        pytest.importorskip("cv2")
    name, *options = command.split()
    reached = example(name).main([*options, "--quick"])
    assert REACHED[command](reached), reached
    assert capsys.readouterr().out


@pytest.mark.slow
def test_two_processes_reach_the_same_parameters():
    command = [sys.executable, EXAMPLES / "two_processes.py", "--quick"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    found = re.findall(r"worker (\d) of 2: (\d+\.\d)% right, weights (-?\d+\.\d+)", done.stdout)
    assert sorted(rank for rank, _, _ in found) == ["0", "1"]
    assert len({(accuracy, weights) for _, accuracy, weights in found}) == 1
    assert float(found[0][1]) > 80


def scripts():
    return {path.stem for path in EXAMPLES.glob("*.py")} - NO_EXAMPLES


def test_every_example_is_tested():
    assert scripts() == {command.split()[0] for command in REACHED} | ELSEWHERE


def test_every_example_is_in_the_index_and_says_how_to_run_it():
    index = (EXAMPLES / "README.md").read_text()
    for name in scripts():
        assert f"({name}.py)" in index
        assert f"\n    python examples/{name}.py" in (EXAMPLES / f"{name}.py").read_text()
    linked = re.findall(r"\]\(([\w./]+)\)", index)
    assert [link for link in linked if not (EXAMPLES / link).exists()] == []
