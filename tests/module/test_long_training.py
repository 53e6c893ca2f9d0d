"""Training that saves itself and goes on, and batches in parts."""

import logging
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import mxnet as mx


def circles():
    data = np.random.RandomState(0).uniform(-1, 1, (24, 3)).astype("float32")
    return mx.io.NDArrayIter(data, (data.sum(axis=1) > 0).astype("float32"), 12)


def network():
    net = mx.sym.Activation(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=8), act_type="tanh")
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(net, num_hidden=2), name="softmax")


def fit(**options):
    mx.random.seed(1)
    with mx.name.NameManager():
        module = mx.mod.Module(network(), context=options.pop("context", mx.cpu()))
    adam = {"optimizer": "adam", "optimizer_params": {"learning_rate": 0.1}}
    module.fit(circles(), initializer=mx.init.Uniform(0.5), **{**adam, **options})
    return module


def same(left, right, **tolerance):
    for mine, others in zip(left.get_params(), right.get_params(), strict=True):
        assert mine.keys() == others.keys()
        for name, array in mine.items():
            np.testing.assert_allclose(array.asnumpy(), others[name].asnumpy(), **tolerance)


# ---------------------------------------------------------------------------------------------------- resuming


def halving():
    return {"learning_rate": 0.1, "lr_scheduler": mx.lr_scheduler.FactorScheduler(3, 0.5)}


@pytest.mark.parametrize("optimizer_params", [lambda: {"learning_rate": 0.1}, halving])
def test_a_training_goes_on_where_it_was_as_if_it_had_never_stopped(tmp_path, optimizer_params):
    prefix = str(tmp_path / "net")
    fit(num_epoch=2, checkpoint=prefix, optimizer_params=optimizer_params())
    resumed = fit(num_epoch=5, checkpoint=prefix, resume=True, optimizer_params=optimizer_params())
    same(resumed, fit(num_epoch=5, optimizer_params=optimizer_params()), rtol=0, atol=0)
    assert resumed._optimizer.num_update == 10


def test_a_rate_that_a_callback_has_changed_is_kept(tmp_path):
    prefix, rates = str(tmp_path / "net"), []

    def slow_down(param):
        optimizer = param.locals["self"]._optimizer
        rates.append(optimizer.lr)
        optimizer.lr *= 0.5

    fit(num_epoch=2, checkpoint=prefix, batch_end_callback=slow_down)
    fit(num_epoch=3, checkpoint=prefix, resume=True, batch_end_callback=slow_down)
    assert rates == [0.1 * 0.5**i for i in range(6)]


def test_with_several_devices_that_update_for_themselves(tmp_path, monkeypatch):
    monkeypatch.setenv("MXNET_UPDATE_ON_KVSTORE", "0")
    prefix, context = str(tmp_path / "net"), [mx.cpu(0), mx.cpu(1)]
    fit(num_epoch=1, checkpoint=prefix, context=context)
    resumed = fit(num_epoch=3, checkpoint=prefix, resume=True, context=context)
    same(resumed, fit(num_epoch=3, context=context), rtol=0, atol=0)


def test_the_first_start_of_a_program_that_resumes_begins_at_the_beginning(tmp_path):
    same(fit(num_epoch=2, checkpoint=str(tmp_path / "net"), resume=True), fit(num_epoch=2), rtol=0, atol=0)


def test_what_is_written_are_mxnets_files(tmp_path):
    prefix = str(tmp_path / "net")
    module = fit(num_epoch=2, checkpoint=prefix)
    same(mx.mod.Module.load(prefix, 2, load_optimizer_states=True), module, rtol=0, atol=0)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *(f"net-000{epoch}.{kind}" for epoch in (1, 2) for kind in ("params", "progress", "states")),
        "net-symbol.json",
    ]


def test_a_damaged_checkpoint_is_passed_over_with_a_word(tmp_path, caplog):
    prefix = str(tmp_path / "net")
    fit(num_epoch=2, checkpoint=prefix)
    newest = tmp_path / "net-0002.params"
    newest.write_bytes(newest.read_bytes()[:-20])
    with caplog.at_level(logging.WARNING):
        assert mx.model.last_checkpoint(prefix).epoch == 1
    assert "Cannot go on from" in caplog.text


def test_without_a_prefix_there_is_nothing_to_resume():
    with pytest.raises(mx.MXNetError, match="pass checkpoint='PREFIX' as well"):
        fit(num_epoch=1, resume=True)


def test_modules_that_have_no_network_of_their_own_say_so(tmp_path):
    module = mx.mod.SequentialModule().add(mx.mod.Module(network()), take_labels=True)
    with pytest.raises(mx.MXNetError, match="A SequentialModule has no network and optimizer of its own"):
        module.fit(circles(), num_epoch=1, checkpoint=str(tmp_path / "net"))


def test_buckets_resume_too(tmp_path):
    def run(**options):
        mx.random.seed(2)
        module = mx.mod.BucketingModule(lambda key: (network(), ["data"], ["softmax_label"]), 3)
        source = circles()
        batches = [
            mx.io.DataBatch(b.data, b.label, 0, None, 3, source.provide_data, source.provide_label)
            for b in source
        ]

        class Bucketed(mx.io.DataIter):
            provide_data, provide_label, at = source.provide_data, source.provide_label, 0

            def reset(self):
                self.at = 0

            def next(self):
                if self.at == len(batches):
                    raise StopIteration
                self.at += 1
                return batches[self.at - 1]

        with mx.name.NameManager():
            module.fit(Bucketed(), optimizer="adam", initializer=mx.init.Uniform(0.5), **options)
        return module

    prefix = str(tmp_path / "net")
    run(num_epoch=1, checkpoint=prefix)
    same(run(num_epoch=2, checkpoint=prefix, resume=True), run(num_epoch=2), rtol=0, atol=0)
    same(run(num_epoch=2, micro_batches=2), run(num_epoch=2), rtol=1e-4, atol=1e-6)


