"""Modules: networks with parameters and optimizers, which train and predict."""

from __future__ import annotations

from mxnet.historic import lend
from mxnet.module.base_module import BaseModule
from mxnet.module.bucketing_module import BucketingModule
from mxnet.module.executor_group import DataParallelExecutorGroup
from mxnet.module.module import Module
from mxnet.module.python_module import PythonLossModule, PythonModule
from mxnet.module.sequential_module import SequentialModule

__all__ = [
    "BaseModule",
    "BucketingModule",
    "DataParallelExecutorGroup",
    "Module",
    "PythonLossModule",
    "PythonModule",
    "SequentialModule",
]


lend(__name__)
