"""SequentialModule: modules in a row, each fed with the outputs of the one before."""

from __future__ import annotations

import copy
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from mxnet.errors import NameLookupError, did_you_mean, few
from mxnet.io import DataDesc
from mxnet.module.base_module import BaseModule
from mxnet.module.steps import Binding, NotReadyError, OptimizerChoice, ParamValues

if TYPE_CHECKING:
    from mxnet.io import DataBatch
    from mxnet.metric import EvalMetric
    from mxnet.monitor import Monitor
    from mxnet.ndarray import NDArray

__all__ = ["SequentialModule"]


class _NoMetaError(NameLookupError, AssertionError):
    """A keyword of `SequentialModule.add` says nothing about a module (MXNet asserts)."""


class SequentialModule(BaseModule):
    """Modules in a row.

    Parameters
    ----------
    logger : logging.Logger, optional
        Where `fit` reports progress.
    """

    META_TAKE_LABELS: ClassVar[str] = "take_labels"
    META_AUTO_WIRING: ClassVar[str] = "auto_wiring"

    def __init__(self, logger: Any = logging) -> None:
        super().__init__(logger)
        self._modules: list[BaseModule] = []
        self._metas: list[dict[str, Any]] = []
        self._data_shapes: list[DataDesc] = []
        self._label_shapes: Sequence[Any] | None = None

    def add(self, module: BaseModule, **kwargs: Any) -> SequentialModule:
        """Add a module at the end.

        Parameters
        ----------
        module : BaseModule
        **kwargs
            ``take_labels=True`` if the module uses the labels; ``auto_wiring=True`` if the outputs before it
            are to take the names of its data.

        Returns
        -------
        SequentialModule
            This one, so that calls can be chained.
        """
        known = (self.META_TAKE_LABELS, self.META_AUTO_WIRING)
        for key in kwargs:
            if key not in known:
                raise _NoMetaError(
                    f"{key!r} says nothing about a module.{did_you_mean(key, known)} Known: {known}."
                )
        self._modules.append(module)
        self._metas.append(kwargs)
        self.binded = self.params_initialized = self.optimizer_initialized = False
        return self

    def _takes_labels(self, position: int) -> bool:
        return bool(self._metas[position].get(self.META_TAKE_LABELS))

    # -------------------------------------------------------------------------------------- names and shapes

    @property
    def data_names(self) -> Sequence[str]:
        """The names of the first module's data."""
        return self._modules[0].data_names if self._modules else []

    @property
    def output_names(self) -> Sequence[str]:
        """The names of the last module's outputs."""
        return self._modules[-1].output_names if self._modules else []

    @property
    def data_shapes(self) -> Sequence[DataDesc]:
        """The names and shapes of the first module's data."""
        self._require("binded")
        return self._modules[0].data_shapes

    @property
    def label_shapes(self) -> Sequence[DataDesc] | None:
        """The names and shapes of the labels; None if no module takes them."""
        self._require("binded")
        return self._label_shapes

    @property
    def output_shapes(self) -> Sequence[tuple[str, tuple[int, ...]]]:
        """The names and shapes of the last module's outputs."""
        self._require("binded")
        return self._modules[-1].output_shapes

    # -------------------------------------------------------------------------------------------- parameters

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """Return the parameters and the auxiliary states of all modules."""
        self._require("binded", "params_initialized")
        arguments: dict[str, NDArray] = {}
        states: dict[str, NDArray] = {}
        for module in self._modules:
            for collected, own in zip((arguments, states), module.get_params(), strict=True):
                collected.update(own)
        return arguments, states

    def _init_params(self, wanted: ParamValues) -> None:
        if self.params_initialized and not wanted.force_init:
            return
        self._require("binded")
        for module in self._modules:
            module.init_params(**wanted._asdict())
        owner: dict[str, int] = {}
        for position, module in enumerate(self._modules):
            for name in [name for own in module.get_params() for name in own]:
                if name in owner:
                    raise NameLookupError(
                        f"Modules {owner[name]} and {position} both have a parameter {name!r}: names must "
                        f"differ."
                    )
                owner[name] = position
        self.params_initialized = True

    # ----------------------------------------------------------------------------------------------- binding

    def _bind(self, wanted: Binding) -> None:
        if self._stays_bound(wanted):
            return
        if wanted.shared_module is not None:
            raise NotReadyError("A SequentialModule cannot share the parameters of another module.")
        if not self._modules:
            raise NotReadyError("There is nothing to bind: add() modules first.")
        self.for_training = wanted.for_training
        self.inputs_need_grad = wanted.inputs_need_grad
        shapes: Sequence[Any] = wanted.data_shapes
        labels = None if wanted.label_shapes is None else list(wanted.label_shapes)
        for position, (module, meta) in enumerate(zip(self._modules, self._metas, strict=True)):
            if meta.get(self.META_AUTO_WIRING):
                descs = [DataDesc(*desc) for desc in shapes]
                if len(descs) != len(module.data_names):
                    raise NameLookupError(
                        f"Module {position} takes the data {few(map(repr, module.data_names))}, but there "
                        f"are {len(descs)} outputs before it: {few(repr(desc.name) for desc in descs)}."
                    )
                shapes = [DataDesc(n, d.shape) for n, d in zip(module.data_names, descs, strict=True)]
            module.bind(
                **wanted._replace(
                    data_shapes=shapes,
                    label_shapes=labels if self._takes_labels(position) else None,
                    inputs_need_grad=wanted.inputs_need_grad or (wanted.for_training and position > 0),
                )._asdict()
            )
            shapes = module.output_shapes
        takes_labels = any(map(self._takes_labels, range(len(self._modules))))
        self._label_shapes = labels if takes_labels else None
        self.binded = True

    def _init_optimizer(self, wanted: OptimizerChoice) -> None:
        if self._keeps_optimizer(wanted):
            return
        for module in self._modules:
            module.init_optimizer(**wanted._asdict())
        self.optimizer_initialized = True

    # ----------------------------------------------------------------------------------------------- running

    def forward(self, data_batch: DataBatch, is_train: bool | None = None) -> None:
        """Run all modules in a row."""
        self._require("binded", "params_initialized")
        batch = copy.copy(data_batch)
        for position, module in enumerate(self._modules):
            module.forward(batch, is_train)
            if position + 1 < len(self._modules):
                batch.data = module.get_outputs()
                following = self._modules[position + 1].data_names
                batch.provide_data = [
                    DataDesc(name, array.shape) for name, array in zip(following, batch.data, strict=False)
                ]

    def backward(self, out_grads: Any = None) -> None:
        """Run backward through all modules, from the last to the first."""
        self._require("binded", "params_initialized")
        for position, module in reversed(list(enumerate(self._modules))):
            module.backward(out_grads)
            if position:
                out_grads = module.get_input_grads()

    def _clear_gradients(self, parameters: bool) -> None:
        for module in self._modules:
            module._clear_gradients(parameters)

    def update(self) -> None:
        """Update the parameters of all modules."""
        self._require("binded", "params_initialized", "optimizer_initialized")
        for module in self._modules:
            module.update()

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the outputs of the last module."""
        self._require("binded", "params_initialized")
        return self._modules[-1].get_outputs(merge_multi_context)

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the gradients of the first module's data."""
        self._require("binded", "params_initialized")
        return self._modules[0].get_input_grads(merge_multi_context)

    def update_metric(self, eval_metric: EvalMetric, labels: Sequence[Any], pre_sliced: bool = False) -> None:
        """Hand the outputs of the modules that take labels to a metric."""
        self._require("binded", "params_initialized")
        for position, module in enumerate(self._modules):
            if self._takes_labels(position):
                module.update_metric(eval_metric, labels, pre_sliced)

    def install_monitor(self, mon: Monitor) -> None:
        """Let a monitor look into all modules."""
        self._require("binded")
        for module in self._modules:
            module.install_monitor(mon)
