"""The executors of a module: one for each device, each with its slice of the batch."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet import ndarray as nd
from mxnet.context import Context, cpu
from mxnet.errors import BindError, NameLookupError, ShapeError, did_you_mean, few
from mxnet.io import DataDesc
from mxnet.module.side_by_side import SideBySide
from mxnet.ndarray import NDArray

if TYPE_CHECKING:
    from mxnet.executor import Executor
    from mxnet.io import DataBatch
    from mxnet.metric import EvalMetric
    from mxnet.monitor import Monitor
    from mxnet.symbol.symbol import Symbol

__all__ = ["DataParallelExecutorGroup"]

Slot = list[tuple[slice, NDArray]]  # where each device's share of an input goes


class _LengthError(ShapeError, AssertionError):
    """A list has another length than what it is for (MXNet asserts)."""


class _NoGradientsError(BindError, AssertionError):
    """Gradients were asked for that the module was not bound for (MXNet asserts)."""


class _Family:
    """The parameters, gradients and auxiliary states of all groups that share theirs, on one device."""

    def __init__(self) -> None:
        self.arg_dict: dict[str, NDArray] = {}
        self.grad_dict: dict[str, NDArray | None] = {}
        self.aux_dict: dict[str, NDArray] = {}

    @property
    def grad_arrays(self) -> list[NDArray | None]:
        """The gradients, as an executor has them."""
        return list(self.grad_dict.values())

    def join(self, names: Sequence[str], executor: Executor) -> None:
        """Take in what an executor has that is not known yet; raise if it does not fit what is known."""
        gradients = {} if executor.grad_arrays is None else executor.grad_dict
        for known, own in (
            (self.arg_dict, {n: executor.arg_dict[n] for n in names}),
            (self.aux_dict, executor.aux_dict),
        ):
            for name, array in own.items():
                shape = known.setdefault(name, array).shape
                if shape != array.shape:
                    raise ShapeError(
                        f"{name!r} has the shape {shape}, but a network that shares it needs {array.shape}."
                    )
        for name in names:
            self.grad_dict.setdefault(name, gradients.get(name))


class DataParallelExecutorGroup:
    """Executors of one network on several devices, each of which works on its share of the batch.

    Parameters
    ----------
    symbol : Symbol
        The network.
    contexts : list of Context
        The devices.
    workload : list of float
        How much of the batch each gets, in proportion.
    data_shapes : list of DataDesc
    label_shapes : list of DataDesc or None
    param_names : list of str
        Which arguments are parameters.
    for_training : bool
        Whether gradients are computed.
    inputs_need_grad : bool
        Whether those of the data are among them.
    shared_group : DataParallelExecutorGroup, optional
        A group that shares its parameters with this one.
    logger : optional
        Accepted for MXNet's sake.
    fixed_param_names : list of str, optional
        Parameters without a gradient.
    grad_req : str, list or dict
        What becomes of gradients: ``write``, ``add`` or ``null``.
    state_names : list of str, optional
        Arguments that are kept from batch to batch.
    group2ctxs : list of dict, optional
        For each device, where the network's context groups go.

    Attributes
    ----------
    execs : list of Executor
    param_arrays, grad_arrays, aux_arrays : list of list of NDArray
        For every parameter, gradient and auxiliary state, the array of each device.
    """

    def __init__(
        self,
        symbol: Symbol,
        contexts: Sequence[Context],
        workload: Sequence[float],
        data_shapes: Sequence[Any],
        label_shapes: Sequence[Any] | None,
        param_names: Sequence[str],
        for_training: bool,
        inputs_need_grad: bool,
        shared_group: DataParallelExecutorGroup | None = None,
        logger: Any = logging,
        fixed_param_names: Sequence[str] | None = None,
        grad_req: str | Sequence[str] | Mapping[str, str] = "write",
        state_names: Sequence[str] | None = None,
        group2ctxs: Sequence[Mapping[str, Context] | None] | None = None,
    ) -> None:
        self.symbol = symbol
        self.contexts = list(contexts)
        self.workload = list(workload)
        self.arg_names = symbol.list_arguments()
        self.aux_names = symbol.list_auxiliary_states()
        self.output_names = symbol.list_outputs()
        self.for_training = for_training
        self.inputs_need_grad = inputs_need_grad
        self.fixed_param_names = list(fixed_param_names or ())
        self.state_names = list(state_names or ())
        self.param_names = [name for name in self.arg_names if name in set(param_names)]
        self.group2ctxs = list(group2ctxs or [None] * len(self.contexts))
        self.grad_req = self._requests(
            grad_req, {_desc(d).name for d in data_shapes}, set(self.fixed_param_names)
        )
        self._monitor: Monitor | None = None
        self.num_outputs = len(self.output_names)
        self.output_layouts = [
            DataDesc.get_batch_axis(symbol[i].attr("__layout__")) for i in range(self.num_outputs)
        ]
        self.batch_size: int | None = None
        self.execs: list[Executor] = []
        self._default_execs: list[Executor] = []
        self._families: list[_Family] = (
            [_Family() for _ in self.contexts] if shared_group is None else shared_group._families
        )
        self.bind_exec(data_shapes, label_shapes, shared_group)

    def _requests(
        self, grad_req: str | Sequence[str] | Mapping[str, str], data_names: set[str], fixed: set[str]
    ) -> dict[str, str]:
        if not self.for_training:
            return dict.fromkeys(self.arg_names, "null")
        if isinstance(grad_req, (list, tuple)):
            if len(grad_req) != len(self.arg_names):
                raise _LengthError(
                    f"grad_req has {len(grad_req)} entries, but the network has {len(self.arg_names)} "
                    f"arguments: {few(map(repr, self.arg_names))}."
                )
            return dict(zip(self.arg_names, grad_req, strict=True))
        usual = grad_req if isinstance(grad_req, str) else "write"
        wanted = {*self.param_names} - fixed | (data_names if self.inputs_need_grad else set())
        requests = {name: usual if name in wanted else "null" for name in self.arg_names}
        return {**requests, **grad_req} if isinstance(grad_req, Mapping) else requests

    # ----------------------------------------------------------------------------------------------- binding

    def decide_slices(self, data_shapes: Sequence[DataDesc]) -> list[slice]:
        """Split the batch among the devices; all inputs must have the same batch size."""
        for desc in data_shapes:
            axis = DataDesc.get_batch_axis(desc.layout)
            if axis < 0 or axis >= len(desc.shape):
                continue
            size = int(desc.shape[axis])
            if self.batch_size is not None and size != self.batch_size:
                raise ShapeError(
                    f"All inputs must have the same batch size: {desc.name!r} of shape {tuple(desc.shape)} "
                    f"and layout {desc.layout} has {size}, those before it {self.batch_size}."
                )
            self.batch_size = size
        if not self.batch_size:
            return [slice(0, None)] * len(self.contexts)
        return _split_input_slice(self.batch_size, self.workload)

    def bind_exec(
        self,
        data_shapes: Sequence[Any],
        label_shapes: Sequence[Any] | None,
        shared_group: DataParallelExecutorGroup | None = None,
        reshape: bool = False,
    ) -> None:
        """Bind an executor on each device, or reshape those that are there."""
        self.batch_size = None
        self.data_shapes = [_desc(d) for d in data_shapes]
        self.label_shapes = [_desc(d) for d in label_shapes] if label_shapes else None
        self.data_names = [desc.name for desc in self.data_shapes]
        self.label_names = [desc.name for desc in self.label_shapes or ()]
        self.data_layouts = [DataDesc.get_batch_axis(desc.layout) for desc in self.data_shapes]
        self.label_layouts = [DataDesc.get_batch_axis(desc.layout) for desc in self.label_shapes or ()]
        for desc in self.data_shapes:
            if desc.name not in self.arg_names:
                raise NameLookupError(
                    f"The data {desc.name!r} is no argument of the network."
                    f"{did_you_mean(desc.name, self.arg_names)} Its arguments are "
                    f"{few(map(repr, self.arg_names))}."
                )
        self.slices = self.decide_slices(self.data_shapes)
        # Labels that only a metric looks at are no arguments of the network.
        inputs = [
            desc for desc in [*self.data_shapes, *(self.label_shapes or ())] if desc.name in self.arg_names
        ]
        if reshape:
            self.execs = [
                executor.reshape(partial_shaping=True, allow_up_sizing=True, **self._shapes_on(i, inputs))
                for i, executor in enumerate(self._default_execs)
            ]
        else:
            self.execs = [self._bind_ith_exec(i, inputs, shared_group) for i in range(len(self.contexts))]
            self._default_execs = self.execs
        if self._monitor is not None:
            for executor in self.execs:
                executor.set_monitor_callback(self._monitor.stat_helper, self._monitor.monitor_all)
        self._running = SideBySide(self.execs)
        self._collect_arrays()

    def _shapes_on(self, device: int, inputs: Sequence[DataDesc]) -> dict[str, tuple[int, ...]]:
        return {desc.name: self._share_of(desc, device) for desc in inputs}

    def _share_of(self, desc: DataDesc, device: int) -> tuple[int, ...]:
        shape = [int(n) for n in desc.shape]
        axis = DataDesc.get_batch_axis(desc.layout)
        if 0 <= axis < len(shape):
            part = self.slices[device]
            if self.batch_size and shape[axis] == self.batch_size:
                shape[axis] = part.stop - part.start
        return tuple(shape)

    def _bind_ith_exec(
        self, device: int, inputs: Sequence[DataDesc], shared_group: DataParallelExecutorGroup | None
    ) -> Executor:
        options: dict[str, Any] = dict(self._shapes_on(device, inputs))
        family: Any = self._families[device]
        executor = self.symbol.simple_bind(
            self.contexts[device],
            grad_req=self.grad_req,
            type_dict={desc.name: desc.dtype for desc in inputs},
            group2ctx=self.group2ctxs[device],
            shared_arg_names=self.param_names if shared_group else None,
            shared_exec=family if shared_group else None,
            **options,
        )
        family.join(self.param_names, executor)
        return executor

    @property
    def shared_data_arrays(self) -> list[dict[str, NDArray]]:
        """The arrays of data and labels by name, for each device."""
        names = [n for n in (*self.data_names, *self.label_names) if n in self.arg_names]
        return [{name: executor.arg_dict[name] for name in names} for executor in self.execs]

    @property
    def _total_exec_bytes(self) -> int:
        """The megabytes of the last device's plan, which MXNet reads from the same line."""
        return int(self.execs[-1].debug_str().split("\n")[-3].split()[1])

    def _collect_arrays(self) -> None:
        """Gather the arrays of all devices by input, parameter and auxiliary state."""
        position = {name: i for i, name in enumerate(self.arg_names)}
        self.data_arrays = [self._slot(name, position) for name in self.data_names]
        self.label_arrays = [self._slot(n, position) if n in position else None for n in self.label_names]
        self.state_arrays = [[e.arg_arrays[position[name]] for e in self.execs] for name in self.state_names]
        self.param_arrays = [[e.arg_arrays[position[name]] for e in self.execs] for name in self.param_names]
        self.grad_arrays = self._gradients(self.param_names)
        self.input_grad_arrays = self._gradients(self.data_names) if self.inputs_need_grad else []
        self.aux_arrays = [[e.aux_arrays[i] for e in self.execs] for i in range(len(self.aux_names))]

    def _gradients(self, names: Sequence[str]) -> list[list[NDArray | None]]:
        grads = [{} if executor.grad_arrays is None else executor.grad_dict for executor in self.execs]
        return [[of_one.get(name) for of_one in grads] for name in names]

    def _slot(self, name: str, position: Mapping[str, int]) -> Slot:
        return [(part, e.arg_arrays[position[name]]) for part, e in zip(self.slices, self.execs, strict=True)]

    def reshape(self, data_shapes: Sequence[Any], label_shapes: Sequence[Any] | None) -> None:
        """Make room for other shapes, keeping the parameters."""
        given = [[_desc(d) for d in shapes or ()] for shapes in (data_shapes, label_shapes)]
        if given != [self.data_shapes, self.label_shapes or []]:
            self._check_parameters([*given[0], *given[1]])
            self.bind_exec(data_shapes, label_shapes, reshape=True)

    def _check_parameters(self, inputs: Sequence[DataDesc]) -> None:
        """Raise if these inputs ask for parameters of other shapes: their values would be lost."""
        shapes = {desc.name: tuple(desc.shape) for desc in inputs if desc.name in self.arg_names}
        for name, block in zip(self.param_names, self.param_arrays, strict=True):
            shapes[name] = block[0].shape
        self.symbol.infer_shape_partial(**shapes)

    # -------------------------------------------------------------------------------------------- parameters

    def set_params(
        self, arg_params: Mapping[str, NDArray], aux_params: Mapping[str, NDArray], allow_extra: bool = False
    ) -> None:
        """Copy parameters to all devices."""
        for executor in self.execs:
            executor.copy_params_from(arg_params, aux_params, allow_extra_params=allow_extra)

    def get_params(self, arg_params: Mapping[str, NDArray], aux_params: Mapping[str, NDArray]) -> None:
        """Write the mean of the devices' parameters into those arrays that are given."""
        for names, blocks, targets in (
            (self.param_names, self.param_arrays, arg_params),
            (self.aux_names, self.aux_arrays, aux_params),
        ):
            for name, block in zip(names, blocks, strict=True):
                if name in targets:
                    _mean(block).astype(targets[name].dtype).copyto(targets[name])

    # ----------------------------------------------------------------------------------------------- running

    def forward(self, data_batch: DataBatch, is_train: bool | None = None) -> None:
        """Hand each device its share of a batch and run forward."""
        _load_checked(data_batch.data, self.data_arrays, self.data_layouts, self.data_names, "data")
        if data_batch.label and self.label_shapes:
            _load_checked(data_batch.label, self.label_arrays, self.label_layouts, self.label_names, "label")
        training = bool(self.for_training if is_train is None else is_train)
        self._running.run(training, lambda _, executor: executor.forward(is_train=training))

    def backward(self, out_grads: Any = None) -> None:
        """Run backward on each device.

        Parameters
        ----------
        out_grads : NDArray or list of NDArray, optional
            The gradients of the outputs, of whole batches.
        """
        if not self.for_training:
            raise _NoGradientsError("There are no gradients: the module was bound with for_training=False.")
        if out_grads is None:
            self._running.run("backward", lambda _, executor: executor.backward())
            return
        whole = [out_grads] if isinstance(out_grads, NDArray) else list(out_grads)

        def backward(device: int, executor: Executor) -> None:
            executor.backward(
                [
                    (grad if len(self.execs) == 1 else _share(grad, axis, self.slices[device])).as_in_context(
                        self.contexts[device]
                    )
                    for grad, axis in zip(whole, self.output_layouts, strict=False)
                ]
            )

        self._running.run("backward of gradients", backward)

    # ----------------------------------------------------------------------------------------------- results

    def get_output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        """Return the names and shapes of the outputs, for the whole batch."""
        shapes = []
        for name, axis, output in zip(
            self.output_names, self.output_layouts, self.execs[0].outputs, strict=True
        ):
            shape = list(output.shape)
            if 0 <= axis < len(shape) and self.batch_size is not None:
                shape[axis] = self.batch_size
            shapes.append((name, tuple(shape)))
        return shapes

    def get_outputs(
        self, merge_multi_context: bool = True, begin: int = 0, end: int | None = None
    ) -> list[Any]:
        """Return the outputs.

        Parameters
        ----------
        merge_multi_context : bool
            Whether the devices' shares are put together; otherwise each output is a list of shares.
        begin, end : int
            Which outputs.
        """
        outputs = [
            [executor.outputs[i] for executor in self.execs]
            for i in range(self.num_outputs)[slice(begin, end)]
        ]
        return self._merged(outputs, self.output_layouts[begin:end]) if merge_multi_context else outputs

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the gradients of the data, as `get_outputs` does; None where none is computed."""
        if not self.inputs_need_grad:
            raise _NoGradientsError("There are no gradients of the data: bind with inputs_need_grad=True.")
        return (
            self._merged(self.input_grad_arrays, self.data_layouts)
            if merge_multi_context
            else self.input_grad_arrays
        )

    def get_states(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the states, as `get_outputs` does the outputs."""
        axes = [0] * len(self.state_arrays)
        return self._merged(self.state_arrays, axes) if merge_multi_context else self.state_arrays

    def _merged(self, blocks: Sequence[Sequence[Any]], axes: Sequence[int]) -> list[Any]:
        return _merge_multi_context(
            [[_on(self.contexts[0], each) for each in block] for block in blocks], axes
        )

    def set_states(self, states: Any = None, value: float | None = None) -> None:
        """Set the states from arrays (for each state one, or a list over devices), or all to one value."""
        if (states is None) == (value is None):
            raise BindError("set_states takes either states or a value for all of them.")
        if value is not None:
            for block in self.state_arrays:
                for array in block:
                    array[:] = value
            return
        slots = [list(zip(self.slices, block, strict=True)) for block in self.state_arrays]
        _load_checked(states, slots, [0] * len(slots), self.state_names, "states")

    def update_metric(self, eval_metric: EvalMetric, labels: Sequence[Any], pre_sliced: bool) -> None:
        """Hand the outputs of each device and its share of the labels to a metric.

        Parameters
        ----------
        eval_metric : EvalMetric
        labels : list of NDArray, or a list of them for each device if `pre_sliced`
        pre_sliced : bool
        """
        for i, (part, executor) in enumerate(zip(self.slices, self.execs, strict=True)):
            shares = (
                labels[i] if pre_sliced else [self._share_of_label(k, a, part) for k, a in enumerate(labels)]
            )
            names = self.label_names or [f"label{k}" for k in range(len(shares))]
            eval_metric.update_dict(
                dict(zip(names, shares, strict=False)),
                dict(zip(self.output_names, executor.outputs, strict=True)),
            )

    def _share_of_label(self, index: int, label: NDArray, part: slice) -> NDArray:
        if len(self.execs) == 1:
            return label
        layout = self.label_shapes[index].layout if self.label_shapes else None
        return _share(label, max(DataDesc.get_batch_axis(layout), 0), part)

    def install_monitor(self, mon: Monitor) -> None:
        """Let a monitor look into all executors."""
        self._monitor = mon
        for executor in self.execs:
            mon.install(executor)


