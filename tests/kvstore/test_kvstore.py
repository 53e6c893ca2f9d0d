"""Key-value stores."""

import numpy as np
import pytest

import mxnet as mx


def ones(*shape):
    return mx.nd.ones(shape)


def pulled(store, key, shape=(2,)):
    out = mx.nd.zeros(shape)
    store.pull(key, out=out)
    return out.asnumpy().tolist()


def test_what_is_pushed_under_several_keys_is_added_up():
    store = mx.kv.create()
    store.init(["a", "b"], [ones(2), ones(2)])
    store.push(["a", "b", "a"], [ones(2), [ones(2), ones(2) * 4], ones(2) * 2])
    assert pulled(store, "a") == [3, 3]
    assert pulled(store, "b") == [5, 5]


def test_what_is_kept_is_a_copy():
    store = mx.kv.create()
    first = ones(2)
    store.init(0, first)
    first[:] = 7
    assert pulled(store, 0) == [1, 1]
    pushed = ones(2) * 3
    store.push(0, pushed)
    pushed[:] = 7
    assert pulled(store, 0) == [3, 3]


def test_pushing_and_pulling_in_one_call():
    store = mx.kv.create()
    store.broadcast(1, ones(2) * 8, out=(out := mx.nd.zeros((2,))))
    assert out.asnumpy().tolist() == [8, 8]
    value = ones(2) * 3
    store.pushpull(1, [value, value], out=out)
    assert out.asnumpy().tolist() == [6, 6]
    store.pushpull(1, value)
    assert value.asnumpy().tolist() == [3, 3]


def test_numpy_integers_are_keys():
    store = mx.kv.create()
    store.init(np.int64(3), ones(2))
    assert pulled(store, 3) == [1, 1]


def test_an_optimizer_updates_what_is_kept(tmp_path):
    path = str(tmp_path / "states")
    store = mx.kv.create("device")
    store.init("w", ones(2))
    store.set_optimizer(mx.optimizer.SGD(learning_rate=0.1, momentum=0.9))
    store.push("w", ones(2))
    store.save_optimizer_states(path, dump_optimizer=True)
    store.push("w", ones(2))
    assert pulled(store, "w") == pytest.approx([0.71, 0.71])
    store.load_optimizer_states(path)
    store.push("w", ones(2))
    assert pulled(store, "w") == pytest.approx([0.52, 0.52])


# As MXNet 1.9.1: what is cut off is carried over to the next push, for each device.
def test_compressed_gradients_carry_the_rest_over():
    store = mx.kv.create("device")
    store.set_gradient_compression({"type": "2bit", "threshold": 0.5})
    store.init(0, mx.nd.zeros((4,)))
    grad = mx.nd.array([0.3, 0.6, -1.4, 0.1])
    found = []
    for _ in range(4):
        store.push(0, [grad, grad])
        found.append(pulled(store, 0, (4,)))
    assert found == [[0, 1, -1, 0], [1, 1, -1, 0]] * 2


def test_rows_are_pulled_sorted_and_once():
    store = mx.kv.create()
    store.init("e", mx.nd.array(np.arange(8).reshape(4, 2)).tostype("row_sparse"))
    out = mx.nd.sparse.zeros("row_sparse", (4, 2))
    store.row_sparse_pull("e", out=out, row_ids=mx.nd.array([3, 1, 1]))
    assert out.indices.asnumpy().tolist() == [1, 3]
    assert out.asnumpy().tolist() == [[0, 0], [2, 3], [0, 0], [6, 7]]


def test_a_store_of_one_s_own_is_found_by_name():
    @mx.kv.KVStoreBase.register
    class Postbox(mx.kv.KVStoreBase):
        pass

    store = mx.kv.create("postbox")
    assert type(store) is Postbox
    for use in (
        lambda: store.type,
        lambda: store.rank,
        lambda: store.pushpull(1, ones(1)),
        lambda: store.is_capable("x"),
    ):
        with pytest.raises(NotImplementedError, match="does not define"):
            use()


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda s: mx.kv.create(3), "such as 'local' or 'device', got int"),
        (lambda s: s.init("w", ones(2)), "The key 'w' has a value already"),
        (lambda s: s.init("v", [ones(2), ones(2)]), "The key 'v' has a value already"),
        (lambda s: s.init(["v", "u"], [ones(2)]), "There are 2 keys, but 1 values"),
        (lambda s: s.init(1.5, ones(2)), "A key is an integer or a text, got 1.5"),
        (lambda s: s.init(5, ones(2)), "all integers or all texts: the first was str, 5 is not"),
        (lambda s: s.init("v", 3), "must be an NDArray, got int"),
        (lambda s: s.push("W", ones(2)), "Nothing is stored under the key 'W': init it first"),
        (lambda s: s.pull("x", out=ones(2)), "Nothing is stored under the key 'x'"),
        (lambda s: s.push("w", ones(3)), r"holds the shape \(2,\), but \(3,\) was pushed"),
        (lambda s: s.pull("w", out=ones(3)), r"holds the shape \(2,\), but `out` has \(3,\)"),
        (lambda s: s.pull("w"), "pull needs the arrays to copy into"),
        (lambda s: s.row_sparse_pull("w", out=ones(2)), "row_sparse_pull needs arrays and rows"),
        (
            lambda s: s.row_sparse_pull("w", out=ones(2), row_ids=ones(1)),
            "copies into row_sparse arrays, got default",
        ),
        (lambda s: s.save_optimizer_states("x"), "set_optimizer has not been called"),
        (lambda s: s.load_optimizer_states("x"), "set_optimizer has not been called"),
        (lambda s: s.is_capable("fly"), "'fly' is no known capability"),
        (
            lambda s: s.set_gradient_compression({"type": "2bit"}),
            "by stores of type 'device', not by 'local'",
        ),
        (
            lambda s: mx.kv.create("device").set_gradient_compression({"type": "4bit"}),
            "The compression type is '4bit'. Expected '2bit'",
        ),
        (
            lambda s: mx.kv.create("device").set_gradient_compression({"type": "2bit", "treshold": 1}),
            "Did you mean 'threshold'",
        ),
    ],
)
def test_misuse_is_explained(use, message):
    store = mx.kv.create()
    store.init("w", ones(2))
    with pytest.raises(mx.MXNetError, match=message):
        use(store)


