"""How a bound graph is to be run: what ``bind`` was asked for, or else what the environment says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mxnet.config import KNOBS, as_bytes, knob
from mxnet.engines.package import ENGINES, require_engine
from mxnet.errors import BindError, MXNetError, did_you_mean
from mxnet.passes import BEFORE_GRADIENT, INFERENCE, TO_COMPILE, TRAINING, Pass

__all__ = ["OPTIMISATIONS", "Options"]

OPTIMISATIONS = (
    "all",
    *dict.fromkeys(each.__name__ for each in (*BEFORE_GRADIENT, *INFERENCE, *TRAINING, *TO_COMPILE)),
    "hoist",
    "share_memory",
    "native",
    "cuda_graphs",
)
"""What can be left out: passes, keeping what is prepared, writing over dead values, kernels, replaying."""


@dataclass(frozen=True)
class Options:
    """What changes how programs are made from a graph.

    Attributes
    ----------
    memory_budget : int or None
        The most bytes that intermediate values of training may take.
    mirror : bool
        Whether to recompute cheap values in the backward half.
    compiler : {'', 'inductor', 'onnxruntime', 'openvino'}
        Whether programs are handed to ``torch.compile``, or those of inference to an engine.
    check_numerics : bool
        Whether to stop at the first NaN or Inf.
    disabled : frozenset of str
        What is left out: passes, ``"hoist"``, ``"share_memory"``, ``"native"``, ``"cuda_graphs"``; ``"all"``
        stands for all.
    """

    memory_budget: int | None = None
    mirror: bool = False
    compiler: str = ""
    check_numerics: bool = False
    disabled: frozenset[str] = frozenset()

    @classmethod
    def of_environment(
        cls,
        *,
        memory_budget: str | float | None = None,
        compiler: str | None = None,
        check_numerics: bool | None = None,
    ) -> Options:
        """Return the options of the environment variables, but for those that are given.

        Raises
        ------
        MXNetError
            If a value makes no sense.
        """
        try:
            budget = None if memory_budget is None else as_bytes(memory_budget)
            chosen = None if compiler is None else KNOBS["MXNET_COMPILER"].read(compiler)
        except ValueError as error:
            what = "memory_budget" if compiler is None else "memory_budget or compiler"
            raise BindError(f"bind: {what} {memory_budget!r} {compiler!r}: {error}.") from None
        compiler = knob("MXNET_COMPILER") if chosen is None else chosen
        if compiler in ENGINES:
            require_engine(compiler)
        return cls(
            memory_budget=knob("MXNET_MEMORY_BUDGET") if budget is None else budget,
            mirror=knob("MXNET_BACKWARD_DO_MIRROR"),
            compiler=compiler,
            check_numerics=knob("MXNET_CHECK_NUMERICS") if check_numerics is None else check_numerics,
            disabled=_known(knob("MXNET_DISABLED_PASSES")),
        )

    def has(self, optimisation: str) -> bool:
        """Whether an optimisation is not switched off."""
        return self.disabled.isdisjoint((optimisation, "all"))

    def without_disabled(self, pipeline: Sequence[Pass]) -> Sequence[Pass]:
        """Return the passes of a pipeline that are not switched off."""
        return [each for each in pipeline if self.has(each.__name__)]


def _known(names: frozenset[str]) -> frozenset[str]:
    for name in sorted(names.difference(OPTIMISATIONS)):
        hint = did_you_mean(name, OPTIMISATIONS)
        raise MXNetError(
            f"MXNET_DISABLED_PASSES names {name!r}, which is no optimisation.{hint}"
            f" These can be left out: {', '.join(OPTIMISATIONS)}."
        )
    return names
