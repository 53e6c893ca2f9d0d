"""Writes tests/data/storage_types.json: how MXNet 1.9.1 stores the results of operators on sparse arrays.

    python benchmarks/record_storage_types.py MXNET/bin/python    # that of MXNet 1.9.1

Every operator of the samples in tests/ops is called there with its inputs stored in all ways (of more than
three inputs one at a time, and all alike). The file has, for each operator and its parameters, the ways of
storing that gave each answer, a letter for an array: d for default, r for row_sparse, c for csr. Parameters
that change no answer are left out, and so are calls that MXNet refuses or does not survive.
"""

from __future__ import annotations

import itertools
import json
import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STYPES = {"d": "default", "r": "row_sparse", "c": "csr"}
SOME, LARGEST = 8, 5000  # samples of an operator, elements of an array


def cases():
    """Return operators with their parameters and inputs, those with the most matrices first."""
    sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "ops")]
    import mxnet as mx
    from samples import ROWS, recorded_samples

    dir(mx.nd.sparse)  # which makes the operators of parts that are imported when they are first named

    found = {}
    for sample in [*recorded_samples(), *ROWS]:
        arrays = [*sample.inputs, *sample.aux]
        if arrays and all(each.ndim and 0 < each.size <= LARGEST for each in arrays):
            given, matrices = dict(sample.bound.given), sum(each.ndim == 2 for each in arrays)
            key = sample.bound.name, json.dumps(given, sort_keys=True)
            if key not in found or found[key][0] < matrices:
                found[key] = matrices, (sample.bound.name, given, arrays)
    some = {}
    for _, case in sorted(found.values(), key=lambda each: -each[0]):
        some.setdefault(case[0], []).append(case)
    return [case for name in sorted(some) for case in some[name][:SOME]]


def ways_of_storing(arrays):
    each = ["d" + "r" + ("c" if array.ndim == 2 else "") for array in arrays]
    if len(arrays) <= 3:
        return ["".join(way) for way in itertools.product(*each)]
    dense = "d" * len(arrays)
    one = [dense[:i] + kind + dense[i + 1 :] for i, kinds in enumerate(each) for kind in kinds]
    alike = ["".join(kind if kind in kinds else "d" for kinds in each) for kind in "rc"]
    return sorted({*one, *alike})


def answers(path, start):
    """Print what MXNet answers from a case on: its number, the way of storing, and how results are stored."""
    import ctypes

    import mxnet as mx
    import numpy as np
    from mxnet._ctypes.ndarray import _imperative_invoke
    from mxnet.base import _LIB, c_str

    sys.modules.setdefault("numpy._core", np.core)  # what a younger numpy calls it in a pickle
    sys.modules.setdefault("numpy._core.multiarray", np.core.multiarray)
    letters = {stype: letter for letter, stype in STYPES.items()}
    several = pickle.loads(Path(path).read_bytes())
    for number, (name, given, arrays) in list(enumerate(several))[start:]:
        handle = ctypes.c_void_p()
        if _LIB.NNGetOpHandle(c_str(name), ctypes.byref(handle)):
            continue
        for way in ways_of_storing(arrays):
            print(number, flush=True)
            try:
                inputs = [mx.nd.array(a, dtype=a.dtype).tostype(STYPES[w]) for a, w in zip(arrays, way)]
                made = _imperative_invoke(
                    handle.value, inputs, list(given), list(given.values()), None, False, False
                )
                made = made if isinstance(made, (list, tuple)) else [made]
                mx.nd.waitall()
            except Exception:
                continue
            print(number, way, "".join(letters[each.stype] for each in made), flush=True)


def main():
    several = cases()
    found = [{} for _ in several]
    quiet = {"MXNET_STORAGE_FALLBACK_LOG_VERBOSE": "0", "MXNET_MKLDNN_ENABLED": "0", "OMP_NUM_THREADS": "1"}
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | quiet
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cases"
        path.write_bytes(pickle.dumps(several, protocol=4))
        start = 0
        while start < len(several):
            command = [sys.argv[1], __file__, "--answers", str(path), str(start)]
            done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
            lines = [line.split() for line in done.stdout.splitlines() if line[:1].isdigit()]
            for number, way, made in (line for line in lines if len(line) == 3):
                found[int(number)].setdefault(made, []).append(way)
            start = int(lines[-1][0]) + 1 if lines and done.returncode else len(several)
            if done.returncode:
                print(f"MXNet ended at {several[start - 1][:2]}: {done.stderr[-200:]}", file=sys.stderr)
    table = {}
    for (name, given, _), of_ways in zip(several, found, strict=True):
        ways = {made: " ".join(each) for made, each in of_ways.items()}
        of_name = table.setdefault(name, [])
        if ways and ways not in [each for _, each in of_name]:
            of_name.append([given, ways])
    lines = [f"{json.dumps(name)}: {json.dumps(each)}" for name, each in table.items() if each]
    (ROOT / "tests" / "data" / "storage_types.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--answers"]:
        answers(sys.argv[2], int(sys.argv[3]))
    else:
        main()
