"""mx.profiler: what is recorded and when, the table, the trace, a user's own marks, and what is refused."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

import mxnet as mx
from mxnet.timing import RECORDER


@pytest.fixture(autouse=True)
def profile(tmp_path):
    path = tmp_path / "profile.json"
    RECORDER.events.clear()
    mx.profiler.dumps(reset=True)
    mx.profiler.set_config(profile_symbolic=True, filename=str(path))
    mx.profiler.set_state("run")
    yield path
    mx.profiler.set_state("stop")
    mx.profiler.set_config(filename="profile.json")
    RECORDER.events.clear()
    mx.profiler.dumps(reset=True)


def layer():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=4, name="fc1")
    return mx.sym.Activation(net, act_type="relu", name="relu1")


def bound(net=None, **options):
    return (layer() if net is None else net).simple_bind(mx.cpu(), data=(2, 3), **options)


def counts(category="operator"):
    rows = json.loads(mx.profiler.dumps(format="json"))["Time"].get(category, {})
    return {name: row["Count"] for name, row in rows.items()}


def test_nodes_of_an_executor_are_counted_under_their_own_names():
    executor = bound()
    for _ in range(3):
        executor.forward(is_train=True)
        executor.backward(mx.nd.ones((2, 4)))
    assert counts() == dict.fromkeys(["fc1", "relu1", "relu1_backward", "fc1_backward"], 3)


def test_node_made_of_several_has_all_their_names_and_what_is_prepared_runs_once():
    executor = bound(grad_req="null")
    executor.forward()
    executor.forward()
    assert counts() == {"fc1_packed_weight": 1, "fc1+relu1": 2}


def test_compiled_function_is_recorded_too():
    function = mx.sym.exp(mx.sym.Variable("x"), name="grow").compile()
    function(x=mx.nd.ones((2,)))
    assert counts() == {"grow": 1}


def test_program_that_is_not_profiled_has_the_kernels_themselves():
    mx.profiler.set_state("stop")
    executor = bound()
    executor.forward()
    (plain,) = executor._programs._made.values()
    mx.profiler.set_state("run")
    executor.forward()
    mx.profiler.set_state("stop")
    executor.forward()
    assert counts() == {"fc1_packed_weight": 1, "fc1+relu1": 1}
    assert len(executor._programs._made) == 2
    assert (
        executor._programs.get(
            tuple((a.shape, "float32") for a in executor.arg_arrays), is_train=False, with_gradient=False
        )
        is plain
    )


def test_state_may_change_between_forward_and_backward():
    executor = bound()
    executor.forward(is_train=True)
    mx.profiler.set_state("stop")
    executor.backward(mx.nd.ones((2, 4)))
    assert set(counts()) == {"fc1", "relu1"}


def test_profiled_runs_have_the_same_results():
    executor = bound()
    executor.arg_dict["data"][:] = executor.arg_dict["fc1_weight"][:] = 0.5
    runs = []
    for state in ("run", "stop"):
        mx.profiler.set_state(state)
        executor.forward(is_train=True)
        executor.backward(mx.nd.ones((2, 4)))
        runs.append([array.asnumpy() for array in (*executor.outputs, *executor.grad_arrays)])
    for one, other in zip(*runs, strict=True):
        np.testing.assert_array_equal(one, other)


def test_calls_of_operators_are_recorded_if_asked_for():
    (mx.nd.ones((2,)) + 1).wait_to_read()
    assert counts() == {}
    mx.profiler.set_config(profile_imperative=True)
    (mx.nd.ones((2,)) + 1).wait_to_read()
    bound().forward()
    assert counts()["_plus_scalar"] == 1
    assert "fc1+relu1" not in counts()
    mx.profiler.set_config(profile_all=True)
    bound().forward()
    assert "fc1+relu1" in counts()


def test_nothing_is_recorded_between_pause_and_resume():
    executor = bound(grad_req="null")
    executor.forward()
    mx.profiler.pause()
    executor.forward()
    mx.profiler.resume()
    executor.forward()
    assert counts()["fc1+relu1"] == 2


def test_numbers_are_checked_while_times_are_taken():
    executor = mx.sym.log(mx.sym.Variable("data"), name="shrink").simple_bind(
        mx.cpu(), data=(2,), check_numerics=True
    )
    executor.arg_dict["data"][:] = 1
    executor.forward()
    executor.arg_dict["data"][:] = -1
    with pytest.raises(mx.MXNetError, match="shrink"):
        executor.forward()


# --------------------------------------------------------------------------------------------------- results


def test_table_has_a_line_for_each_name():
    bound(grad_req="null").forward()
    lines = mx.profiler.dumps().splitlines()
    assert lines[1:4] == ["Profile Statistics:", "operator", "================="]
    assert lines[4].split("  ")[0] == "Name"
    assert {line.split()[0] for line in lines[6:] if line} == {"fc1_packed_weight", "fc1+relu1"}


def test_table_is_sorted_as_asked():
    for name, calls in (("one", 1), ("three", 3), ("two", 2)):
        executor = mx.sym.exp(mx.sym.Variable("data"), name=name).simple_bind(
            mx.cpu(), grad_req="null", data=(2,)
        )
        for _ in range(calls):
            executor.forward()

    def order(ascending):
        rows = json.loads(mx.profiler.dumps(format="json", sort_by="count", ascending=ascending))["Time"]
        return list(rows["operator"])

    assert order(False) == ["three", "two", "one"]
    assert order(True) == ["one", "two", "three"]


def test_totals_are_sums_in_milliseconds():
    executor = bound(grad_req="null")
    for _ in range(3):
        executor.forward()
    row = json.loads(mx.profiler.dumps(format="json"))["Time"]["operator"]["fc1+relu1"]
    spans = [event.duration for event in RECORDER.events if event.name == "fc1+relu1"]
    assert row["Total"] == pytest.approx(sum(spans) / 1000)
    assert row["Min"] <= row["Avg"] <= row["Max"]


def test_table_begins_anew_after_a_reset_and_the_trace_goes_on(profile):
    executor = bound(grad_req="null")
    executor.forward()
    mx.profiler.dumps(reset=True)
    assert counts() == {}
    executor.forward()
    assert counts() == {"fc1+relu1": 1}
    mx.profiler.dump()
    assert [event["name"] for event in json.loads(profile.read_text())["traceEvents"]].count("fc1+relu1") == 2


def test_trace_is_what_chrome_reads(profile):
    bound(grad_req="null").forward()
    mx.profiler.dump()
    trace = json.loads(profile.read_text())
    event = trace["traceEvents"][-1]
    assert trace["displayTimeUnit"] == "ms"
    assert (event["ph"], event["cat"], event["name"]) == ("X", "operator", "fc1+relu1")
    assert event["args"] == {"operator": "_fused_fully_connected"}
    assert event["dur"] > 0
    assert {"ts", "pid", "tid"} <= event.keys()


def test_dump_ends_a_recording_and_the_next_begins_anew(profile):
    executor = bound(grad_req="null")
    executor.forward()
    mx.profiler.dump(finished=False)
    executor.forward()
    mx.profiler.dump()
    executor.forward()
    assert counts()["fc1+relu1"] == 2
    mx.profiler.set_state("run")
    assert counts() == {}


# ---------------------------------------------------------------------------------------------- a user's marks


def test_tasks_frames_and_events_are_timed_in_groups_of_their_own():
    domain = mx.profiler.Domain("pipeline")
    spans = domain.new_task("load"), domain.new_frame("picture"), mx.profiler.Event("epoch")
    for span in spans:
        span.stop()  # has not begun
        span.start()
        span.stop()
    assert list(map(str, (domain, *spans))) == ["pipeline", "load", "picture", "epoch"]
    assert counts("pipeline") == {"load": 1}
    assert counts("pipeline,frame") == {"picture": 1}
    assert counts("event") == {"epoch": 1}


def test_counter_leaves_each_of_its_values_in_the_trace():
    counter = mx.profiler.Domain("d").new_counter("queue", 5)
    counter += 3
    counter -= 1
    counter.increment()
    counter.decrement(2)
    counter.set_value(1)
    assert [event.args["value"] for event in RECORDER.events] == [5, 8, 7, 8, 6, 1]
    assert str(counter) == "queue"


def test_markers_are_instants_of_their_scope(profile):
    marker = mx.profiler.Domain("d").new_marker("here")
    marker.mark()
    marker.mark("thread")
    mx.profiler.dump()
    events = json.loads(profile.read_text())["traceEvents"][1:]
    assert [(event["ph"], event["s"]) for event in events] == [("i", "p"), ("i", "t")]


def test_marks_are_not_recorded_when_nothing_is():
    mx.profiler.set_state("stop")
    mx.profiler.Domain("d").new_marker("here").mark()
    assert RECORDER.events == []


# ------------------------------------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: p.set_config(profile_symbolik=True), r"no setting 'profile_symbolik'.*'profile_symbolic'"),
        (lambda p: p.set_config(profile_all="yes"), r"profile_all must be of type bool, but is 'yes'"),
        (lambda p: p.set_config(filename=""), r"filename is empty"),
        (lambda p: p.set_config(filename=3), r"filename must be of type str"),
        (lambda p: p.set_state("go"), r"expected 'run' or 'stop', not 'go'"),
        (lambda p: p.set_state("run", "server"), r"no server processes"),
        (lambda p: p.pause("clerk"), r"expected 'worker', not 'clerk'"),
        (lambda p: p.dumps(format="xml"), r"format is 'xml', expected one of 'table', 'json'"),
        (lambda p: p.dumps(sort_by="name"), r"sort_by is 'name'"),
        (lambda p: p.dumps(ascending=3), r"ascending is 3"),
        (lambda p: p.Task("domain", "name"), r"Expected a profiler.Domain, not 'domain'"),
        (lambda p: p.Event(3), r"Event: its name must be a str"),
        (lambda p: p.Domain("d").new_marker("m").mark("here"), r"scope is 'here'.*'process'"),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(mx.MXNetError, match=message):
        call(mx.profiler)


def test_wrong_state_is_a_key_error_as_in_mxnet():
    with pytest.raises(KeyError):
        mx.profiler.set_state("go")


def test_file_that_cannot_be_written_is_said_and_nothing_is_lost(profile):
    mx.profiler.Event("epoch").start()
    mx.profiler.set_config(filename=str(profile / "nowhere" / "profile.json"))
    event = mx.profiler.Event("epoch")
    event.start()
    event.stop()
    with pytest.raises(mx.MXNetError, match=r"cannot be written to .*nowhere.*is kept"):
        mx.profiler.dump()
    mx.profiler.set_config(filename=str(profile))
    mx.profiler.dump()
    assert "epoch" in profile.read_text()


def test_old_names_still_work_and_say_that_they_are_old(profile):
    with pytest.warns(UserWarning, match=r"use set_config\(\)"):
        mx.profiler.profiler_set_config(mode="all", filename=str(profile))
    with pytest.warns(UserWarning, match=r"use set_state\(\)"):
        mx.profiler.profiler_set_state("run")
    with pytest.warns(UserWarning, match=r"use dump\(\)"):
        mx.profiler.dump_profile()
    assert profile.exists()


def test_environment_profiles_a_whole_script(tmp_path):
    script = "import mxnet as mx\nmx.sym.exp(mx.sym.Variable('x'), name='grow').simple_bind(mx.cpu(), x=(2,)).forward()"
    subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "MXNET_PROFILER_AUTOSTART": "1"},
        check=True,
    )
    assert "grow" in (tmp_path / "profile.json").read_text()
