"""The steps that every module takes, from its names to its updates, each asked for by one method."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from mxnet.caller import warn
from mxnet.errors import MXNetError
from mxnet.initializer import Uniform
from mxnet.ndarray import NDArray

if TYPE_CHECKING:
    from mxnet.io import DataBatch, DataDesc
    from mxnet.metric import EvalMetric
    from mxnet.monitor import Monitor
    from mxnet.optimizer import Optimizer, Updater
    from mxnet.symbol.symbol import Symbol

__all__ = [
    "DEFAULT_INITIALIZER",
    "DEFAULT_OPTIMIZER_PARAMS",
    "Binding",
    "NotReadyError",
    "OptimizerChoice",
    "ParamValues",
    "Steps",
]

DEFAULT_INITIALIZER = Uniform(0.01)
DEFAULT_OPTIMIZER_PARAMS = (("learning_rate", 0.01),)

Params = Mapping[str, NDArray]


class NotReadyError(MXNetError, AssertionError):
    """A module was asked for something before the step that has to come first (MXNet asserts)."""


class Binding(NamedTuple):
    """The arguments of ``bind``."""

    data_shapes: Sequence[Any]
    label_shapes: Sequence[Any] | None
    for_training: bool
    inputs_need_grad: bool
    force_rebind: bool
    shared_module: Steps | None
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


class Steps:
    """What every module can be asked to do; `BaseModule` trains and predicts in terms of it.

    A module is bound to shapes (`bind`), its parameters get values (`init_params`) and an optimizer
    (`init_optimizer`); then it runs `forward`, `backward` and `update`. `fit` does all of this over and over.

    Parameters
    ----------
    logger : logging.Logger, optional
        Where `fit` reports progress.

    Attributes
    ----------
    binded, params_initialized, optimizer_initialized : bool
        Which steps have been taken.
    for_training, inputs_need_grad : bool
        How it was bound.
    """

    logger: Any = logging

    def __init__(self, logger: Any = logging) -> None:
        self.logger = logger
        self.binded = False
        self.for_training = False
        self.inputs_need_grad = False
        self.params_initialized = False
        self.optimizer_initialized = False
        self._symbol: Symbol | None = None
        self._total_exec_bytes = 0  # as in MXNet, where it stays so

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the module ``logging``, which cannot be pickled, and is there again without it."""
        return {key: each for key, each in self.__dict__.items() if each is not logging}

    @property
    def data_names(self) -> Sequence[str]:
        """The names of the data."""
        raise self._not_defined("data_names")

    @property
    def label_names(self) -> Sequence[str]:
        """The names of the labels."""
        raise self._not_defined("label_names")

    @property
    def output_names(self) -> Sequence[str]:
        """The names of the outputs."""
        raise self._not_defined("output_names")

    @property
    def data_shapes(self) -> Sequence[DataDesc]:
        """The names and shapes of the data."""
        raise self._not_defined("data_shapes")

    @property
    def label_shapes(self) -> Sequence[DataDesc] | None:
        """The names and shapes of the labels."""
        raise self._not_defined("label_shapes")

    @property
    def output_shapes(self) -> Sequence[tuple[str, tuple[int, ...]]]:
        """The names and shapes of the outputs."""
        raise self._not_defined("output_shapes")

    @property
    def symbol(self) -> Symbol | None:
        """The network."""
        return self._symbol

    @property
    def _symbol_to_save(self) -> Symbol | None:
        """The network that checkpoints are of."""
        return self.symbol

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """Return the parameters and the auxiliary states."""
        raise self._not_defined("get_params")

    def init_params(
        self,
        initializer: Callable[[Any, NDArray], None] | str | None = DEFAULT_INITIALIZER,
        arg_params: Params | None = None,
        aux_params: Params | None = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Give the parameters and the auxiliary states their first values.

        Parameters
        ----------
        initializer : Initializer, str or None
            What fills parameters that are not given.
        arg_params, aux_params : dict of str to NDArray, optional
            Values for them. If a dictionary is given, it has to be complete unless `allow_missing`.
        allow_missing : bool
            Whether parameters may be left out; then `initializer` fills them.
        force_init : bool
            Whether parameters that have values already get new ones.
        allow_extra : bool
            Accepted for MXNet's sake; arrays that are no parameters are passed over.
        """
        self._init_params(
            ParamValues(initializer, arg_params, aux_params, allow_missing, force_init, allow_extra)
        )

    def _init_params(self, wanted: ParamValues) -> None:
        """Do what `init_params` says."""
        raise self._not_defined("init_params")

    def bind(
        self,
        data_shapes: Sequence[Any],
        label_shapes: Sequence[Any] | None = None,
        for_training: bool = True,
        inputs_need_grad: bool = False,
        force_rebind: bool = False,
        shared_module: Steps | None = None,
        grad_req: str | Sequence[str] | Mapping[str, str] = "write",
    ) -> None:
        """Make room for inputs of given shapes.

        Parameters
        ----------
        data_shapes, label_shapes : list of DataDesc or of (str, tuple of int)
            The names and shapes of data and labels, such as an iterator's ``provide_data`` and
            ``provide_label``.
        for_training : bool
            Whether gradients will be computed.
        inputs_need_grad : bool
            Whether those of the data are among them.
        force_rebind : bool
            Whether a module that is bound already is bound anew.
        shared_module : Module, optional
            A module that shares its parameters with this one.
        grad_req : str, list or dict
            What becomes of gradients: ``write``, ``add`` or ``null``.
        """
        self._bind(
            Binding(
                data_shapes,
                label_shapes,
                for_training,
                inputs_need_grad,
                force_rebind,
                shared_module,
                grad_req,
            )
        )

    def _bind(self, wanted: Binding) -> None:
        """Do what `bind` says."""
        raise self._not_defined("bind")

    def init_optimizer(
        self,
        kvstore: Any = "local",
        optimizer: str | Optimizer = "sgd",
        optimizer_params: Any = DEFAULT_OPTIMIZER_PARAMS,
        force_init: bool = False,
    ) -> None:
        """Set up the optimizer.

        Parameters
        ----------
        kvstore : str, KVStore or None
            Where gradients from several devices meet. One device needs none.
        optimizer : str or Optimizer
            A registered name, or an optimizer that is ready.
        optimizer_params : dict, or list of pairs
            The parameters of the optimizer of that name. ``rescale_grad`` is 1 / batch size by default.
        force_init : bool
            Whether an optimizer that is set up already is replaced.
        """
        self._init_optimizer(OptimizerChoice(kvstore, optimizer, optimizer_params, force_init))

    def _init_optimizer(self, wanted: OptimizerChoice) -> None:
        """Do what `init_optimizer` says."""
        raise self._not_defined("init_optimizer")

    def forward(self, data_batch: DataBatch, is_train: bool | None = None) -> None:
        """Compute the outputs of a batch.

        Parameters
        ----------
        data_batch : DataBatch
            Or anything else with ``data`` and perhaps ``label``, such as a named tuple. If its shapes differ
            from those the module is bound to, the module is reshaped.
        is_train : bool, optional
            Whether this is for training; by default as the module was bound.
        """
        raise self._not_defined("forward")

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradients of the last `forward`.

        Parameters
        ----------
        out_grads : NDArray or list of NDArray, optional
            The gradients of the outputs; losses need none.
        """
        raise self._not_defined("backward")

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the outputs of the last `forward`.

        Parameters
        ----------
        merge_multi_context : bool
            Whether the shares of several devices are put together; otherwise each output is a list of shares.
        """
        raise self._not_defined("get_outputs")

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the gradients of the data of the last `backward`, as `get_outputs` does the outputs."""
        raise self._not_defined("get_input_grads")

    def update(self) -> None:
        """Update the parameters by the gradients of the last `backward`."""
        raise self._not_defined("update")

    def _clear_gradients(self, parameters: bool) -> None:
        """Set gradients that are added to, to zero: those of inputs, and of parameters if asked for."""

    def _updater_in_use(self) -> Updater | None:
        """Return what updates the parameters; None if there is no one for all of them."""
        return None

    def update_metric(self, eval_metric: EvalMetric, labels: Sequence[Any], pre_sliced: bool = False) -> None:
        """Hand the outputs of the last `forward`, and labels, to a metric.

        Parameters
        ----------
        eval_metric : EvalMetric
        labels : list of NDArray, or such a list for each device if `pre_sliced`
        pre_sliced : bool
        """
        raise self._not_defined("update_metric")

    def install_monitor(self, mon: Monitor) -> None:
        """Let a monitor look into the module."""
        raise self._not_defined("install_monitor")

    def get_states(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the states that are kept from batch to batch; none by default."""
        self._require("binded", "params_initialized")
        return []

    def set_states(self, states: Any = None, value: float | None = None) -> None:
        """Set the states that are kept from batch to batch; there are none by default.

        Parameters
        ----------
        states : list of NDArray, or of lists of NDArray for each device
        value : float
            A value for all of them, in place of `states`.
        """
        self._require("binded", "params_initialized")
        if states or value:
            raise NotReadyError(f"A {type(self).__name__} keeps no states.")

    def prepare(
        self, data_batch: DataBatch, sparse_row_id_fn: Callable[[DataBatch], Any] | None = None
    ) -> None:
        """Get ready for a batch before its `forward`; by default there is nothing to do.

        Parameters
        ----------
        data_batch : DataBatch
        sparse_row_id_fn : callable, optional
            Tells which rows of sparse parameters the batch needs. All rows are always up to date here.
        """

    def set_params(
        self,
        arg_params: Params,
        aux_params: Params,
        allow_missing: bool = False,
        force_init: bool = True,
        allow_extra: bool = False,
    ) -> None:
        """Set the parameters and the auxiliary states.

        Parameters
        ----------
        arg_params, aux_params : dict of str to NDArray
        allow_missing : bool
            Whether parameters may be left out; they stay as they are.
        force_init : bool
            Whether parameters that have values already are changed.
        allow_extra : bool
            Whether there may be arrays that are no parameters. Without `allow_missing` they always may.
        """
        self._set_params(ParamValues(None, arg_params, aux_params, allow_missing, force_init, allow_extra))

    def _set_params(self, wanted: ParamValues) -> None:
        """Do what `set_params` says."""
        self.init_params(**wanted._asdict())

    _HOW_TO = {  # noqa: RUF012 - never changed
        "binded": "bind(data_shapes, label_shapes)",
        "params_initialized": "init_params() (or set_params)",
        "optimizer_initialized": "init_optimizer()",
    }

    def _require(self, *steps: str) -> None:
        """Raise unless these steps have been taken."""
        for step in steps:
            if not getattr(self, step):
                raise NotReadyError(f"Call {self._HOW_TO[step]} of this {type(self).__name__} first.")

    def _stays_bound(self, wanted: Binding) -> bool:
        """Tell whether the module is bound and is not to be bound anew, and say so."""
        if stays := self.binded and not wanted.force_rebind:
            self.logger.warning("Already bound, ignoring bind()")
        return stays

    def _keeps_params(self, wanted: ParamValues, asked: str) -> bool:
        """Tell whether the parameters have values and are not to get new ones, and warn."""
        if keeps := self.params_initialized and not wanted.force_init:
            warn(f"Parameters already initialized and force_init=False. {asked} call ignored.")
        return keeps

    def _keeps_optimizer(self, wanted: OptimizerChoice) -> bool:
        """Tell whether there is an optimizer that is not to be replaced, and say so."""
        self._require("binded", "params_initialized")
        if keeps := self.optimizer_initialized and not wanted.force_init:
            self.logger.warning("optimizer already initialized, ignoring...")
        return keeps

    def _not_defined(self, name: str) -> NotImplementedError:
        return NotImplementedError(f"{type(self).__name__} does not define {name}.")
