"""A module that trains by stochastic variance reduced gradients (SVRG)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from mxnet.contrib.svrg_optimization.svrg_optimizer import FULL, _SVRGOptimizer
from mxnet.errors import DTypeError, ParameterError
from mxnet.module import Module
from mxnet.module.steps import NotReadyError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mxnet.context import Context
    from mxnet.io import DataBatch, DataIter
    from mxnet.module.steps import Binding
    from mxnet.ndarray import NDArray
    from mxnet.optimizer import Optimizer
    from mxnet.symbol.symbol import Symbol

__all__ = ["SVRGModule"]


class SVRGModule(Module):
    r"""A module whose gradients vary less than those of single batches (Johnson and Zhang, 2013).

    Every few epochs the parameters :math:`\tilde w` are remembered, and the mean gradient :math:`\mu` of all
    training data is computed there. A batch then steps along :math:`\nabla f(w) - \nabla f(\tilde w) + \mu`.
    That allows larger, constant learning rates, at twice the work for a batch.

    As in MXNet, the mean gradient of before counts as one more batch when it is computed anew.

    Parameters
    ----------
    symbol, data_names, label_names, logger, context, work_load_list, fixed_param_names, state_names
        As of `Module`.
    group2ctxs, compression_params
        As of `Module`.
    update_freq : int
        Every how many epochs `fit` computes the full gradient anew.

    Examples
    --------
    >>> import mxnet as mx
    >>> from mxnet.contrib.svrg_optimization.svrg_module import SVRGModule
    >>> net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=1, name="fc")
    >>> net = mx.sym.LinearRegressionOutput(net, mx.sym.Variable("label"))
    >>> module = SVRGModule(net, label_names=["label"], update_freq=2)
    >>> batches = mx.io.NDArrayIter(mx.nd.array([[1], [2]]), mx.nd.array([2, 4]), label_name="label")
    >>> module.fit(batches, eval_metric="mse", num_epoch=50, optimizer_params={"learning_rate": 0.3})
    >>> round(float(module.get_params()[0]["fc_weight"].asscalar()), 1)
    2.0
    """

    def __init__(
        self,
        symbol: Symbol,
        data_names: Sequence[str] | None = ("data",),
        label_names: Sequence[str] | None = ("softmax_label",),
        logger: Any = logging,
        context: Context | Sequence[Context] | None = None,
        work_load_list: Sequence[float] | None = None,
        fixed_param_names: Sequence[str] | None = None,
        state_names: Sequence[str] | None = None,
        group2ctxs: Any = None,
        compression_params: dict[str, Any] | None = None,
        update_freq: int | None = None,
    ) -> None:
        options: dict[str, Any] = {
            "data_names": data_names,
            "label_names": label_names,
            "logger": logger,
            "context": context,
            "work_load_list": work_load_list,
            "fixed_param_names": fixed_param_names,
            "state_names": state_names,
            "group2ctxs": group2ctxs,
        }
        super().__init__(symbol, **options, compression_params=compression_params)
        if not isinstance(update_freq, int):
            raise DTypeError(f"update_freq is a number of epochs, an integer, not {update_freq!r}.")
        if update_freq < 1:
            raise ParameterError(f"update_freq is a positive number of epochs, not {update_freq}.")
        self.update_freq = update_freq
        self._mod_aux = Module(symbol, **options)
        """The network with the parameters that are remembered."""
        self._param_dict: list[dict[str, NDArray]] | None = None
        """The mean gradients, by name, on each device."""

    def _bind(self, wanted: Binding) -> None:
        super()._bind(wanted)
        if wanted.for_training:
            self._mod_aux._bind(wanted._replace(shared_module=None))

    def reshape(self, data_shapes: Sequence[Any], label_shapes: Sequence[Any] | None = None) -> None:
        """Make room for other shapes, keeping parameters and optimizer."""
        super().reshape(data_shapes, label_shapes)
        self._mod_aux.reshape(data_shapes, label_shapes)

    def _make_optimizer(
        self, optimizer: str | Optimizer, optimizer_params: Any, idx2name: dict[Any, str]
    ) -> Optimizer:
        return _SVRGOptimizer(super()._make_optimizer(optimizer, optimizer_params, idx2name))

    def forward(self, data_batch: DataBatch, is_train: bool | None = None) -> None:
        """Compute the outputs of a batch, in training also by the parameters that are remembered."""
        super().forward(data_batch, is_train)
        if self._param_dict is not None and (self.for_training if is_train is None else is_train):
            self._mod_aux.forward(data_batch, is_train)

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradients of the last `forward`."""
        super().backward(out_grads)
        if self._param_dict is not None:
            self._mod_aux.backward(out_grads)

    def update(self) -> None:
        """Update the parameters by the gradients of the last `backward`, with their variance reduced.

        Raises
        ------
        MXNetError
            If there is no full gradient yet.
        """
        if self._param_dict is None:
            raise NotReadyError("Call update_full_grads(train_data) of this SVRGModule first, as fit() does.")
        remembered = self._mod_aux._exec_group.grad_arrays
        for name, now, then in zip(
            self._exec_group.param_names, self._exec_group.grad_arrays, remembered, strict=True
        ):
            pairs = [(a, b) for a, b in zip(now, then, strict=True) if a is not None and b is not None]
            if pairs:
                means = [each[name] for each in self._param_dict]
                self._svrg_grads_update_rule([a for a, _ in pairs], [b for _, b in pairs], means)
        super().update()

    def _svrg_grads_update_rule(
        self,
        g_curr_batch_curr_weight: list[NDArray],
        g_curr_batch_special_weight: list[NDArray],
        g_special_weight_all_batch: list[NDArray],
    ) -> list[NDArray]:
        """Change the gradients of a parameter, one for each device, into those to step along.

        Parameters
        ----------
        g_curr_batch_curr_weight, g_curr_batch_special_weight : list of NDArray
            The gradients of a batch, with the parameters as they are and as they are remembered.
        g_special_weight_all_batch : list of NDArray
            The mean gradient of all batches, with the parameters as they are remembered.
        """
        for gradient, remembered, mean in zip(
            g_curr_batch_curr_weight, g_curr_batch_special_weight, g_special_weight_all_batch, strict=True
        ):
            gradient[:] = gradient - remembered + mean
        return g_curr_batch_curr_weight

    def update_full_grads(self, train_data: DataIter) -> None:
        """Remember the parameters, and compute the mean gradient of all batches there.

        Parameters
        ----------
        train_data : DataIter
            What to learn from. It is left at its end.
        """
        self._require("binded", "params_initialized")
        aux = self._mod_aux
        aux.set_params(*self.get_params())
        group = aux._exec_group
        gradients: list[dict[str, NDArray]] = [
            {
                name: gradient
                for name, each in zip(group.param_names, group.grad_arrays, strict=True)
                if (gradient := each[k]) is not None
            }
            for k in range(len(self._context))
        ]
        totals = self._param_dict or [
            {name: g.zeros_like() for name, g in each.items()} for each in gradients
        ]
        train_data.reset()
        batches = 0.0  # the last one may be filled up
        for batch in train_data:
            aux.forward_backward(batch)
            batches += 1 - (batch.pad or 0) / train_data.batch_size
            for total, shares in zip(totals, gradients, strict=True):
                for name, gradient in shares.items():
                    total[name][:] += gradient
        for name in totals[0]:
            self._average(name, [total[name] for total in totals], batches)
        self._param_dict = totals

    def _average(self, name: str, totals: list[NDArray], batches: float) -> None:
        """Turn the sums that each device has into the share of each one in the mean."""
        shares = 1
        if self._kvstore is not None:
            shares = len(totals) * self._kvstore.num_workers
            if self._param_dict is None:
                self._kvstore.init(name + FULL, totals[0].zeros_like())
            self._kvstore.push(name + FULL, totals)
            self._kvstore.pull(name + FULL, totals)
        for total in totals:
            total[:] /= batches * shares

    def _fit_epoch(self, given: dict[str, Any]) -> list[tuple[str, Any]]:
        if self._param_dict is None or given["epoch"] % self.update_freq == 0:
            self.update_full_grads(given["train_data"])
            given["train_data"].reset()
        return super()._fit_epoch(given)
