"""``mxnet.executor_manager``: data parallelism before modules, and helpers that loaders use."""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mxnet import ndarray as nd
from mxnet.errors import BindError, MXNetError, ShapeError
from mxnet.historic import lend
from mxnet.module.executor_group import _split_input_slice
from mxnet.ndarray import NDArray

if TYPE_CHECKING:
    from mxnet.context import Context
    from mxnet.executor import Executor
    from mxnet.io import DataBatch
    from mxnet.metric import EvalMetric
    from mxnet.monitor import Monitor
    from mxnet.symbol import Symbol

__all__ = ["DataParallelExecutorGroup", "DataParallelExecutorManager"]

Slot = list[tuple[slice, NDArray]]  # where each device's share of an input goes
Arrays = list[list[Any]]  # for every parameter, the array of each device


class SettingsError(MXNetError, AssertionError, ValueError):
    """A manager is given what it cannot work with."""


# --------------------------------------------------------------------------------------------------- helpers


def _check_arguments(symbol: Symbol) -> None:
    """Refuse a network in which two arguments, or two auxiliary states, have one name.

    Raises
    ------
    MXNetError
        If so.
    """
    for kind, names in (
        ("argument", symbol.list_arguments()),
        ("auxiliary state", symbol.list_auxiliary_states()),
    ):
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice:
            raise SettingsError(
                f"Several have the name of the {kind} {twice[0]!r}. Name the operators, so that their "
                "weights have names of their own."
            )


def _load_general(data: Sequence[NDArray], targets: Sequence[NDArray | Slot]) -> None:
    """Copy arrays to where they go: to one array each, or in slices to several."""
    for source, target in zip(data, targets, strict=False):
        if isinstance(target, NDArray):
            source.copyto(target)
            continue
        expected = target[-1][0].stop
        if source.shape[0] != expected:
            raise SettingsError(f"A batch of {expected} samples was expected, got {source.shape[0]}.")
        for part, share in target:
            source[part].copyto(share)


def _load_data(batch: DataBatch, targets: Sequence[NDArray | Slot]) -> None:
    """Copy the data of a batch to where they go."""
    _load_general(batch.data or (), targets)


def _load_label(batch: DataBatch, targets: Sequence[NDArray | Slot]) -> None:
    """Copy the labels of a batch to where they go."""
    _load_general(batch.label or (), targets)


def _bind_exec(
    sym: Symbol,
    ctx: Context,
    input_shapes: Mapping[str, tuple[int, ...]],
    param_names: Collection[str],
    need_grad: bool | set[str] = False,
    base_exec: Executor | None = None,
    shared_data_arrays: dict[str, NDArray] | None = None,
    input_types: Mapping[str, Any] | None = None,
    logger: Any = logging,
) -> Executor:
    """Bind a network to new arrays, or to those of another executor.

    Parameters
    ----------
    sym : Symbol
    ctx : Context
    input_shapes : dict of str to tuple of int
        The shapes of all inputs.
    param_names : list or set of str
        Which arguments are parameters.
    need_grad : bool or set of str
        Whether the parameters have gradients, or which.
    base_exec : Executor, optional
        One whose parameters, their gradients and auxiliary states are used again.
    shared_data_arrays : dict of str to NDArray, optional
        Arrays whose memory inputs may use; new ones are added.
    input_types : dict of str to dtype, optional
    logger : optional
        Is told when an input needs more memory than the array that it was to share.
    """
    if not isinstance(need_grad, (bool, set)):
        raise SettingsError(f"need_grad must be a boolean or a set of names, got {need_grad!r}.")
    arg_shapes, _, aux_shapes = sym.infer_shape(**input_shapes)
    arg_types, _, aux_types = sym.infer_type(**(input_types or dict.fromkeys(input_shapes, "float32")))
    if arg_shapes is None or aux_shapes is None or arg_types is None or aux_types is None:
        raise ShapeError(f"The shapes {dict(input_shapes)} of the inputs do not determine all others.")
    with_grad = set(param_names) if need_grad is True else need_grad or set()
    arguments: list[NDArray] = []
    gradients: dict[str, Any] = {}
    for name, shape, dtype in zip(sym.list_arguments(), arg_shapes, arg_types, strict=True):
        if name not in param_names:
            arguments.append(_shared_input(name, shape, dtype, ctx, shared_data_arrays, logger))
        elif base_exec is None:
            arguments.append(nd.zeros(shape, ctx, dtype=dtype))
            if name in with_grad:
                gradients[name] = nd.zeros(shape, ctx, dtype=dtype)
        else:
            arguments.append(_shared_parameter(name, shape, base_exec))
            if name in with_grad:
                gradients[name] = base_exec.grad_dict[name]
    states = (
        [nd.zeros(shape, ctx, dtype=dtype) for shape, dtype in zip(aux_shapes, aux_types, strict=True)]
        if base_exec is None
        else list(base_exec.aux_arrays)
    )
    requests = {name: "write" if name in gradients else "null" for name in sym.list_arguments()}
    return sym.bind(ctx, arguments, gradients or None, requests, states, shared_exec=base_exec)


