"""Runs tests in several worker processes; ``several_workers.py NAME:COUNT ...`` prints what each one found.

All are forked from one process, which has imported everything: that is what takes long.
"""

import json
import os
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch.distributed

import mxnet as mx

DEADLINE = 60


def ones(*shape):
    return mx.nd.ones(shape)


def pulled(store, key, shape):
    out = mx.nd.zeros(shape)
    store.pull(key, out=out)
    return out.asnumpy().tolist()


# ------------------------------------------------------------------------------------------------------ store


def keys_and_values():
    store = mx.kv.create("dist_sync")
    mine = store.rank + 1
    yield "who", [store.type, store.rank, store.num_workers]
    store.init("w", ones(3) * mine)
    yield "init", pulled(store, "w", (3,))
    store.push("w", [ones(3) * mine] * 2)
    yield "push", pulled(store, "w", (3,))
    store.init(["a", "b", "h"], [mx.nd.zeros((2,)), mx.nd.zeros((1, 2)), mx.nd.zeros((2,), dtype="float16")])
    store.push(["a", "b", "h"], [ones(2) * mine, ones(1, 2) * 2, (ones(2) * mine).astype("float16")])
    store.push("a", ones(2) * 5)
    yield "many", [pulled(store, "b", (1, 2)), pulled(store, "a", (2,)), pulled(store, "h", (2,))]
    if store.rank == 0:
        pulled(store, "w", (3,))  # sends nothing, so one alone may do so
    out = mx.nd.zeros((3,))
    store.pushpull("w", ones(3) * mine, out=out)
    yield "pushpull", out.asnumpy().tolist()
    store._barrier()
    store._send_command_to_servers(0, "")


def rows():
    store = mx.kv.create("dist_device_sync")
    first = mx.nd.array(np.arange(8).reshape(4, 2) + 10 * store.rank)
    store.init("rows", first.tostype("row_sparse"))
    gradient = mx.nd.sparse.row_sparse_array((np.ones((2, 2)), [store.rank, 2]), shape=(4, 2))
    store.push("rows", gradient)
    out = mx.nd.sparse.zeros("row_sparse", (4, 2))
    store.row_sparse_pull("rows", out=out, row_ids=mx.nd.array([0, 2, 3]))
    yield "rows", [out.indices.asnumpy().tolist(), out.asnumpy().tolist()]


def two_bits():
    store = mx.kv.create("dist_sync")
    mine = store.rank + 1
    store.set_gradient_compression({"type": "2bit", "threshold": 0.5})
    store.init("w", ones(5) * 9)
    yield "init", pulled(store, "w", (5,))
    found = []
    for _ in range(3):
        store.push("w", [mx.nd.array([0.3, -0.3, 0.5, -2.0, 0.1]) * mine, mx.nd.array([0.3, 0, 0, 0, 0])])
        found.append(pulled(store, "w", (5,)))
    yield "sums", found
    yield "bytes", store.sent_bytes


def updates():
    store = mx.kv.create("dist_sync")
    store.init("w", mx.nd.zeros((3,)))
    store.set_optimizer(mx.optimizer.SGD(learning_rate=0.1, rescale_grad=0.5))
    store.push("w", ones(3) * (store.rank + 1))
    yield "w", np.round(pulled(store, "w", (3,)), 6).tolist()


def disorder():
    store = mx.kv.create("dist_sync")
    store.init(["a", "b"], [ones(2), ones(2)])
    try:
        store.push("ab"[store.rank], ones(2))
        pulled(store, "ab"[store.rank], (2,))
    except mx.MXNetError as error:
        yield "push", str(error)
    try:
        store.init(f"only{store.rank}", ones(2))
    except mx.MXNetError as error:
        yield "init", str(error)


# --------------------------------------------------------------------------------------------------- training

SAMPLES, BATCH = 48, 16


def data(part=0, parts=1):
    random = np.random.RandomState(3)
    samples = random.randn(SAMPLES, 6).astype("float32")
    labels = (samples.sum(1) > 0).astype("float32")
    # The parts of every batch, so that workers together see the batches of one alone.
    mine = [i for i in range(SAMPLES) if i % parts == part]
    return mx.io.NDArrayIter(samples[mine], labels[mine], BATCH // parts)


def net():
    hidden = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=8, name="first")
    hidden = mx.sym.Activation(hidden, act_type="tanh")
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(hidden, num_hidden=2, name="last"), name="softmax")


