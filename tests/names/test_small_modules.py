"""The small modules of MXNet that programs import: each does what it is for, or says plainly why it cannot."""

import logging

import numpy as np
import pytest

import mxnet as mx
from mxnet import misc
from mxnet.io.utils import _getdata_by_idx, _has_instance, _init_data, _slice_along_batch_axis
from mxnet.kvstore.kvstore_server import KVStoreServer, _init_kvstore_server_module
from mxnet.ndarray import ndarray as nd
from mxnet.operator import get_operator_arguments

# ------------------------------------------------------------------------------------------ engine and context


def test_the_bulk_size_is_kept_and_given_back():
    before = mx.engine.set_bulk_size(15)
    assert mx.engine.set_bulk_size(before) == 15
    with mx.engine.bulk(3):
        assert mx.engine.set_bulk_size(3) == 3
    assert mx.engine.set_bulk_size(before) == before


def test_the_current_context_has_its_old_name():
    assert mx.Context.default_ctx == mx.cpu()
    with mx.cpu(2):
        assert mx.Context.default_ctx == mx.cpu(2)
    mx.Context.default_ctx = mx.cpu(1)
    try:
        assert mx.current_context() == mx.nd.ones((1,)).context == mx.cpu(1)
    finally:
        mx.Context.default_ctx = mx.cpu()


def test_features_are_those_of_this_installation():
    features = mx.runtime.Features()
    assert features is mx.runtime.Features() is mx.runtime.Features.instance
    assert len(features) == len(mx.runtime.feature_list()) == 32
    assert features.is_enabled("lapack")
    assert not features.is_enabled("TVM_OP")
    assert repr(features["TVM_OP"]) == "✖ TVM_OP"
    assert "✔ LAPACK" in repr(features)
    with pytest.raises(RuntimeError, match="There is no feature 'LAPAK'.*LAPACK"):
        features.is_enabled("lapak")


def test_environment_variables(monkeypatch):
    monkeypatch.delenv("SOME_NAME", raising=False)
    assert mx.util.getenv("SOME_NAME") is None
    mx.util.setenv("SOME_NAME", "3")
    assert mx.util.getenv("SOME_NAME") == "3"
    mx.util.setenv("SOME_NAME", None)
    assert mx.util.getenv("SOME_NAME") is None


def test_the_module_of_a_function_is_set():
    @mx.util.set_module("mxnet.elsewhere")
    def function():
        pass

    assert function.__module__ == "mxnet.elsewhere"


def test_gpus_are_counted_as_elsewhere():
    assert mx.util.get_gpu_count() == mx.context.num_gpus()
    with pytest.raises(mx.MXNetError):
        mx.util.get_gpu_memory(10**6)


def test_only_gpus_have_a_compute_capability():
    with pytest.raises(ValueError, match=r"got cpu\(0\)"):
        mx.util.get_cuda_compute_capability(mx.cpu())


# -------------------------------------------------------------------------------------------------- schedules


def test_the_first_schedule_falls_by_a_factor(caplog):
    schedule = misc.FactorScheduler(10, 0.5)
    schedule.base_lr = 1.0
    with caplog.at_level(logging.INFO):
        rates = [schedule(i) for i in (1, 5, 10, 11, 20, 25, 31)]
    assert rates == [1.0, 1.0, 0.5, 0.5, 0.25, 0.25, 0.125]
    assert caplog.messages[0] == "At Iteration [10]: Switch to new learning rate 0.50000"
    assert len(caplog.messages) == 3


@pytest.mark.parametrize("given", [(0, 0.5), (5, 1.5)])
def test_a_schedule_that_makes_no_sense_is_refused(given):
    with pytest.raises(ValueError, match="must be"):
        misc.FactorScheduler(*given)


def test_the_base_of_schedules_is_overridden():
    with pytest.raises(NotImplementedError, match=r"__call__\(iteration\)"):
        misc.LearningRateScheduler()(3)


# --------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("use", "why"),
    [
        (mx.libinfo.find_lib_path, "Cannot find 'libmxnet'"),
        (mx.libinfo.find_include_path, "Cannot find MXNet's C headers"),
        (mx.libinfo.find_conf_path, "Cannot find the configuration 'tvmop'"),
        (lambda: mx.rtc.CudaModule("source"), "CUDA kernels cannot be compiled at run time here"),
        (lambda: mx.rtc.CudaKernel(None, "name", [], []), "mx.operator.CustomOp"),
        (lambda: mx.library.load("absent.so"), "'absent.so' does not exist"),
        (lambda: mx.library.load(__file__), "compiled against MXNet's C headers"),
    ],
)
def test_what_needs_mxnets_library_says_so_as_mxnet_does_without_one(use, why):
    with pytest.raises(RuntimeError, match=why):
        use()