def test_checkpoints_of_buckets_have_the_network_of_the_default_key(tmp_path):
    def network(length):
        summed = mx.sym.sum(mx.sym.Variable("data"), axis=1, keepdims=True)
        scores = mx.sym.FullyConnected(summed, num_hidden=2, name=f"by_{length}")
        return mx.sym.SoftmaxOutput(scores, name="softmax"), ["data"], ["softmax_label"]

    class FirstLongThenShort(mx.io.DataIter):
        provide_data, provide_label = [("data", (2, 4))], [("softmax_label", (2,))]
        lengths = iter([4, 2])

        def next(self):
            length = next(self.lengths)
            shapes = [("data", (2, length))], self.provide_label
            return mx.io.DataBatch([mx.nd.ones((2, length))], [mx.nd.ones(2)], 0, None, length, *shapes)

    saved, called = str(tmp_path / "saved"), str(tmp_path / "called")
    module = mx.mod.BucketingModule(network, default_bucket_key=4)
    save = mx.callback.do_checkpoint(called)
    module.fit(FirstLongThenShort(2), num_epoch=1, checkpoint=saved, epoch_end_callback=save)
    assert module.symbol.list_arguments()[1] == "by_2_weight"
    for prefix in (saved, called):
        symbol, arguments, _ = mx.model.load_checkpoint(prefix, 1)
        assert symbol.list_arguments()[1] == "by_4_weight"
        assert sorted(arguments) == ["by_2_bias", "by_2_weight", "by_4_bias", "by_4_weight"]


# ----------------------------------------------------------------------------------------------------- writing


def test_what_is_saved_is_what_was_there_at_the_time(tmp_path):
    prefix, array = str(tmp_path / "net"), mx.nd.ones((100_000,))
    with mx.model.CheckpointWriter(prefix) as writer:
        writer.save(1, None, {"w": array}, {})
        array[:] = 7
    assert mx.model.load_params(prefix, 1)[0]["w"].asnumpy().max() == 1


def test_an_error_of_writing_reaches_the_next_save_or_the_end(tmp_path):
    writer = mx.model.CheckpointWriter(str(tmp_path / "absent" / "net"))
    writer.save(1, None, {"w": mx.nd.ones((2,))}, {})
    with pytest.raises(OSError, match="Cannot write"):
        writer.save(2, None, {"w": mx.nd.ones((2,))}, {})
    with pytest.raises(OSError, match="Cannot write"):
        fit(num_epoch=1, checkpoint=str(tmp_path / "absent" / "net"))


def test_a_training_that_is_killed_anywhere_goes_on_from_its_last_epoch(tmp_path):
    prefix = str(tmp_path / "net")
    environment = {**os.environ, "PYTHONPATH": str(Path(mx.__file__).parents[1])}
    process = subprocess.Popen([sys.executable, __file__, prefix], env=environment)
    try:
        until = time.monotonic() + 240
        while not (tmp_path / "net-0003.params").exists():
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.01)
    finally:
        process.kill()
        process.wait()
    last = mx.model.last_checkpoint(prefix)
    assert last.epoch >= 3
    same(
        fit(num_epoch=last.epoch + 1, checkpoint=prefix, resume=True),
        fit(num_epoch=last.epoch + 1),
        rtol=0,
        atol=0,
    )
    assert not list(tmp_path.glob("*.tmp"))


# --------------------------------------------------------------------------------------------- batches in parts


@pytest.mark.parametrize("context", [mx.cpu(), [mx.cpu(0), mx.cpu(1)]])
def test_gradients_of_parts_add_up_to_those_of_the_batch(context):
    whole = fit(num_epoch=3, context=context)
    same(fit(num_epoch=3, context=context, micro_batches=3), whole, rtol=1e-4, atol=1e-6)


def test_parts_are_measured_as_the_batch_is():
    found = []
    for count in (1, 4):
        metric = mx.metric.create(["acc", "ce"])
        fit(num_epoch=1, micro_batches=count, eval_metric=metric)
        found.append(dict(metric.get_name_value()))
    assert found[0] == pytest.approx(found[1])


def test_sequences_of_modules_work_in_parts_too():
    def run(count):
        mx.random.seed(3)
        with mx.name.NameManager():
            first = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=4)
            second = mx.sym.SoftmaxOutput(
                mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2), name="softmax"
            )
        module = mx.mod.SequentialModule()
        module.add(mx.mod.Module(first, label_names=[])).add(
            mx.mod.Module(second), take_labels=True, auto_wiring=True
        )
        module.fit(circles(), num_epoch=2, initializer=mx.init.Uniform(0.5), micro_batches=count)
        return module

    same(run(3), run(1), rtol=1e-4, atol=1e-6)


def test_a_batch_that_cannot_be_cut_is_refused():
    with pytest.raises(
        mx.MXNetError, match=r"A batch of 12 \('data' of shape \(12, 3\)\) cannot be cut into 5"
    ):
        fit(num_epoch=1, micro_batches=5)


if __name__ == "__main__":
    fit(num_epoch=10**6, checkpoint=sys.argv[1], resume=True)
