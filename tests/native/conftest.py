"""Makes what looks after native runs importable, and a fixture of it."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def guard(monkeypatch):
    """All native runs of a test find NaN in their memory, and must not write between values."""
    from guarding import Guard

    guard = Guard(monkeypatch)
    yield guard
    assert not guard.broken