def test_the_version_is_mxnets():
    assert mx.libinfo.__version__ == mx.__version__ == "1.9.1"


# ----------------------------------------------------------------------------------------------------- stores


def test_a_server_of_one_process_has_nothing_to_wait_for():
    store = mx.kv.create("local")
    server = mx.kvstore_server.KVStoreServer(store)
    assert isinstance(server, KVStoreServer)
    assert server.kvstore is store
    assert server.run() is None


@pytest.mark.parametrize("role", ["server", "scheduler"])
def test_a_process_that_was_started_for_another_role_says_that_none_is_needed(monkeypatch, capsys, role):
    _init_kvstore_server_module()
    monkeypatch.setenv("DMLC_ROLE", role)
    with pytest.raises(SystemExit) as ended:
        _init_kvstore_server_module()
    assert ended.value.code == 0
    assert f"this {role} (DMLC_ROLE={role}) ends at once" in capsys.readouterr().err


def test_the_test_store_adds_up():
    store = mx.kv.create("teststore")
    assert (store.type, store.rank, store.num_workers, store.is_capable("optimizer")) == (
        "teststore",
        0,
        1,
        False,
    )
    values = [mx.nd.ones((2,)), mx.nd.ones((2,)) * 3]
    total, copies = mx.nd.zeros((2,)), [mx.nd.zeros((2,)), mx.nd.zeros((2,))]
    store.pushpull("a", values, out=total)
    store.broadcast("a", total, copies)
    store.pushpull("a", values)
    assert [each.asnumpy().tolist() for each in (total, *copies, *values)] == [[4, 4]] * 5
    with pytest.raises(ValueError, match="'x' is no known capability"):
        store.is_capable("x")
    with pytest.raises(NotImplementedError):
        store.set_optimizer(None)


# -------------------------------------------------------------------------------------------------- iterators


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (np.ones((2, 3)), [("data", (2, 3))]),
        ([np.ones(2), mx.nd.ones((4,))], [("_0_data", (2,)), ("_1_data", (4,))]),
        ({"b": np.ones(2), "a": mx.nd.ones((3,))}, [("a", (3,)), ("b", (2,))]),
        (None, []),
        ([], []),
    ],
)
def test_arrays_get_names(given, named):
    made = _init_data(given, allow_empty=True, default_name="data")
    assert [(name, array.shape) for name, array in made] == named
    assert all(array.dtype == np.float32 for _, array in made)


def test_no_arrays_are_refused_where_some_are_needed():
    with pytest.raises(AssertionError, match="at least one array of data, got None"):
        _init_data(None, allow_empty=False, default_name="data")


def test_what_is_no_array_is_refused():
    with pytest.raises(TypeError, match="'a'"):
        _init_data({"a": "text"}, allow_empty=True, default_name="data")


def test_named_arrays_are_told_apart_and_put_in_order():
    named = _init_data({"a": np.arange(4.0)}, allow_empty=False, default_name="data")
    assert _has_instance(named, mx.nd.NDArray)
    assert not _has_instance(named, mx.nd.sparse.CSRNDArray)
    ((name, rows),) = _getdata_by_idx(named, np.array([3, 1]))
    assert (name, rows.asnumpy().tolist()) == ("a", [3, 1])


def test_a_batch_is_cut_along_its_axis():
    array = mx.nd.array(np.arange(6).reshape(2, 3))
    assert _slice_along_batch_axis(array, slice(0, 1), 0).shape == (1, 3)
    assert _slice_along_batch_axis(array, slice(0, 1), 1).asnumpy().tolist() == [[0], [3]]


# ---------------------------------------------------------------------------------------------- arrays by code


def test_codes_are_those_of_files_and_of_c():
    assert nd._DTYPE_NP_TO_MX[np.float32] == 0
    assert nd._DTYPE_MX_TO_NP[6] is np.int64
    assert nd._DTYPE_MX_TO_NP[-1] is None
    assert nd._GRAD_REQ_MAP == {"null": 0, "write": 1, "add": 3}
    assert nd._STORAGE_TYPE_STR_TO_ID == {"undefined": -1, "default": 0, "row_sparse": 1, "csr": 2}
    assert nd._STORAGE_TYPE_ID_TO_STR[nd._STORAGE_TYPE_CSR] == "csr"


