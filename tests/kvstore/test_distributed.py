"""Stores of several processes: each finds the sums of all, and all stay together, or say why not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import mxnet as mx
from mxnet.kvstore.workers import join_workers
from mxnet.tools import launch


@pytest.fixture(scope="module")
def processes():
    environment = {
        **{name: text for name, text in os.environ.items() if not name.startswith("DMLC")},
        "PYTHONPATH": str(Path(mx.__file__).parents[1]),
        "OMP_NUM_THREADS": "1",
    }
    script = Path(__file__).with_name("several_workers.py")
    done = subprocess.run(
        [sys.executable, script, "every_peaceful_test:2", "one_is_killed:3"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def workers(processes):
    """What two workers have found, in the order of their ranks."""
    return processes["every_peaceful_test"]["found"]


@pytest.fixture
def both(workers, request):
    """What both have found in the test of that name, which has to be the same."""
    name = request.function.__name__
    found = [worker[next(key for key in worker if key in name)] for worker in workers]
    assert found[0] == found[1]
    return found[0]


# The names of these tests begin with what `several_workers.py` calls what they look at. What is expected of
# pushes, rows, codes and updates is what MXNet 1.9.1 finds in two workers.


def test_workers_are_told_apart(workers):
    assert [worker["keys_and_values"]["who"] for worker in workers] == [
        ["dist_sync", 0, 2],
        ["dist_sync", 1, 2],
    ]


def test_keys_begin_with_the_value_of_worker_0(workers):
    assert [worker["keys_and_values"]["init"] for worker in workers] == [[1, 1, 1]] * 2


def test_what_devices_of_all_workers_push_is_added_up(workers):
    for worker in workers:
        assert worker["keys_and_values"]["push"] == [6, 6, 6]
        assert worker["keys_and_values"]["pushpull"] == [3, 3, 3]


def test_many_keys_of_several_dtypes_go_together(workers):
    for worker in workers:
        assert worker["keys_and_values"]["many"] == [[[4, 4]], [10, 10], [3, 3]]


def test_rows_that_nobody_pushes_stay(both):
    assert both["rows"] == [[0, 2, 3], [[1, 1], [0, 0], [2, 2], [6, 7]]]


def test_two_bits_carry_the_rest_over_in_each_worker(both):
    assert both["init"] == [9] * 5
    assert both["sums"] == [[1, -0.5, 1, -1, 0], [1, -1, 1, -1, 0], [1, -0.5, 1, -1, 0.5]]


def test_two_bits_take_a_byte_for_four_numbers(both):
    assert both["bytes"] == 3 * 2


def test_updates_see_the_sum_over_all_workers(both):
    assert both["w"] == [-0.15] * 3


def test_module_fit_in_two_processes_is_that_of_one_with_the_whole_batch(both):
    assert both["scale"] == 1 / 16
    for how in ("together", "by the devices"):
        for name, alone in both["alone"].items():
            np.testing.assert_allclose(both[how][name], alone, rtol=1e-4, atol=1e-5)


def test_resumed_workers_go_on_from_what_the_first_has_saved(workers):
    for worker in workers:
        assert worker["resumed"]["resumed"] == worker["resumed"]["at once"]
    assert "net-0002.params" in workers[0]["resumed"]["files"]
    assert workers[1]["resumed"]["files"] == []


def test_gluon_trainer_divides_by_the_batch_size_that_it_is_given(both):
    np.testing.assert_allclose(both["weights"], [[0.925] * 2, [0.85] * 2], rtol=1e-6)


def test_messages_begin_amid_backward_from_the_third_step_on(both):
    assert both["begun at first"] == 0
    assert both["known when messages begin"][:3] == [1, 2, 3]  # gradients; then comes the number about it all
    assert both["begun after backward"] == 3


def test_sent_amid_backward_is_every_number_once_and_a_mark_in_each_message(both):
    assert both["sent"] == (3 * 4 + 3) * 4


def test_touched_gradients_are_sent_again_by_all(both):
    # Worker 1 doubles its gradients in the third step, and in the fourth after another backward.
    assert both["early 32"] == [0, 0, 3, 0, 0, 3]
    np.testing.assert_allclose(
        both["weights 32"], [3.52, 3.148288, 2.6527021, 2.3008607, 2.1420419, 2.0043916], 1e-5
    )


def test_touched_gradients_are_coded_again_with_what_was_left_before(both):
    assert both["early 2"] == [0, 0, 3, 0, 0, 3]
    np.testing.assert_allclose(both["weights 2"], [4, 3.6, 2.8, 2.4, 2.4, 2], 1e-5)


def test_backward_of_one_worker_alone_disturbs_nobody(workers):
    assert [worker["touched"]["together"] for worker in workers] == [True, True]


def test_embedding_in_two_processes_is_that_of_one(both):
    # Both samples in one batch of one MXNet 1.9.1; three steps as they are, and three hybridized.
    assert both["early"] == [0, 0, 2] * 2
    for found, expected in zip(
        both["weights"],
        [[[0.814, 0.814, 0.628, 1], -0.044], [[0.91398, 0.91398, 0.82797, 1], -0.93442]],
        strict=True,
    ):
        for array, numbers in zip(found, expected, strict=True):
            np.testing.assert_allclose(np.array(array).squeeze(), np.stack([numbers] * 2, -1), atol=2e-5)


def test_workers_that_push_other_keys_are_told(workers):
    push, init = (workers[1]["disorder"][what] for what in ("push", "init"))
    assert push.startswith("Worker 1 adds up what is kept under ['b'], others add up something else.")
    assert init.startswith("Worker 1 is at init(['only1']), but worker 0 is at something else.")


def test_who_waits_for_a_worker_that_has_ended_is_told(workers):
    assert "Worker 1 has ended: do all have as many batches?" in workers[0]["one_is_done_before"]["error"]


def test_a_killed_worker_ends_the_others_with_its_number(processes):
    killed = processes["one_is_killed"]
    assert killed["ends"] == [-9, 0, 0]
    for rank, worker in enumerate(killed["found"]):
        kind, text = worker["error"]
        assert kind == "LostWorkerError"
        assert text.startswith(f"Worker {rank} of 3 has lost the others (")
        assert "There is no word from worker 2." in text
        assert "pytorch" not in text


def test_a_process_by_itself_is_told_how_to_start_several(monkeypatch):
    for name in ("DMLC_PS_ROOT_URI", "RANK"):
        monkeypatch.delenv(name, raising=False)
    join_workers.cache_clear()
    with pytest.raises(mx.MXNetError, match=r"python -m mxnet.tools.launch -n 2 python train.py"):
        mx.kv.create("dist_sync")


def test_variables_that_make_no_sense_are_named(monkeypatch):
    monkeypatch.setenv("DMLC_PS_ROOT_URI", "127.0.0.1")
    monkeypatch.setenv("DMLC_PS_ROOT_PORT", "many")
    join_workers.cache_clear()
    with pytest.raises(mx.MXNetError, match="DMLC_PS_ROOT_PORT is 'many', but must be a number"):
        mx.kv.create("dist_sync")


def test_asynchronous_stores_say_what_to_use_instead():
    with pytest.raises(mx.MXNetError, match="Use 'dist_sync'"):
        mx.kv.create("dist_async")


# --------------------------------------------------------------------------------------------------- launcher


def test_the_launcher_starts_numbered_workers(capfd):
    command = 'echo "$DMLC_ROLE $DMLC_WORKER_ID of $DMLC_NUM_WORKER with $COLOUR"'
    assert launch.main(["-n", "2", "--launcher", "local", "--env-worker", "COLOUR:blue", command]) == 0
    told = sorted(capfd.readouterr().out.splitlines())
    assert told == [f"worker {rank} of 2 with blue" for rank in range(2)]


def test_a_worker_that_fails_ends_the_others_and_gives_the_exit_status(capfd, monkeypatch, tmp_path):
    monkeypatch.setattr(launch, "_FAREWELL", 0.1)
    monkeypatch.chdir(tmp_path)
    child = "sleep 60 & echo $! > child; wait"
    command = f'if [ "$DMLC_WORKER_ID" = 1 ]; then while ! [ -s child ]; do :; done; exit 3; fi; {child}'
    assert launch.main(["-n", "2", command]) == 3
    assert "launch: worker 1 ended with 3." in capfd.readouterr().err
    status = Path("/proc", (tmp_path / "child").read_text().strip(), "status")
    assert not status.exists() or "zombie" in status.read_text()


def test_other_launchers_say_what_to_use_instead(capsys):
    assert launch.main(["-n", "2", "--launcher", "ssh", "-H", "hosts", "train.py"]) == 2
    assert "start them with torchrun" in capsys.readouterr().err