def _split_input_slice(batch_size: int, work_load_list: Sequence[float]) -> list[slice]:
    """Split a batch in proportion.

    Examples
    --------
    >>> _split_input_slice(10, [1, 1, 2])
    [slice(0, 2, None), slice(2, 4, None), slice(4, 10, None)]
    """
    shares = [round(load * batch_size / sum(work_load_list)) for load in work_load_list]
    shares[-1] += max(0, batch_size - sum(shares))
    ends = [min(int(end), batch_size) for end in np.cumsum(shares)]
    slices = [slice(begin, end) for begin, end in zip([0, *ends], ends, strict=False)]
    if any(part.start >= part.stop for part in slices):
        raise ShapeError(
            f"A batch of {batch_size} cannot be split among {len(work_load_list)} devices by the workload "
            f"{list(work_load_list)}: some would get nothing."
        )
    return slices


def _prepare_group2ctxs(group2ctxs: Any, ctx_len: int) -> list[Mapping[str, Context] | None]:
    """Return where context groups go on each device.

    Parameters
    ----------
    group2ctxs : dict of str to Context or list of Context, or list of dict, or None
        One place for a group, or one for each device; or both by device.
    ctx_len : int
        The number of devices.
    """
    if group2ctxs is None:
        return [None] * ctx_len
    if isinstance(group2ctxs, Mapping):
        spread = {
            name: [places] * ctx_len if isinstance(places, Context) else list(places)
            for name, places in group2ctxs.items()
        }
        spread = {name: places * ctx_len if len(places) == 1 else places for name, places in spread.items()}
        group2ctxs = [
            {name: places[i] for name, places in spread.items() if i < len(places)} for i in range(ctx_len)
        ]
    groups = list(group2ctxs)
    if len(groups) != ctx_len:
        raise _LengthError(f"group2ctxs has {len(groups)} entries, but there are {ctx_len} contexts.")
    return groups