@pytest.mark.parametrize(
    ("key", "code"),
    [((1, slice(1), None), 0), ((), 0), (([1],), 1), ((1, np.array([2])), 1), ((mx.nd.ones(1),), 1)],
)
def test_a_key_is_basic_or_advanced(key, code):
    assert nd.get_indexing_dispatch_code(key) == code


@pytest.mark.parametrize("key", [("a",), (...,)])
def test_what_is_no_index_is_refused(key):
    with pytest.raises(ValueError, match="no index"):
        nd.get_indexing_dispatch_code(key)


@pytest.mark.parametrize(
    ("key", "shape", "expanded"),
    [
        (1, (2, 3), (1, slice(None))),
        ((..., 1), (2, 3, 4), (slice(None), slice(None), 1)),
        ((None, 1), (2, 3), (None, 1, slice(None))),
    ],
)
def test_a_key_gets_a_slice_for_what_it_leaves_out(key, shape, expanded):
    assert nd.indexing_key_expand_implicit_axes(key, shape) == (expanded, -1)


def test_a_mask_in_a_key_is_found_and_checked():
    mask = np.array([True, False, True])
    assert nd.indexing_key_expand_implicit_axes((1, mask), (2, 3))[1] == 1
    nd.check_boolean_array_dimension((2, 3), 1, (3,))
    with pytest.raises(IndexError, match="Axis 0 has the extent 2, but the boolean array has 3"):
        nd.check_boolean_array_dimension((2, 3), 0, (3,))


def test_shapes_of_what_is_taken_and_broadcast():
    assert nd.get_oshape_of_gather_nd_op((3, 4, 5), (2, 6)) == (6, 5)
    assert nd._get_broadcast_shape((2, 1), (3,)) == (2, 3)
    with pytest.raises(ValueError, match="do not broadcast"):
        nd._get_broadcast_shape((2,), (3,))


def test_slices_as_numbers():
    assert nd._int_to_slice(3) == slice(3, 4)
    assert nd._int_to_slice(-1) == slice(-1, None)
    assert nd._get_index_range(None, None, 10) == (0, 10, 1)
    assert nd._get_index_range(1, None, 10, -1) == (1, -1, -1)
    assert nd._get_dim_size(1, 7, 2) == 3
    assert nd._get_slice_len(slice(1, None, 2), 10) == 5


# ------------------------------------------------------------------------------------------ what operators take


def test_arguments_of_an_operator_are_listed_with_their_types():
    narg, names, types = get_operator_arguments("FullyConnected")
    assert (narg, names) == (6, ["data", "weight", "bias", "num_hidden", "no_bias", "flatten"])
    assert types == [
        *["NDArray-or-Symbol"] * 3,
        "int, required",
        *(f"boolean, optional, default={i}" for i in (0, 1)),
    ]


@pytest.mark.parametrize(
    ("operator", "argument", "words"),
    [
        ("Concat", "dim", "int, optional, default='1'"),
        ("Activation", "act_type", "{'relu', 'sigmoid', 'softrelu', 'softsign', 'tanh'}, required"),
        ("Convolution", "kernel", "Shape(tuple), required"),
        ("_contrib_box_nms", "overlap_thresh", "float, optional, default=0.5"),
        ("Concat", "data", "NDArray-or-Symbol[]"),
    ],
)
def test_types_are_in_mxnets_words(operator, argument, words):
    _, names, types = get_operator_arguments(operator)
    assert types[names.index(argument)] == words


def test_an_operator_that_is_not_there_has_no_arguments():
    with pytest.raises(mx.MXNetError, match="nope"):
        get_operator_arguments("nope")


def test_docstrings_are_made_of_arguments_and_what_a_class_adds():
    class madeDoc(mx.symbol_doc.SymbolDoc):  # noqa: N801
        """More
        of it."""

    class drawnDoc(mx.ndarray_doc.NDArrayDoc):  # noqa: N801
        """Even more."""

    arguments = (["a"], ["int"], ["An argument."])
    made = mx.symbol_doc._build_doc("made", "Does it.", *arguments, key_var_num_args="num_args")
    assert made.startswith(
        "Does it.\nThis function support variable length of positional input.\n\nParameters\n"
    )
    assert made.endswith("Returns\n-------\nSymbol\n    The result symbol.\nMore\nof it.")
    drawn = mx.ndarray_doc._build_doc("drawn", "Draws.", *arguments)
    assert "out : NDArray, optional\n    The output NDArray to hold the result." in drawn
    assert drawn.endswith("\nEven more.")
