"""Threads of torch's pool wait without spinning, unless the user says how; the environment stays as it was."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

LOADS = "import os; from mxnet.lazy import torch; torch.ones(1); print(os.environ.get('OMP_WAIT_POLICY'))"
HOW = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")

pytestmark = pytest.mark.skipif(
    not any(Path(torch.version.__file__).parent.glob("lib/libgomp*")), reason="torch runs on another OpenMP"
)


def load(**variables):
    environment = {name: value for name, value in os.environ.items() if name not in HOW}
    return subprocess.run(
        [sys.executable, "-c", LOADS],
        env={**environment, "OMP_DISPLAY_ENV": "true", **variables},
        capture_output=True,
        text=True,
        check=True,
    )


def test_threads_wait_without_spinning():
    loaded = load()
    assert "OMP_WAIT_POLICY = 'PASSIVE'" in loaded.stderr
    assert loaded.stdout == "None\n"  # the environment is left as it was


def test_users_say_how_to_wait():
    loaded = load(OMP_WAIT_POLICY="active")
    assert "OMP_WAIT_POLICY = 'ACTIVE'" in loaded.stderr
    assert loaded.stdout == "active\n"