def _desc(desc: Any) -> DataDesc:
    return desc if isinstance(desc, DataDesc) else DataDesc(*desc)


def _on(context: Context, array: NDArray | None) -> NDArray | None:
    return None if array is None else array.as_in_context(context)


def _share(array: NDArray, axis: int, part: slice) -> NDArray:
    """Return a device's part of an array; all of it if it has no batch axis."""
    if axis < 0:
        return array
    cut: NDArray = array.slice_axis(axis=axis, begin=part.start, end=part.stop)
    return cut


def _mean(block: Sequence[NDArray]) -> NDArray:
    arrays = [array.as_in_context(cpu()) for array in block]
    return arrays[0] if len(arrays) == 1 else sum(arrays[1:], arrays[0]) / len(arrays)


def _load_checked(
    arrays: Sequence[Any] | None,
    slots: Sequence[Slot | None],
    axes: Sequence[int],
    names: Sequence[str],
    what: str,
) -> None:
    """Copy the inputs of a batch to the devices, unless their number or a shape is wrong."""
    if arrays is None or len(arrays) != len(slots):
        raise BindError(
            f"The batch holds {len(arrays or ())} arrays of {what}, but the module was bound with "
            f"{len(slots)}: {few(map(repr, names))}."
        )
    for array, slot, axis, name in zip(arrays, slots, axes, names, strict=True):
        if slot is None:
            continue
        only = slot[0][1] if len(slot) == 1 else None
        shape = None if isinstance(array, (list, tuple)) else tuple(array.shape)
        if only is None or shape is None:
            _load(array, slot, max(axis, 0))
        elif shape == only.shape:
            only[:] = array
        else:
            raise ShapeError(
                f"The {what} {name!r} has the shape {shape}, but the module was bound with {only.shape}."
            )