def trained(kvstore, part=0, parts=1, **options):
    mx.random.seed(part)  # the values of the first worker are those of all
    module = mx.mod.Module(net())
    module.fit(
        data(part, parts),
        kvstore=kvstore,
        optimizer="adam",
        optimizer_params={"learning_rate": 0.05},
        initializer=mx.init.Uniform(0.5),
        **{"num_epoch": 3, **options},
    )
    return module


def values(module):
    return {name: array.asnumpy().tolist() for name, array in module.get_params()[0].items()}


def module_fit():
    yield "alone", values(trained("local"))
    store = mx.kv.create("dist_sync")
    os.environ["MXNET_KVSTORE_BUCKET"] = "200"  # a message for each
    together = trained(store, store.rank, store.num_workers)
    yield "together", values(together)
    yield "scale", together._optimizer.rescale_grad
    os.environ["MXNET_UPDATE_ON_KVSTORE"] = "0"
    yield "by the devices", values(trained("dist_sync", store.rank, store.num_workers))


def resumed():
    store = mx.kv.create("dist_sync")
    yield "at once", values(trained(store, store.rank, store.num_workers))
    with tempfile.TemporaryDirectory() as folder:  # another one for each: they share no disk
        prefix = os.path.join(folder, "net")
        trained("dist_sync", store.rank, store.num_workers, num_epoch=2, checkpoint=prefix)
        yield "files", sorted(os.listdir(folder))
        again = trained("dist_sync", store.rank, store.num_workers, checkpoint=prefix, resume=True)
    yield "resumed", values(again)


def gluon_trainer():
    store = mx.kv.create("dist_sync")
    weight = mx.gluon.Parameter("weight", shape=(2,))
    weight.initialize(mx.init.Constant(store.rank + 1))
    trainer = mx.gluon.Trainer([weight], "sgd", {"learning_rate": 0.1}, kvstore=store)
    found = []
    for _ in range(2):
        with mx.autograd.record():
            loss = (weight.data() * (store.rank + 1)).sum()
        loss.backward()
        trainer.step(4)
        found.append(np.round(weight.data().asnumpy(), 6).tolist())
    yield "weights", found


# ---------------------------------------------------------------------------------------------- amid backward


def linear(store, **options):
    """Return a module of three layers, and a batch."""
    x = mx.sym.Variable("data")
    for number in range(3):
        x = mx.sym.FullyConnected(x, num_hidden=2, no_bias=True, name=f"fc{number}")
    module = mx.mod.Module(mx.sym.MakeLoss(mx.sym.sum(x)), label_names=None, **options)
    module.bind([("data", (1, 2))])
    module.init_params(mx.init.One())
    module.init_optimizer(store, optimizer_params={"learning_rate": 0.01, "rescale_grad": 1})
    return module, mx.io.DataBatch([ones(1, 2) * (store.rank + 1)])


def begun(store):
    """How many messages have begun since the last push."""
    return store._rehearsal._begun if store._rehearsal else 0


def amid_backward():
    os.environ["MXNET_KVSTORE_BUCKET"] = "1"  # a message for each
    os.environ["MXNET_DISABLED_PASSES"] = "native"  # which computes all gradients at once here
    store = mx.kv.create("dist_sync")
    module, batch = linear(store)
    del os.environ["MXNET_DISABLED_PASSES"]
    for _ in range(2):
        module.forward_backward(batch)
        yield "begun at first", begun(store)
        module.update()
    known, sent = [], store.sent_bytes
    send = store._courier.send

    def noted(*given):
        known.append(len(store._rehearsal._seen))
        return send(*given)

    store._courier.send = noted
    module.forward_backward(batch)
    yield "known when messages begin", known
    yield "begun after backward", begun(store)
    module.update()
    yield "sent", store.sent_bytes - sent


