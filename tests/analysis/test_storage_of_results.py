"""Operators store their results as MXNet 1.9.1 does, whichever way their inputs are stored.

What MXNet answers is in tests/data/storage_types.json, written by benchmarks/record_storage_types.py.
"""

from __future__ import annotations

import json
from pathlib import Path

from mxnet.analysis.storage import result_storage
from mxnet.ir.op import find_operator

RECORDED = json.loads((Path(__file__).parents[1] / "data" / "storage_types.json").read_text())
STYPES = {"d": "default", "r": "row_sparse", "c": "csr"}


def differing(name):
    """Return of an operator the ways of storing inputs that give another answer than MXNet's."""
    found = {}
    for given, answers in RECORDED[name]:
        op = find_operator(name).bind(given)
        for answer, ways in answers.items():
            for way in ways.split():
                stored = result_storage(op, [STYPES[letter] for letter in way]) or "default"
                stored = (stored,) * len(answer) if isinstance(stored, str) else stored
                if stored != tuple(STYPES[letter] for letter in answer):
                    found[way] = answer
    return found


def test_results_are_stored_as_in_mxnet():
    different = {name: found for name in RECORDED if (found := differing(name))}
    assert RECORDED
    assert different == {}