def _load_general(data: Sequence[Any], targets: Sequence[NDArray | Slot], major_axis: Sequence[int]) -> None:
    """Copy arrays to devices.

    Parameters
    ----------
    data : list of NDArray, or of lists of NDArray that are split already
    targets : list of NDArray, or of lists of (slice, NDArray)
        Where they go: to one place, or each slice to a place of its own.
    major_axis : list of int
        The axes that are sliced; -1 copies the whole array everywhere.
    """
    for source, target, axis in zip(data, targets, major_axis, strict=False):
        _load(source, [(slice(None), target)] if isinstance(target, NDArray) else target, axis)


def _load(source: Any, places: Slot, axis: int) -> None:
    """Copy one array to devices, to each its part; see `_load_general`."""
    for i, (part, place) in enumerate(places):
        if isinstance(source, (list, tuple)):
            share = source[i]
        elif len(places) == 1 and tuple(source.shape) == place.shape:
            share = source
        else:
            share = _share(source, axis, part)
        if tuple(share.shape) != place.shape:
            raise ShapeError(
                f"An array of shape {tuple(share.shape)} was to be copied to one of {place.shape}."
            )
        place[:] = share


def _load_data(batch: DataBatch, targets: Sequence[NDArray | Slot], major_axis: Sequence[int]) -> None:
    """Copy the data of a batch to devices; see `_load_general`."""
    _load_general(batch.data or (), targets, major_axis)


def _load_label(batch: DataBatch, targets: Sequence[NDArray | Slot], major_axis: Sequence[int]) -> None:
    """Copy the labels of a batch to devices; see `_load_general`."""
    _load_general(batch.label or (), targets, major_axis)


def _merge_multi_context(outputs: Sequence[Sequence[Any]], major_axis: Sequence[int]) -> list[Any]:
    """Put together what devices have of each output: along its axis, or the first alone if that is -1."""
    return [
        block[0]
        if len(block) == 1 or axis < 0 or block[0] is None
        else nd.concat(*(each.as_in_context(block[0].context) for each in block), dim=axis)
        for block, axis in zip(outputs, major_axis, strict=True)
    ]
