"""Every operator answers as real MXNet did: forward, gradients, inference, names, refusals."""

import json
from pathlib import Path

import check_ops
import numpy as np
import pytest

import mxnet as mx

CASES = Path(__file__).parent / "ops"

# Cases in which real MXNet 1.9.1 is wrong, each with its reason.
WRONG_IN_MXNET = {
    "LeakyReLU-004": "MXNet's gradient of selu is not that of its function",
    "LeakyReLU-014": "MXNet's gradient of selu is not that of its function",
    "LeakyReLU-015": "MXNet's gradient of selu is not that of its function",
    "elemwise_add-012": "with grad_req add on both sides, MXNet adds the left gradient to the right one",
}


@pytest.mark.parametrize("path", sorted(CASES.glob("*.json")), ids=lambda path: path.stem)
def test_operator_answers_as_mxnet_did(path):
    cases = json.loads(path.read_text())["cases"]
    arrays = path.with_suffix(".npz")
    data = dict(np.load(arrays)) if arrays.exists() else {}
    problems = {}
    for case in cases:
        found = _problems(case, data)
        if found and case["id"] not in WRONG_IN_MXNET:
            problems[case["id"]] = found
    assert not problems


def _problems(case, data):
    try:
        return check_ops.CHECKS[case["kind"]](mx, case, data)
    except Exception as error:
        return [f"{type(error).__name__}: {error}"]
