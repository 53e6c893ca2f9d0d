"""Scripts behave as they did under real MXNet: recorded runs of the tutorial, symbols, executors, networks, arrays."""

from pathlib import Path

import check_api
import numpy as np
import pytest

import mxnet as mx

DATA = Path(__file__).parent / "api"

# Checks that are answered differently, each with its reason.
DIFFERENT = {
    "api.symbol.gradient/gradient": "real MXNet never implemented Symbol.gradient; ours works",
    "api.symbol.save_errors/unknown_op": "a graph with an unknown operator loads here, for inspection",
    "api.symbol.inplace_errors/call_positional": "composing by position makes a variable with inputs in MXNet; refused",
    "api.symbol.autonames/25 mx.sym.linalg.gemm2(d, d)": "linear algebra is not there yet",
    "api.symbol.autonames/26 mx.sym.contrib.quadratic(d, a=1)": "contrib.quadratic is not there yet",
    "gluon.rnn.layer_new/sequence_length": "MXNet's CPU kernel takes the lengths and ignores them; ours honours them",
    "gluon.export/json": "how often a variable was composed before, in other graphs, is not counted in a file",
    "ndarray.getitem.advanced/v[np.array([True, False, True, False, False, True])]": "masks select, as in numpy",
    "ndarray.functions/mx.nd.linalg.gemm2(a, b)": "linear algebra is not there yet",
    "ndarray.functions/mx.nd.contrib.quadratic(a, a=1, b=2, c=3)": "contrib.quadratic is not there yet",
    "ndarray.functions/mx.nd.linalg_gemm2(a, b)": "linear algebra is not there yet",
    "ndarray.module_helpers/histogram": "histogram is not there yet",
    "ndarray.module_helpers/top_level": "mx.image, mx.recordio and mx.profiler are not there yet",
}


def _cases():
    for path in sorted(DATA.glob("*.json")):
        section, arrays = check_api.load_section(str(DATA), path.stem)
        for case in section["cases"]:
            prelude = "".join(section["preludes"][name] + "\n" for name in case.get("uses", []))
            yield pytest.param(case, prelude, arrays, id=case["id"])


@pytest.fixture(autouse=True)
def _numpy_prints_as_before():
    options = np.get_printoptions()
    yield
    np.set_printoptions(**options)


@pytest.mark.filterwarnings("ignore")  # some examples provoke warnings, as their originals did
@pytest.mark.parametrize(("case", "prelude", "arrays"), list(_cases()))
def test_script_observes_what_it_observed_under_mxnet(case, prelude, arrays):
    observed, error, store = check_api.run_case(mx, case, prelude, str(DATA))
    records = check_api.judge(case, observed, error, store, arrays, "any")
    wrong = {r["id"]: r["detail"] for r in records if r["status"] != "pass" and r["id"] not in DIFFERENT}
    assert not wrong
