"""What each module lends, as the imports that would bring it.

`defined` is what MXNet defines in the module and we elsewhere, `imported` what MXNet's module imports for
itself. `star` is False where MXNet's module has an ``__all__``, which leaves out what it imports.
"""

from __future__ import annotations

from mxnet.historic.picture_tables import PICTURE_TABLES
from mxnet.historic.table import Table

__all__ = ["ABSENT", "TABLES", "Table"]


TABLES: dict[str, Table] = {
    "mxnet.attribute": Table(
        imported="""
        import threading, warnings
        from collections import defaultdict
        from mxnet.base import classproperty, string_types, with_metaclass
        """,
    ),
    "mxnet.autograd": Table(
        defined="from mxnet.autograd.tape import _Scope as _RecordingStateScope",
        imported="""
        import traceback
        from array import array
        from mxnet.base import string_types
        from mxnet.ndarray import NDArray
        from mxnet.ndarray.codes import _GRAD_REQ_MAP
        from mxnet.symbol import Symbol
        from threading import Lock
        """,
    ),
    "mxnet.base": Table(
        defined="""
        from builtins import int as long, str as basestring
        from mxnet.historic.c_types import c_array, c_array_buf, c_str, c_str_array, ctypes2buffer
        from mxnet.historic.c_types import ctypes2numpy_shared, mx_float, mx_float_p, mx_int, mx_int64
        from mxnet.historic.c_types import mx_uint
        from mxnet.historic.describing import _get_op_name_prefix, _get_op_submodule_name
        from mxnet.historic.describing import _OP_NAME_PREFIX_LIST, add_fileline_to_docstring
        from mxnet.historic.describing import build_param_doc
        """,
        imported="""
        import atexit, ctypes, inspect, mxnet.libinfo as libinfo, numpy as _np, os, platform, re, sys
        import warnings
        """,
        star=False,
    ),
    "mxnet.callback": Table(
        imported="""
        import logging, math, sys, time
        from mxnet.model import save_checkpoint
        """,
    ),
    "mxnet.context": Table(
        imported="""
        import threading, warnings
        from mxnet.base import classproperty, with_metaclass
        """,
    ),
    "mxnet.engine": Table(
        defined="from mxnet.engine import bulk as _BulkScope",
    ),
    "mxnet.error": Table(
        imported="from mxnet.base import register_error",
        star=False,
    ),
    "mxnet.executor": Table(
        imported="""
        import copy, logging, mxnet.ndarray as nd, mxnet.ndarray as ndarray, numpy as np
        from array import array as py_array
        from mxnet.base import mx_real_t, py_str
        from mxnet.context import Context
        from mxnet.executor_manager import _check_arguments, _load_data, _load_label, _split_input_slice
        from mxnet.ndarray import NDArray
        """,
    ),
    "mxnet.executor_manager": Table(
        imported="""
        import logging, mxnet.ndarray as nd, numpy as np
        from mxnet.base import mx_real_t
        from mxnet.context import cpu
        from mxnet.io import DataDesc
        """,
    ),
    "mxnet.initializer": Table(
        imported="""
        import json, logging, mxnet.ndarray as ndarray, mxnet.random as random, mxnet.registry as registry
        import numpy as np, re, warnings
        from math import sqrt
        from mxnet.base import string_types
        from mxnet.initializer import register as _register
        from mxnet.ndarray import load, NDArray
        from mxnet.util import is_np_array
        """,
    ),
    "mxnet.io": Table(
        imported="""
        import logging, mxnet.io.io as io, mxnet.io.utils as utils, numpy as np, sys, threading
        from collections import namedtuple, OrderedDict
        from mxnet.base import mx_real_t, py_str
        from mxnet.io.utils import _getdata_by_idx, _has_instance, _init_data
        from mxnet.ndarray import arange, array, concatenate, CSRNDArray, NDArray
        from mxnet.ndarray.random import shuffle as random_shuffle
        from mxnet.ndarray.sparse import array as sparse_array
        """,
    ),
    "mxnet.io.io": Table(
        defined="""
        from mxnet.io.batches import MXDataIter
        from mxnet.io.files import CSVIter, LibSVMIter, MNISTIter
        from mxnet.io.records import ImageDetRecordIter, ImageRecordInt8Iter, ImageRecordIter
        from mxnet.io.records import ImageRecordIter_v1, ImageRecordUInt8Iter, ImageRecordUInt8Iter_v1
        """,
        imported="""
        import logging, numpy as np, sys, threading
        from collections import namedtuple
        from mxnet.base import mx_real_t, py_str
        from mxnet.io.utils import _getdata_by_idx, _has_instance, _init_data, _slice_along_batch_axis
        from mxnet.ndarray import array, concat, CSRNDArray, NDArray, tile
        """,
    ),
    "mxnet.io.utils": Table(
        imported="""
        import numpy as np
        from collections import OrderedDict
        from mxnet.ndarray import array, CSRNDArray, NDArray
        from mxnet.ndarray.sparse import array as sparse_array
        """,
    ),
    "mxnet.kvstore": Table(
        imported="""
        import mxnet.kvstore.base as base, mxnet.kvstore.kvstore as kvstore
        import mxnet.kvstore.kvstore_server as kvstore_server, mxnet.optimizer as opt, pickle
        from array import array
        from mxnet.base import py_str, string_types
        from mxnet.kvstore.kvstore_server import KVStoreServer
        from mxnet.ndarray import NDArray
        """,
    ),
    "mxnet.kvstore.base": Table(
        imported="""
        import warnings
        from array import array
        from mxnet.base import string_types
        from mxnet.ndarray import NDArray
        """,
        star=False,
    ),
    "mxnet.kvstore.kvstore": Table(
        imported="""
        import mxnet.optimizer as opt, os, pickle
        from mxnet.base import py_str
        from mxnet.kvstore.base import create
        """,
        star=False,
    ),
    "mxnet.kvstore.kvstore_server": Table(
        imported="""
        import logging, pickle, sys
        from mxnet.kvstore.base import create
        """,
        star=False,
    ),
    "mxnet.kvstore_server": Table(
        imported="""
        import logging, pickle, sys
        from mxnet.kvstore import create
        """,
    ),
    "mxnet.libinfo": Table(
        imported="import logging, os, platform",
    ),
    "mxnet.library": Table(
        imported="""
        import os, sys
        from mxnet.base import MXNetError
        """,
    ),
    "mxnet.log": Table(
        imported="import logging, sys, warnings",
    ),
    "mxnet.lr_scheduler": Table(
        imported="""
        import logging
        from math import cos, pi
        """,
    ),
    "mxnet.metric": Table(
        defined="from mxnet.metric.base import alias",
        imported="""
        import math, mxnet.ndarray as ndarray, mxnet.registry as registry, numpy
        from collections import OrderedDict
        from mxnet.base import numeric_types, string_types
        """,
    ),
    "mxnet.misc": Table(
        imported="import logging, math",
    ),
    "mxnet.model": Table(
        defined="""
        from builtins import object as BASE_ESTIMATOR
        from mxnet.kvstore.parameters import _create_kvstore, _create_sparse_kvstore, _initialize_kvstore
        from mxnet.kvstore.parameters import _update_params, _update_params_on_kvstore
        """,
        imported="""
        import logging, mxnet.io as io, mxnet.kvstore as kvs, mxnet.metric as metric, mxnet.ndarray as nd
        import mxnet.optimizer as opt, mxnet.symbol as sym, numpy as np, os, time, warnings
        from collections import namedtuple
        from mxnet.base import mx_real_t
        from mxnet.callback import LogValidationMetricsCallback
        from mxnet.context import Context, cpu, current_context
        from mxnet.executor_manager import _check_arguments, _load_data, DataParallelExecutorManager
        from mxnet.initializer import Uniform
        from mxnet.io import DataDesc
        from mxnet.optimizer import get_updater
        """,
    ),
    "mxnet.module": Table(
        imported="""
        import mxnet.module.base_module as base_module, mxnet.module.bucketing_module as bucketing_module
        import mxnet.module.executor_group as executor_group, mxnet.module.module as module
        import mxnet.module.python_module as python_module
        import mxnet.module.sequential_module as sequential_module
        """,
    ),
    "mxnet.module.base_module": Table(
        defined="""
        from mxnet.module.inputs import _check_input_names, _check_names_match, _parse_data_desc
        """,
        imported="""
        import logging, mxnet.metric as metric, mxnet.ndarray as ndarray, numpy as np, time, warnings
        from mxnet.base import _as_list
        from mxnet.context import cpu
        from mxnet.initializer import Uniform
        from mxnet.io import DataBatch, DataDesc, DataIter
        from mxnet.model import BatchEndParam
        """,
    ),
    "mxnet.module.bucketing_module": Table(
        imported="""
        import logging, mxnet.context as ctx, mxnet.ndarray as nd, mxnet.symbol as sym, numpy as np
        import warnings
        from mxnet.initializer import Uniform
        from mxnet.model import load_params
        from mxnet.module.base_module import BaseModule
        from mxnet.module.inputs import _check_input_names
        from mxnet.module.module import Module
        from mxnet.name import NameManager
        """,
    ),
    "mxnet.module.executor_group": Table(
        imported="""
        import logging, mxnet.context as ctx, mxnet.ndarray as nd, numpy as np
        from collections import OrderedDict
        from mxnet.executor_manager import _split_input_slice
        from mxnet.io import DataDesc
        from mxnet.ndarray.codes import _DTYPE_MX_TO_NP
        """,
    ),
    "mxnet.module.module": Table(
        imported="""
        import logging, mxnet.context as ctx, mxnet.ndarray as nd, mxnet.optimizer as opt, warnings
        from mxnet.initializer import InitDesc, Uniform
        from mxnet.io import DataDesc
        from mxnet.kvstore.parameters import _create_kvstore, _initialize_kvstore, _update_params
        from mxnet.kvstore.parameters import _update_params_on_kvstore
        from mxnet.model import load_checkpoint
        from mxnet.module.base_module import BaseModule
        from mxnet.module.executor_group import DataParallelExecutorGroup
        from mxnet.module.inputs import _check_input_names, _parse_data_desc
        from mxnet.ndarray import zeros
        """,
    ),
    "mxnet.module.python_module": Table(
        imported="""
        import logging, mxnet.ndarray as nd
        from mxnet.initializer import Uniform
        from mxnet.module.base_module import BaseModule
        """,
    ),
    "mxnet.module.sequential_module": Table(
        imported="""
        import copy, logging
        from mxnet.initializer import Uniform
        from mxnet.module.base_module import BaseModule
        """,
    ),
    "mxnet.monitor": Table(
        imported="""
        import logging, mxnet.ndarray as ndarray, re
        from math import sqrt
        from mxnet.base import py_str
        from mxnet.ndarray import NDArray
        """,
    ),
    "mxnet.name": Table(
        imported="""
        import threading, warnings
        from mxnet.base import classproperty, with_metaclass
        """,
    ),
    "mxnet.ndarray": Table(
        defined="""
        import mxnet.ndarray.utils as utils
        from mxnet.ndarray.keys import get_indexing_dispatch_code, get_oshape_of_gather_nd_op
        from mxnet.ndarray.keys import indexing_key_expand_implicit_axes
        """,
        imported="from mxnet.ndarray.codes import _DTYPE_MX_TO_NP, _DTYPE_NP_TO_MX, _GRAD_REQ_MAP",
        star=False,
    ),
    "mxnet.ndarray.contrib": Table(
        imported="""
        import math, mxnet as mx, mxnet.ndarray.ndarray as ndarray, numpy as np
        from mxnet.base import _as_list
        from mxnet.context import current_context
        from mxnet.ndarray.random import uniform
        """,
        star=False,
    ),
    "mxnet.ndarray.ndarray": Table(
        defined="""
        from mxnet.ndarray import add, arange, array, concatenate, divide, empty, equal, eye, from_dlpack
        from mxnet.ndarray import from_numpy, full, greater, greater_equal, histogram, imdecode, lesser
        from mxnet.ndarray import lesser_equal, linspace, logical_and, logical_or, logical_xor, maximum
        from mxnet.ndarray import minimum, modulo, moveaxis, multiply, not_equal, onehot_encode, ones
        from mxnet.ndarray import power, split_v2, subtract, to_dlpack_for_read, to_dlpack_for_write
        from mxnet.ndarray import true_divide, waitall, zeros
        from mxnet.ndarray.codes import _DTYPE_MX_TO_NP, _DTYPE_NP_TO_MX, _GRAD_REQ_MAP, _STORAGE_TYPE_CSR
        from mxnet.ndarray.codes import _STORAGE_TYPE_DEFAULT, _STORAGE_TYPE_ID_TO_STR
        from mxnet.ndarray.codes import _STORAGE_TYPE_ROW_SPARSE, _STORAGE_TYPE_STR_TO_ID
        from mxnet.ndarray.codes import _STORAGE_TYPE_UNDEFINED
        from mxnet.ndarray.keys import _get_broadcast_shape, _get_dim_size, _get_index_range
        from mxnet.ndarray.keys import _get_slice_len, _int_to_slice, _NDARRAY_ADVANCED_INDEXING
        from mxnet.ndarray.keys import _NDARRAY_BASIC_INDEXING, _NDARRAY_UNSUPPORTED_INDEXING
        from mxnet.ndarray.keys import check_boolean_array_dimension, get_indexing_dispatch_code
        from mxnet.ndarray.keys import get_oshape_of_gather_nd_op, indexing_key_expand_implicit_axes
        """,
        imported="""
        import mxnet.ndarray._internal as _internal, mxnet.ndarray.op as op, numpy as np, operator
        import warnings
        from array import array as native_array
        from builtins import slice as py_slice
        from functools import reduce
        from mxnet.base import integer_types, mx_real_t, numeric_types
        from mxnet.context import Context, current_context
        from mxnet.runtime import Features
        from mxnet.util import is_np_array, is_np_shape
        """,
        star=False,
    ),
    "mxnet.ndarray.random": Table(
        imported="""
        import mxnet.ndarray._internal as _internal
        from mxnet.base import _Null, numeric_types
        from mxnet.context import current_context
        from mxnet.ndarray import NDArray
        """,
        star=False,
    ),
    "mxnet.ndarray.sparse": Table(
        defined="from mxnet.ndarray.codes import _STORAGE_AUX_TYPES",
        imported="""
        import mxnet.ndarray._internal as _internal, mxnet.ndarray.op as op, numpy as np, operator
        import warnings
        from array import array as native_array
        from builtins import slice as py_slice, sum as py_sum
        from mxnet.base import integer_types, mx_real_t, NotSupportedForSparseNDArray, numeric_types
        from mxnet.context import Context, current_context
        from mxnet.ndarray import array as _array, NDArray, zeros as _zeros_ndarray
        from mxnet.ndarray.codes import _DTYPE_MX_TO_NP, _DTYPE_NP_TO_MX, _STORAGE_TYPE_CSR
        from mxnet.ndarray.codes import _STORAGE_TYPE_DEFAULT, _STORAGE_TYPE_ROW_SPARSE
        from mxnet.ndarray.codes import _STORAGE_TYPE_STR_TO_ID, _STORAGE_TYPE_UNDEFINED
        from mxnet.ndarray.sparse import retain as gs_retain
        """,
        star=False,
    ),
    "mxnet.ndarray.utils": Table(
        imported="""
        from mxnet.base import py_str, string_types
        from mxnet.ndarray import NDArray
        """,
        star=False,
    ),
    "mxnet.ndarray_doc": Table(
        imported="from mxnet.base import build_param_doc as _build_param_doc",
    ),
    "mxnet.operator": Table(
        imported="""
        import collections, mxnet.context as context, mxnet.ndarray as ndarray, mxnet.symbol as symbol
        import traceback, warnings
        from array import array
        from mxnet.base import py_str
        from mxnet.ndarray import NDArray
        from mxnet.ndarray.codes import _DTYPE_MX_TO_NP, _DTYPE_NP_TO_MX, _STORAGE_TYPE_CSR
        from mxnet.ndarray.codes import _STORAGE_TYPE_DEFAULT, _STORAGE_TYPE_ID_TO_STR
        from mxnet.ndarray.codes import _STORAGE_TYPE_ROW_SPARSE, _STORAGE_TYPE_STR_TO_ID
        from mxnet.ndarray.codes import _STORAGE_TYPE_UNDEFINED
        from mxnet.util import is_np_array
        from threading import Lock
        """,
    ),
    "mxnet.optimizer": Table(
        imported="""
        import logging, math, mxnet.ndarray.sparse as sparse, numpy, pickle, warnings
        from mxnet.base import py_str
        from mxnet.ndarray import abs as NDabs, adam_update, cast, clip, ftml_update, ftrl_update, maximum
        from mxnet.ndarray import mp_sgd_mom_update, mp_sgd_update, NDArray, rmsprop_update
        from mxnet.ndarray import rmspropalex_update, sgd_mom_update, sgd_update, signsgd_update
        from mxnet.ndarray import signum_update, sqrt, square, zeros
        from mxnet.random import normal
        """,
    ),
    "mxnet.optimizer.contrib": Table(
        imported="""
        import mxnet.ndarray.contrib as contrib
        from mxnet.ndarray import clip, mean, NDArray, sqrt, square, zeros
        from mxnet.optimizer import Optimizer
        """,
        star=False,
    ),
    "mxnet.optimizer.optimizer": Table(
        defined="from mxnet.ndarray import abs as NDabs",
        imported="""
        import logging, math, mxnet.ndarray.sparse as sparse, numpy, os, pickle, warnings
        from mxnet.base import py_str
        from mxnet.ndarray import adam_update, array, cast, clip, ftml_update, ftrl_update
        from mxnet.ndarray import lamb_update_phase1, lamb_update_phase2, maximum, mp_lamb_update_phase1
        from mxnet.ndarray import mp_lamb_update_phase2, mp_nag_mom_update, mp_sgd_mom_update
        from mxnet.ndarray import mp_sgd_update, multi_lars, multi_mp_sgd_mom_update, multi_mp_sgd_update
        from mxnet.ndarray import multi_sgd_mom_update, multi_sgd_update, multi_sum_sq, multiply
        from mxnet.ndarray import nag_mom_update, NDArray, norm as NDnorm
        from mxnet.ndarray import preloaded_multi_mp_sgd_mom_update, preloaded_multi_mp_sgd_update
        from mxnet.ndarray import preloaded_multi_sgd_mom_update, preloaded_multi_sgd_update
        from mxnet.ndarray import rmsprop_update, rmspropalex_update, sgd_mom_update, sgd_update
        from mxnet.ndarray import signsgd_update, signum_update, sqrt, square, zeros
        from mxnet.ndarray.contrib import multi_lamb_update, multi_mp_lamb_update
        from mxnet.random import normal
        from mxnet.util import is_np_array
        """,
        star=False,
    ),
    "mxnet.profiler": Table(
        imported="""
        import contextlib, contextvars, warnings
        from mxnet.base import py_str
        """,
    ),
    "mxnet.random": Table(
        imported="""
        from mxnet.base import integer_types
        from mxnet.context import Context
        """,
    ),
    "mxnet.registry": Table(
        imported="""
        import json, warnings
        from mxnet.base import string_types
        """,
    ),
    "mxnet.rnn": Table(
        imported="""
        import bisect, functools, mxnet.initializer as init, mxnet.ndarray as ndarray
        import mxnet.symbol as symbol, numpy as np, random, warnings
        from mxnet.base import numeric_types, string_types
        from mxnet.io import DataBatch, DataDesc, DataIter
        from mxnet.model import load_checkpoint, save_checkpoint
        """,
    ),
    "mxnet.rnn.io": Table(
        imported="""
        import bisect, mxnet.ndarray as ndarray, numpy as np, random
        from mxnet.io import DataBatch, DataDesc, DataIter
        """,
    ),
    "mxnet.rnn.rnn": Table(
        imported="""
        import warnings
        from mxnet.model import load_checkpoint, save_checkpoint
        from mxnet.rnn.rnn_cell import BaseRNNCell
        """,
    ),
    "mxnet.rnn.rnn_cell": Table(
        imported="""
        import functools, mxnet.initializer as init, mxnet.ndarray as ndarray, mxnet.symbol as symbol
        import warnings
        from mxnet.base import numeric_types, string_types
        """,
    ),
    "mxnet.rtc": Table(
        imported="""
        import numpy as np, re
        from array import array
        from mxnet.base import numeric_types, string_types
        from mxnet.ndarray import NDArray
        from mxnet.ndarray.codes import _DTYPE_MX_TO_NP, _DTYPE_NP_TO_MX
        """,
    ),
    "mxnet.runtime": Table(
        imported="import collections",
    ),
    "mxnet.symbol.contrib": Table(
        imported="""
        import copy, math, mxnet.symbol.symbol as symbol
        from mxnet.attribute import AttrScope
        from mxnet.base import _as_list
        from mxnet.symbol import Symbol
        from mxnet.symbol.random import uniform
        """,
        star=False,
    ),
    "mxnet.symbol.random": Table(
        imported="""
        import mxnet.symbol._internal as _internal
        from mxnet.base import _Null, numeric_types
        from mxnet.symbol import Symbol
        """,
        star=False,
    ),
    "mxnet.symbol.symbol": Table(
        defined="""
        from mxnet.symbol import arange, eye, full, Group, histogram, hypot, linspace, load, load_json
        from mxnet.symbol import maximum, minimum, ones, pow, power, split_v2, Symbol, SymbolBase, var
        from mxnet.symbol import Variable, zeros
        """,
        imported="""
        import mxnet.symbol._internal as _internal, mxnet.symbol.op as op, numpy as _numpy, warnings
        from array import array
        from builtins import slice as py_slice
        from mxnet.attribute import AttrScope
        from mxnet.base import integer_types, mx_real_t, MXNetError, NotImplementedForSymbol
        from mxnet.base import numeric_types, py_str, string_types
        from mxnet.context import Context, current_context
        from mxnet.executor import Executor
        from mxnet.name import NameManager
        from mxnet.ndarray import NDArray
        from mxnet.ndarray.codes import _DTYPE_MX_TO_NP, _DTYPE_NP_TO_MX, _GRAD_REQ_MAP
        from mxnet.ndarray.codes import _STORAGE_TYPE_STR_TO_ID
        from mxnet.util import is_np_shape
        from numbers import Number
        """,
        star=False,
    ),
    "mxnet.symbol_doc": Table(
        imported="from mxnet.base import build_param_doc as _build_param_doc",
    ),
    "mxnet.test_utils": Table(
        imported="""
        import bz2, errno, gzip, json, logging, mxnet as mx, numbers, numpy as np, numpy.random as rnd
        import numpy.testing as npt, os, platform, struct, subprocess, sys, time, traceback, zipfile
        from collections import OrderedDict
        from contextlib import contextmanager
        from mxnet.context import Context, current_context
        from mxnet.ndarray import array
        from mxnet.ndarray.codes import _STORAGE_TYPE_STR_TO_ID
        from mxnet.runtime import Features
        from mxnet.symbol import Symbol
        from mxnet.util import get_cuda_compute_capability, getenv, setenv
        """,
    ),
    "mxnet.util": Table(
        defined="from mxnet.util import np_shape as _NumpyShapeScope",
        imported="""
        import functools, inspect, threading
        from mxnet.base import py_str
        """,
    ),
    "mxnet.visualization": Table(
        imported="""
        import copy, json, re, warnings
        from mxnet.symbol import Symbol
        """,
    ),
    **PICTURE_TABLES,
}

_LIBRARY = "it belongs to MXNet's C library, and Symnet has none, its kernels are PyTorch's"
_NUMPY = "MXNet's numpy is not part of Symnet; use mx.nd, and mx.np_shape() for numpy's meaning of shapes"

ABSENT: dict[str, str] = {
    **dict.fromkeys(("_LIB", "check_call", "get_last_ffi_error", "c_handle_array"), _LIBRARY),
    **dict.fromkeys(("mxnet.np", "mxnet.npx", "mxnet.numpy", "mxnet.numpy_extension"), _NUMPY),
    **dict.fromkeys(("np_array", "use_np", "use_np_array", "as_np_ndarray"), _NUMPY),
}
"""Why names are missing that programs ask for, by themselves or with their module."""
