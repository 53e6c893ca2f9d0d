"""Every name is where MXNet has it: what 1.9.1 and 1.2.1 hold, recorded in mxnet_names.json, and the exceptions.

``api`` holds the functions, classes and members of MXNet's Python package; ``star`` what ``from module import *``
brings, each with the module that it is from ("" for plain values).
"""

import importlib
import json
import pydoc
import subprocess
import sys
from pathlib import Path

import pytest

import mxnet as mx
from mxnet.historic import loans
from mxnet.historic.tables import TABLES

NAMES = json.loads((Path(__file__).parent / "mxnet_names.json").read_text())

# What stands in other rooms, or is built elsewhere.
OTHER_ROOMS = (
    "mxnet.contrib",
    "mxnet.gluon",
    "mxnet.onnx",
    "mxnet.notebook",
)

ABSENT = {
    "MXNet's numpy, which is no part of Symnet": {
        *("np", "npx", "np_symbol", "np_array", "np_ufunc_legal_option", "numpy", "numpy_extension"),
        *("numpy_dispatch_protocol", "numpy_op_fallback", "numpy_op_signature", "use_np", "use_np_array"),
        *("wrap_np_binary_func", "wrap_np_unary_func", "NDArray.as_np_ndarray", "Symbol.as_np_ndarray"),
    },
    "the interface of MXNet's C library": {
        *("c_array", "c_array_buf", "c_handle_array", "c_str", "c_str_array", "check_call", "c_int_p"),
        *(
            "ctypes2numpy_shared",
            "get_last_ffi_error",
            "CachedOp",
            "DLContext",
            "DLDataType",
            "DLManagedTensor",
        ),
        *(
            "DLTensor",
            "MXCallbackList",
            "_new_empty_handle",
            "_ndarray_cls",
            "api",
            "cython",
            "space",
            "tvmop",
        ),
    },
    "memory that MXNet's objects free, as Python's do by themselves": {"__del__"},
    "packages that Symnet does without, and whether MXNet found them": {
        *("SKLEARN_INSTALLED", "h5py", "requests", "ss"),
    },
    "a plug-in for Torch 7 that no released MXNet has": {"th", "torch"},
    "sampling of graphs, operators that are not there": {
        *("dgl_adjacency", "dgl_csr_neighbor_non_uniform_sample", "dgl_csr_neighbor_uniform_sample"),
        *("dgl_graph_compact", "dgl_subgraph"),
    },
    "private numbers, which a star has no need to bring": {
        "_DTYPE_MX_TO_NP",
        "_DTYPE_NP_TO_MX",
        "_GRAD_REQ_MAP",
    },
    "other rooms": {"contrib", "gluon", "notebook", "onnx"},
    "checks of Gluon and downloads": {
        *(
            "check_gluon_hybridize_consistency",
            "download_model",
            "get_cifar10",
            "get_im2rec_path",
            "get_mnist_pkl",
        ),
    },
}
EXCEPTIONS = set().union(*ABSENT.values())
FOREIGN = ("ctypes", "_ctypes", "__future__")  # what C and Python 2 need


def is_excepted(name):
    owner, _, member = name.rpartition(".")
    return bool({name, owner, member} & EXCEPTIONS)


def modules_of(part):
    return [each for each in NAMES[part] if not each.startswith(OTHER_ROOMS) and each != "mxnet.torch"]


def api():
    """Yield module, and name in it, of everything that MXNet's package defines."""
    for module in modules_of("api"):
        yield from ((module, name) for name in NAMES["api"][module]["functions"])
        for name, members in NAMES["api"][module]["classes"].items():
            yield module, name
            yield from ((module, f"{name}.{member}") for member in members)


def is_there(module, name):
    found = importlib.import_module(module)
    for part in name.split("."):
        if not hasattr(found, part):
            return False
        found = getattr(found, part)
    return True


@pytest.mark.parametrize("module", sorted({*modules_of("api"), *modules_of("star")}))
def test_module_is_imported_by_mxnets_path(module):
    assert importlib.import_module(module).__name__ == module


def test_99_percent_of_mxnets_names_and_methods_are_there():
    expected = [each for each in api() if not is_excepted(each[1])]
    missing = [each for each in expected if not is_there(*each)]
    assert len(expected) > 1700
    assert len(missing) <= 0.01 * len(expected), missing


@pytest.mark.parametrize("module", modules_of("star"))
def test_star_brings_what_it_brought(module):
    brought = {}
    exec(f"from {module} import *", brought)
    expected = {name for name, home in NAMES["star"][module].items() if not home.startswith(FOREIGN)}
    assert {name for name in expected - set(brought) if not is_excepted(name)} == set()


def test_star_of_the_package_brings_its_modules():
    brought = {}
    exec("from mxnet import *", brought)
    assert brought["nd"] is mx.nd
    assert brought["mod"].Module is mx.mod.Module
    assert not {"annotations", "Any", "importlib"} & set(brought)


# ------------------------------------------------------------------------------------------------- the tables


def exists(module):
    try:
        importlib.import_module(module)
    except ModuleNotFoundError:
        return False
    return True


def lent():
    for module in TABLES:
        for loan in loans(module):
            awaited = not exists(loan.module)
            yield pytest.param(
                module,
                loan,
                id=f"{module}.{loan.name}",
                marks=pytest.mark.skipif(awaited, reason=loan.module),
            )


@pytest.mark.parametrize(("module", "loan"), list(lent()))
def test_what_a_table_lends_is_found(module, loan):
    assert getattr(importlib.import_module(module), loan.name) is loan.find()


def test_what_mxnet_imports_is_not_listed():
    assert "np" not in dir(mx.test_utils)
    assert mx.test_utils.np.__name__ == "numpy"


def test_what_mxnet_defines_is_listed():
    assert {"ones", "maximum"} <= set(dir(mx.nd.ndarray))


def test_help_tells_of_what_the_module_is_for():
    text = pydoc.plain(pydoc.render_doc(mx.test_utils))
    assert "assert_almost_equal" in text
    assert "OrderedDict" not in text
    assert "class Context" not in text


def test_importing_mxnet_imports_nothing_that_is_lent():
    code = "import sys, mxnet; print('torch' in sys.modules, 'mxnet.ndarray' in sys.modules, 'bz2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False False\n"


@pytest.mark.parametrize(
    ("use", "message"),
    [
        ("mx.np", "module 'mxnet' has no attribute 'np': MXNet's numpy is not part of Symnet"),
        ("mx.npx", "use mx.nd, and mx.np_shape"),
        ("mx.use_np", "MXNet's numpy is not part of Symnet"),
        ("mx.base._LIB", "it belongs to MXNet's C library"),
        ("mx.base.nothing", "module 'mxnet.base' has no attribute 'nothing'$"),
    ],
)
def test_what_is_missing_on_purpose_says_why(use, message):
    with pytest.raises(AttributeError, match=message):
        eval(use)


def test_a_patched_name_is_put_back(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("mxnet.model.DataParallelExecutorManager", 3)
        assert mx.model.DataParallelExecutorManager == 3
    assert mx.model.DataParallelExecutorManager is mx.executor_manager.DataParallelExecutorManager


def test_who_looks_into_a_namespace_finds_what_is_lent():
    assert vars(mx.symbol.symbol)["Variable"] is mx.sym.Variable
    assert vars(mx.autograd)["NDArray"] is mx.nd.NDArray
    assert "NDArray" not in dir(mx.autograd)