def _shared_parameter(name: str, shape: tuple[int, ...], base: Executor) -> NDArray:
    known = base.arg_dict[name]
    if known.shape != tuple(shape):
        raise BindError(
            f"The parameter {name!r} has the shape {tuple(shape)} here, but {known.shape} in the executor "
            "whose parameters are to be used."
        )
    return known


def _shared_input(
    name: str,
    shape: tuple[int, ...],
    dtype: Any,
    ctx: Context,
    shared: dict[str, NDArray] | None,
    logger: Any,
) -> NDArray:
    """Return an array for an input, on memory that several executors may use if there is enough of it."""
    if shared is None:
        return nd.zeros(shape, ctx, dtype=dtype)
    there = shared.get(name)
    if there is not None and there.dtype == dtype:
        if there.size >= math.prod(shape):
            return there.reshape((-1,))[: math.prod(shape)].reshape(shape)
        logger.warning(
            "The input %r needs more memory (shape %s) than the array that it shares (shape %s). It gets an "
            "array of its own. Bind the largest bucket first to share its memory.",
            name,
            shape,
            there.shape,
        )
    shared[name] = nd.zeros(shape, ctx, dtype=dtype)
    return shared[name]


# ------------------------------------------------------------------------------------------------- executors


class DataParallelExecutorGroup:
    """Executors of one network on several devices, each of which works on its share of the batch.

    Parameters
    ----------
    sym : Symbol
        The network.
    arg_names : list of str
        Its arguments.
    param_names : list of str
        Which of them are parameters.
    ctx : list of Context
        The devices.
    slices : list of slice
        The share of each.
    train_data : DataIter
        Whatever tells the shapes of a whole batch, by ``provide_data`` and ``provide_label``.
    shared_group : DataParallelExecutorGroup, optional
        A group whose parameters and memory this one uses.

    Attributes
    ----------
    train_execs : list of Executor
    data_arrays, label_arrays : list of list of (slice, NDArray)
        For every input, the share of each device.
    param_arrays, grad_arrays, aux_arrays : list of list of NDArray
        For every parameter, gradient and auxiliary state, the array of each device.
    """

    def __init__(
        self,
        sym: Symbol,
        arg_names: Sequence[str],
        param_names: Sequence[str],
        ctx: Sequence[Context],
        slices: Sequence[slice],
        train_data: Any,
        shared_group: DataParallelExecutorGroup | None = None,
    ) -> None:
        _check_arguments(sym)
        self.shared_data_arrays: list[dict[str, NDArray]] = (
            [{} for _ in ctx] if shared_group is None else shared_group.shared_data_arrays
        )
        self.data_names = [each[0] for each in train_data.provide_data]
        self.label_names = [each[0] for each in train_data.provide_label]
        self.aux_names = sym.list_auxiliary_states()
        self.param_idx = [i for i, name in enumerate(arg_names) if name in param_names]
        self.param_names = [arg_names[i] for i in self.param_idx]
        self.slices = list(slices)
        inputs = [*train_data.provide_data, *train_data.provide_label]
        types = {each.name: each.dtype for each in inputs if hasattr(each, "dtype")}
        self.train_execs: list[Executor] = [
            _bind_exec(
                sym,
                device,
                {each[0]: (part.stop - part.start, *each[1][1:]) for each in inputs},
                self.param_names,
                need_grad=True,
                base_exec=None if shared_group is None else shared_group.train_execs[i],
                shared_data_arrays=self.shared_data_arrays[i],
                input_types=types or None,
            )
            for i, (device, part) in enumerate(zip(ctx, self.slices, strict=True))
        ]
        self.data_arrays = [self._slot(name) for name in self.data_names]
        self.label_arrays = [self._slot(name) for name in self.label_names]
        self.param_arrays: Arrays = [
            [e.arg_dict[name] for e in self.train_execs] for name in self.param_names
        ]
        self.grad_arrays: Arrays = [
            [e.grad_dict[name] for e in self.train_execs] for name in self.param_names
        ]
        self.aux_arrays: Arrays = [[e.aux_dict[name] for e in self.train_execs] for name in self.aux_names]

    def _slot(self, name: str) -> Slot:
        return [(part, e.arg_dict[name]) for part, e in zip(self.slices, self.train_execs, strict=True)]

    def load_data_batch(self, data_batch: DataBatch) -> None:
        """Hand each device its share of a batch."""
        _load_data(data_batch, self.data_arrays)
        _load_label(data_batch, self.label_arrays)

    def forward(self, is_train: bool = False) -> None:
        """Run forward on each device."""
        for executor in self.train_execs:
            executor.forward(is_train=is_train)

    def backward(self) -> None:
        """Run backward on each device."""
        for executor in self.train_execs:
            executor.backward()

    def update_metric(self, metric: EvalMetric, labels: Sequence[Any], pre_sliced: bool = False) -> None:
        """Hand the outputs of each device and its share of the labels to a metric.

        Parameters
        ----------
        metric : EvalMetric
        labels : list of NDArray, or a list of them for each device if `pre_sliced`
        pre_sliced : bool
        """
        for i, (executor, part) in enumerate(zip(self.train_execs, self.slices, strict=True)):
            shares = labels[i] if pre_sliced else [label[part] for label in labels]
            metric.update(shares, executor.outputs)


