"""Modules: networks with parameters and optimizers, which train and predict."""

from __future__ import annotations

from mxnet.module.base_module import BaseModule
from mxnet.module.executor_group import DataParallelExecutorGroup
from mxnet.module.module import Module

__all__ = ["BaseModule", "DataParallelExecutorGroup", "Module"]