def touched():
    """One worker doubles its gradients in some steps, behind their backs or by a second backward."""
    os.environ["MXNET_KVSTORE_BUCKET"] = "1"
    for bits in (32, 2):
        store = mx.kv.create("dist_sync")
        coded = {"type": "2bit", "threshold": 10} if bits == 2 else None
        module, batch = linear(store, compression_params=coded)
        early, found = [], []
        for step in range(6):
            module.forward_backward(batch)
            early.append(begun(store))
            if step in (2, 3) and store.rank == 1:
                if step == 3:
                    module.forward_backward(batch)
                for (array,) in module._exec_group.grad_arrays:
                    array[:] = array * 2
            module.update()
            found.append(float(module.get_params()[0]["fc0_weight"].sum().asscalar()))
        yield f"early {bits}", early
        yield f"weights {bits}", found
    if store.rank == 0:
        module.forward_backward(batch)  # by one alone, and nobody pushes
        store = mx.kv.create("dist_sync")
    yield "together", True
    store._barrier()


def embedding():
    store = mx.kv.create("dist_sync")
    net = mx.gluon.nn.HybridSequential()
    net.add(mx.gluon.nn.Embedding(4, 2, sparse_grad=True), mx.gluon.nn.Dense(1, in_units=2, use_bias=False))
    net.initialize(mx.init.One())
    found, early = [], []
    for hybrid in (False, True):
        os.environ["MXNET_UPDATE_ON_KVSTORE"] = "01"[hybrid]
        if hybrid:
            net.hybridize()
        trainer = mx.gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1}, kvstore=store)
        for _ in range(3):
            with mx.autograd.record():
                loss = net(mx.nd.array([store.rank, 2])).sum()
            loss.backward()
            early.append(begun(store))
            trainer.step(1)
        found.append([each.data().asnumpy().round(5).tolist() for each in net.collect_params().values()])
        store = mx.kv.create("dist_sync")
    yield "weights", found
    yield "early", early


# -------------------------------------------------------------------------------------------------- accidents


def one_is_killed():
    store = mx.kv.create("dist_sync")
    store.init("w", ones(1000))
    for step in range(1000):
        if step == 3 and store.rank == store.num_workers - 1:
            os.kill(os.getpid(), signal.SIGKILL)
        try:
            store.push("w", ones(1000))
            pulled(store, "w", (1000,))
        except mx.MXNetError as error:
            yield "error", [type(error).__name__, str(error)]
            return


def one_is_done_before():
    store = mx.kv.create("dist_sync")
    if store.rank:
        return
    try:
        store._barrier()
    except mx.MXNetError as error:
        yield "error", str(error)


def every_peaceful_test():
    tests = (keys_and_values, rows, two_bits, updates, module_fit, resumed, gluon_trainer)
    for test in (*tests, amid_backward, touched, embedding, disorder):
        yield test.__name__, dict(test())
    yield "one_is_done_before", dict(one_is_done_before())


# -------------------------------------------------------------------------------------------------- processes


def run(test, count):
    """Return what each of several workers found in a test, and how they ended."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    os.environ |= {
        "DMLC_PS_ROOT_URI": "127.0.0.1",
        "DMLC_PS_ROOT_PORT": str(port),
        "DMLC_NUM_WORKER": str(count),
    }
    with tempfile.TemporaryDirectory() as folder:
        children = [fork(test, os.path.join(folder, str(number))) for number in range(count)]
        ends = [waited(child) for child in children]
        found = [json.loads(path.read_bytes()) for path in Path(folder).iterdir()]
    return {"ends": sorted(ends), "found": sorted(found, key=lambda each: each["rank"])}


def fork(test, path):
    child = os.fork()
    if child:
        return child
    signal.alarm(DEADLINE)
    try:
        found = dict(test())
        found["rank"] = mx.kv.create("dist_sync").rank
        with open(path, "w") as file:
            json.dump(found, file)
        mx.kvstore.workers.join_workers().leave()
        torch.distributed.destroy_process_group()
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


def waited(child):
    until = time.monotonic() + DEADLINE
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "hangs"


if __name__ == "__main__":
    results = {}
    for wanted in sys.argv[1:]:
        name, _, count = wanted.partition(":")
        results[name] = run(globals()[name], int(count))
    sys.stdout.write(json.dumps(results))
