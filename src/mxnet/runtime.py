"""``mx.runtime``: what this installation can do, by the names of MXNet's build options."""

from __future__ import annotations

import importlib.util
import re
from collections import OrderedDict
from typing import Any, ClassVar, NamedTuple

from mxnet.errors import NameLookupError, did_you_mean
from mxnet.historic import lend

__all__ = ["Feature", "Features", "feature_list"]


class Feature(NamedTuple):
    """A feature by name, and whether it is there; printed as ``✔ LAPACK`` or ``✖ CAFFE``."""

    name: str
    enabled: bool

    def __repr__(self) -> str:
        return f"{'✔' if self.enabled else '✖'} {self.name}"


def feature_list() -> list[Feature]:
    """Return all features that MXNet knows, with whether they are there.

    Those of the processor and of libraries are torch's.
    """
    import torch

    backends: Any = torch.backends
    simd = backends.cpu.get_cpu_capability()
    blas = re.search(r"BLAS_INFO=(\w+)", torch.__config__.show())
    wide = simd.startswith("AVX")
    there = {
        "CUDA": backends.cuda.is_built(),
        "CUDNN": backends.cudnn.is_available(),
        "NCCL": False,
        "CUDA_RTC": False,
        "TENSORRT": False,
        **dict.fromkeys(("CPU_SSE", "CPU_SSE2", "CPU_SSE3", "CPU_SSE4_1", "CPU_SSE4_2"), wide),
        "CPU_SSE4A": False,
        "CPU_AVX": wide,
        "CPU_AVX2": wide,
        "OPENMP": backends.openmp.is_available(),
        "SSE": False,
        "F16C": wide,
        "JEMALLOC": False,
        "BLAS_OPEN": blas is not None and blas[1] == "open",
        "BLAS_ATLAS": blas is not None and blas[1] == "atlas",
        "BLAS_MKL": backends.mkl.is_available(),
        "BLAS_APPLE": blas is not None and blas[1] == "accelerate",
        "LAPACK": torch._C.has_lapack,
        "MKLDNN": backends.mkldnn.is_available(),
        "OPENCV": importlib.util.find_spec("cv2") is not None,
        "CAFFE": False,
        "PROFILER": True,
        "DIST_KVSTORE": False,
        "CXX14": False,
        "INT64_TENSOR_SIZE": True,
        "SIGNAL_HANDLER": False,
        "DEBUG": False,
        "TVM_OP": False,
    }
    return [Feature(name, bool(enabled)) for name, enabled in there.items()]


class Features(OrderedDict[str, Feature]):
    """The features by name; there is one such object.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.runtime.Features().is_enabled("TENSORRT")
    False
    """

    instance: ClassVar[Features | None] = None

    def __new__(cls) -> Features:
        """Return the one object."""
        if cls.instance is None:
            cls.instance = super().__new__(cls)
            cls.instance.update({feature.name: feature for feature in feature_list()})
        return cls.instance

    def __init__(self) -> None:
        """Leave it as `__new__` has filled it."""

    def __repr__(self) -> str:
        return str(list(self.values()))

    def is_enabled(self, feature_name: str) -> bool:
        """Return whether a feature is there; its name may be in lower case.

        Raises
        ------
        MXNetError
            If there is no feature of that name.
        """
        name = feature_name.upper()
        if name not in self:
            raise NameLookupError(
                f"There is no feature {name!r}. Known: {', '.join(self)}.{did_you_mean(name, self)}"
            )
        return self[name].enabled


lend(__name__)
