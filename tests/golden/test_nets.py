"""The recorded networks give MXNet's numbers in whatever way they are run: plainly, recomputing, watched."""

from pathlib import Path

import check_api
import pytest

import mxnet as mx

DATA = Path(__file__).parent / "api"
SECTION, ARRAYS = check_api.load_section(str(DATA), "nets")
WAYS = {
    "plain": {"MXNET_DISABLED_PASSES": "all"},
    "recomputing": {"MXNET_BACKWARD_DO_MIRROR": "1"},
    "guarded": {"MXNET_CHECK_NUMERICS": "1"},
    "profiled": {},
    "watched": {},
}


@pytest.fixture
def way(request, monkeypatch):
    for name, value in WAYS[request.param].items():
        monkeypatch.setenv(name, value)
    if request.param == "profiled":
        mx.profiler.set_state("run")
    if request.param == "watched":
        bind = mx.executor.Executor.__init__

        def bind_and_watch(executor, *args):
            bind(executor, *args)
            executor.set_monitor_callback(lambda name, array: None, monitor_all=True)

        monkeypatch.setattr(mx.executor.Executor, "__init__", bind_and_watch)
    yield
    mx.profiler.set_state("stop")
    mx.profiler.dumps(reset=True)


@pytest.mark.filterwarnings("ignore")  # some examples provoke warnings, as their originals did
@pytest.mark.parametrize("way", WAYS, indirect=True)
@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in SECTION["cases"]])
def test_network_gives_what_it_gave_under_mxnet(case, way):
    prelude = "".join(SECTION["preludes"][name] + "\n" for name in case.get("uses", []))
    records = check_api.judge(case, *check_api.run_case(mx, case, prelude, str(DATA)), ARRAYS, "any")
    assert not {record["id"]: record["detail"] for record in records if record["status"] != "pass"}
