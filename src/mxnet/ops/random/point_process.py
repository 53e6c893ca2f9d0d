"""The likelihood of events in time: Hawkes processes, in which events bring about others of their kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.errors import MXNetError
from mxnet.ir.memory import NEW
from mxnet.ir.node import Entry, Node, emit
from mxnet.ir.op import Op, Run, Slots
from mxnet.lazy import torch
from mxnet.ops.tools.expect import expect_real, extents_of

if TYPE_CHECKING:
    from torch import Tensor

_INPUTS = {
    "lda": "Background intensity of each kind of event, in each sequence.",
    "alpha": "How many events of its kind an event brings about.",
    "beta": "How fast the excitement decays.",
    "state": "The excitement at the beginning.",
    "lags": "Time since the event before.",
    "marks": "The kind of each event.",
    "valid_length": "How many events each sequence has.",
    "max_time": "Until when each sequence was observed.",
}
_AXES = {
    "lda": "sequences kinds",
    "alpha": "kinds",
    "beta": "kinds",
    "state": "sequences kinds",
    "lags": "sequences events",
    "marks": "sequences events",
    "valid_length": "sequences",
    "max_time": "sequences",
}


class _Hawkes(Op):
    """Base of the likelihood and its gradient: the inputs, and the computation."""

    memory = NEW

    def known(self, s: Slots) -> tuple[int | None, int | None] | None:
        """Return the numbers of sequences and of kinds, None until all inputs have a shape."""
        extents = extents_of(self, s, **_AXES)
        if any(getattr(s, name) is None for name in _AXES):
            return None
        return extents["sequences"], extents["kinds"]

    def check_marks(self, lda: Tensor, marks: Tensor, valid_length: Tensor) -> None:
        """Raise if a valid event is of a kind that does not exist."""
        is_valid = torch.arange(marks.shape[1], device=marks.device) < valid_length.unsqueeze(1)
        if (is_valid & ((marks < 0) | (marks >= lda.shape[1]))).any():
            raise MXNetError(f"{self.name}: marks must be kinds from 0 to {lda.shape[1] - 1}.")

    def likelihood(
        self,
        lda: Tensor,
        alpha: Tensor,
        beta: Tensor,
        state: Tensor,
        lags: Tensor,
        marks: Tensor,
        valid_length: Tensor,
        max_time: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Return the logarithm of the likelihood of each sequence, and the excitement at its end.

        Between two events of a kind its excitement decays by ``exp(-beta * time)``, and each event adds 1. An
        event costs the logarithm of its intensity; the integral of the intensity is subtracted.
        """
        kind = marks.long().clamp(0, lda.shape[1] - 1)
        last = torch.zeros_like(lda)
        now, total = torch.zeros_like(max_time), torch.zeros_like(max_time)
        for event in range(lags.shape[1]):
            is_valid = event < valid_length
            which = kind[:, event : event + 1]
            now = torch.where(is_valid, now + lags[:, event], now)
            base, excited, before = (each.gather(1, which).squeeze(1) for each in (lda, state, last))
            rate, jump = beta[which.squeeze(1)], alpha[which.squeeze(1)]
            decay = torch.exp(-rate * (now - before))
            intensity = base + jump * rate * excited * decay
            integral = base * (now - before) + jump * excited * (1 - decay)
            total = torch.where(is_valid, total + intensity.log() - integral, total)
            excited, before = (
                torch.where(is_valid, new, old)
                for new, old in ((1 + excited * decay, excited), (now, before))
            )
            state, last = (
                each.scatter(1, which, new.unsqueeze(1)) for each, new in ((state, excited), (last, before))
            )
        rest = max_time.unsqueeze(1) - last
        decay = torch.exp(-beta * rest)
        return total - (lda * rest + alpha * state * (1 - decay)).sum(1), state * decay


class HawkesLikelihood(_Hawkes, name="_contrib_hawkesll"):
    r"""Computes the log-likelihood of sequences of events under a Hawkes process (Hawkes, 1971).

    The intensity of events of kind k is :math:`\lambda_k + \alpha_k \beta_k \sum_i e^{-\beta_k (t - t_i)}`,
    where the sum is over the earlier ones.

    Shapes, for n sequences of up to t events of k kinds: lda and state (n, k), alpha and beta (k,), lags and
    marks (n, t), valid_length and max_time (n,); the outputs are the log-likelihoods (n,) and the final
    states (n, k). marks are int32. lda, alpha and beta get gradients, from the log-likelihoods only, as in
    MXNet.
    """

    example = (
        "[[1.5, 2]]; [0.2, 0.3]; [1, 2]; mx.nd.zeros((1, 2)); [[1, 2, 1]]; "
        'mx.nd.array([[0, 1, 0]], dtype="int32"); [3]; [6]'
    )
    inputs = _INPUTS
    outputs = ("output", "out_state")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        known = self.known(s)
        return {} if known is None else {"output": known[:1], "out_state": known}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return dict.fromkeys((*_INPUTS, *self.outputs), t.lda or t.output) | {"marks": "int32"}

    def forward(self, run: Run, *ins: Tensor) -> tuple[Tensor, Tensor]:
        lda, marks, valid_length = ins[0], ins[5], ins[6]
        expect_real(self, lda)
        self.check_marks(lda, marks, valid_length)
        return self.likelihood(*ins)

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[Entry | None, ...]:
        found = emit("_contrib_backward_hawkesll", grads[0], *node.inputs).node.outputs
        return (*found, None, None, None, None, None)


class HawkesGradient(_Hawkes, name="_contrib_backward_hawkesll"):
    """Computes the gradients of the log-likelihoods of ``contrib.hawkesll``.

    Shapes: grad (n,), the other inputs as there, the outputs like lda, alpha and beta.
    """

    example = (
        "[1]; [[1.5, 2]]; [0.2, 0.3]; [1, 2]; mx.nd.zeros((1, 2)); [[1, 2, 1]]; "
        'mx.nd.array([[0, 1, 0]], dtype="int32"); [3]; [6]'
    )
    inputs = {"grad": "Gradient of the log-likelihoods."} | _INPUTS
    outputs = ("lda_grad", "alpha_grad", "beta_grad")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        known = self.known(s)
        return {} if known is None else {"outs": (known, known[1:], known[1:]), "grad": known[:1]}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return dict.fromkeys((*self.inputs, *self.outputs), t.lda) | {"marks": "int32"}

    def forward(self, run: Run, grad: Tensor, *ins: Tensor) -> tuple[Tensor, ...]:
        fixed = ins[3:]
        pulled: tuple[Tensor, ...] = torch.func.vjp(
            lambda lda, alpha, beta: self.likelihood(lda, alpha, beta, *fixed)[0], *ins[:3]
        )[1](grad)
        return pulled