def test_an_optimizer_updates_several_keys_that_are_pushed_together():
    store = mx.kv.create("local")
    keys = ["a", "b"]
    store.init(keys, [mx.nd.ones((2,)), mx.nd.ones((3,))])
    store.set_optimizer(mx.optimizer.SGD(learning_rate=0.5))
    store.push(keys, [[mx.nd.ones((2,)), mx.nd.ones((2,))], [mx.nd.ones((3,))]])
    outs = [mx.nd.zeros((2,)), mx.nd.zeros((3,))]
    store.pull(keys, outs)
    assert [out.asnumpy().tolist() for out in outs] == [[0, 0], [0.5, 0.5, 0.5]]


def test_an_updater_of_a_user_s_own_gets_one_key_at_a_time():
    store = mx.kv.create("local")
    store.init([1, 2], [mx.nd.ones((2,)), mx.nd.ones((3,))])
    seen = []
    store._set_updater(lambda key, grad, stored: seen.append((key, grad.shape, stored.shape)))
    store.push([1, 2], [mx.nd.ones((2,)), mx.nd.ones((3,))])
    assert seen == [(1, (2,), (2,)), (2, (3,), (3,))]


def rows(*numbers):
    return mx.nd.array(numbers)


def sparse_store():
    store = mx.kv.create()
    store.init(["s", "t"], [ones(4, 2).tostype("row_sparse"), (ones(4, 2) * 2).tostype("row_sparse")])
    return store


def target():
    return mx.nd.zeros((4, 2), stype="row_sparse")


@pytest.mark.parametrize(
    ("key", "out", "row_ids", "found"),  # recorded from MXNet 1.9.1, but for the last two
    [
        ("s", [target()], rows(0, 2), [[0, 2]]),
        ("s", [target(), target()], rows(0, 2), [[0, 2], [0, 2]]),
        ("s", [target(), target()], [rows(0), rows(1)], [[0], [1]]),
        ("s", [target()], mx.nd.array([[0, 2], [2, 1]]), [[0, 1, 2]]),
        (["s", "t"], [target(), target()], [rows(0), rows(1)], [[0], [1]]),
        (
            ["s", "t"],
            [[target(), target()], [target(), target()]],
            [[rows(0), rows(1)], [rows(2), rows(3)]],
            [[0], [1], [2], [3]],
        ),
        (["s", "t"], [[target()], [target()]], [[rows(0)], [rows(2, 9)]], [[0], [2]]),
        (("s", "t"), ([target(), target()], [target()]), ([rows(0)], [rows(2)]), [[0], [0], [2]]),
        ("s", target(), np.array([1, 1]), [[1]]),
    ],
)
def test_rows_come_in_every_nesting_of_keys(key, out, row_ids, found):
    sparse_store().row_sparse_pull(key, out=out, row_ids=row_ids)
    flat = [
        each
        for one in (out if isinstance(out, (list, tuple)) else [out])
        for each in (one if isinstance(one, (list, tuple)) else [one])
    ]
    assert [each.indices.asnumpy().tolist() for each in flat] == found
    assert all((each.data.asnumpy() > 0).all() for each in flat)


def test_rows_that_nothing_is_kept_of_are_zeros():
    store = mx.kv.create()
    store.init("s", mx.nd.sparse.row_sparse_array((np.ones((1, 2)), [1]), shape=(4, 2), dtype="float32"))
    out = target()
    store.row_sparse_pull("s", out=out, row_ids=rows(2, 0, 1, 1))
    assert out.indices.asnumpy().tolist() == [0, 1, 2]
    assert out.data.asnumpy().tolist() == [[0, 0], [1, 1], [0, 0]]


def test_pull_leaves_row_sparse_arrays_alone_unless_told():
    store, out = sparse_store(), target()
    store.pull("s", out=out)
    assert not out.asnumpy().any()
    store.pull("s", out=out, ignore_sparse=False)
    assert (out.asnumpy() == 1).all()


def test_what_is_kept_stays_stored_as_it_was():
    store = sparse_store()
    store.push("s", ones(4, 2) * 3)
    assert store._stored["s"].stype == "row_sparse"


def test_there_are_no_servers_to_hear_a_command():
    assert mx.kv.create("local")._send_command_to_servers(0, "anything") is None
