"""What a module is asked to do, each request as one value that a module of modules hands on whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mxnet.module.base_module import BaseModule
    from mxnet.ndarray import NDArray
    from mxnet.optimizer import Optimizer

__all__ = ["Binding", "OptimizerChoice", "ParamValues"]


class Binding(NamedTuple):
    """The arguments of ``bind``."""

    data_shapes: Sequence[Any]
    label_shapes: Sequence[Any] | None
    for_training: bool
    inputs_need_grad: bool
    force_rebind: bool
    shared_module: BaseModule | None
    grad_req: str | Sequence[str] | Mapping[str, str]


class ParamValues(NamedTuple):
    """The arguments of ``init_params``, and of ``set_params`` but for the initializer."""

    initializer: Callable[[Any, NDArray], None] | str | None
    arg_params: Mapping[str, NDArray] | None
    aux_params: Mapping[str, NDArray] | None
    allow_missing: bool
    force_init: bool
    allow_extra: bool


class OptimizerChoice(NamedTuple):
    """The arguments of ``init_optimizer``."""

    kvstore: Any
    optimizer: str | Optimizer
    optimizer_params: Any
    force_init: bool