class DataParallelExecutorManager:
    """Splits batches among devices, and keeps a group of executors for every bucket.

    Parameters
    ----------
    symbol : Symbol
        The network; with `sym_gen`, that of the largest bucket.
    ctx : list of Context
        The devices.
    train_data : DataIter
        Tells the batch size and the shapes of a batch.
    arg_names, param_names, aux_names : list of str
        The network's arguments, parameters and auxiliary states.
    work_load_list : list of float, optional
        How much of a batch each device gets, in proportion.
    logger : optional
        Is told how many devices there are.
    sym_gen : callable, optional
        Makes the network of a bucket from its key.
    """

    def __init__(
        self,
        symbol: Symbol,
        ctx: Sequence[Context],
        train_data: Any,
        arg_names: Sequence[str],
        param_names: Sequence[str],
        aux_names: Sequence[str],
        work_load_list: Sequence[float] | None = None,
        logger: Any = None,
        sym_gen: Callable[[Any], Symbol] | None = None,
    ) -> None:
        (logger or logging).info("Start training with %s", ctx)
        work_load = [1] * len(ctx) if work_load_list is None else work_load_list
        if not isinstance(work_load, list) or len(work_load) != len(ctx):
            raise SettingsError(
                f"work_load_list must hold {len(ctx)} numbers, one a device, got {work_load!r}."
            )
        self.slices = _split_input_slice(train_data.batch_size, work_load)
        self.arg_names = list(arg_names)
        self.param_names = list(param_names)
        self.aux_names = list(aux_names)
        self.ctx = list(ctx)
        self.symbol = symbol
        self.sym_gen = sym_gen
        self.execgrp = DataParallelExecutorGroup(
            symbol, self.arg_names, self.param_names, self.ctx, self.slices, train_data
        )
        self.curr_execgrp: DataParallelExecutorGroup | None = None
        self.execgrp_bucket: dict[Any, DataParallelExecutorGroup] = (
            {} if sym_gen is None else {train_data.default_bucket_key: self.execgrp}
        )

    def install_monitor(self, monitor: Monitor) -> None:
        """Let a monitor look into all executors.

        Raises
        ------
        MXNetError
            If there are buckets, as executors are added while training.
        """
        if self.sym_gen is not None:
            raise SettingsError("A network that is made for each bucket cannot be monitored.")
        for executor in self.execgrp.train_execs:
            monitor.install(executor)

    def set_params(self, arg_params: Mapping[str, NDArray], aux_params: Mapping[str, NDArray]) -> None:
        """Copy parameters and auxiliary states to all devices."""
        for executor in self.execgrp.train_execs:
            executor.copy_params_from(dict(arg_params), dict(aux_params))

    def copy_to(self, arg_params: Mapping[str, NDArray], aux_params: Mapping[str, NDArray]) -> None:
        """Write the mean of the devices' parameters and auxiliary states into given arrays."""
        for names, blocks, targets in (
            (self.param_names, self.param_arrays, arg_params),
            (self.aux_names, self.aux_arrays, aux_params),
        ):
            for name, block in zip(names, blocks, strict=True):
                here = [array.as_in_context(targets[name].context) for array in block]
                mean = sum(here[1:], here[0]) / len(here)
                mean.astype(targets[name].dtype).copyto(targets[name])

    @property
    def param_arrays(self) -> Arrays:
        """For every parameter, the array of each device."""
        return self.execgrp.param_arrays

    @property
    def grad_arrays(self) -> Arrays:
        """For every parameter's gradient, the array of each device."""
        return self.execgrp.grad_arrays

    @property
    def aux_arrays(self) -> Arrays:
        """For every auxiliary state, the array of each device."""
        return self.execgrp.aux_arrays

    def load_data_batch(self, data_batch: DataBatch) -> None:
        """Choose the executors of the batch's bucket, and hand each device its share."""
        if self.sym_gen is None:
            self.curr_execgrp = self.execgrp
        else:
            key = data_batch.bucket_key
            if key not in self.execgrp_bucket:
                self.execgrp_bucket[key] = DataParallelExecutorGroup(
                    self.sym_gen(key),
                    self.arg_names,
                    self.param_names,
                    self.ctx,
                    self.slices,
                    data_batch,
                    shared_group=self.execgrp,
                )
            self.curr_execgrp = self.execgrp_bucket[key]
        self.curr_execgrp.load_data_batch(data_batch)

    def _current(self) -> DataParallelExecutorGroup:
        if self.curr_execgrp is None:
            raise SettingsError("There is no batch yet: call load_data_batch() first.")
        return self.curr_execgrp

    def forward(self, is_train: bool = False) -> None:
        """Run forward on each device."""
        self._current().forward(is_train=is_train)

    def backward(self) -> None:
        """Run backward on each device."""
        self._current().backward()

    def update_metric(self, metric: EvalMetric, labels: Sequence[Any], pre_sliced: bool = False) -> None:
        """Hand outputs and labels to a metric, see :meth:`DataParallelExecutorGroup.update_metric`."""
        self._current().update_metric(metric, labels, pre_sliced)


lend(__name__)
