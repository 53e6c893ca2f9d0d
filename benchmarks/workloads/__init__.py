"""What a workload is; each module here lists those of one family."""

from __future__ import annotations

from dataclasses import dataclass, field

# By how much results may differ, relative and in the Euclidean norm of each array. In a deep network with
# random weights, sums in another order flip units near a kink of ReLU: in its gradients any two direct
# ways differ by 0.02 (0.01 holds only among those that add in oneDNN's order), single convolutions by 1e-5.
TOLERANCES = {"inference": 1e-4, "gradient": 3e-2, "sgd": 3e-2}

# What a measure is in, and whether each repetition needs a process of its own.
UNITS = {"step": "ms", "first": "ms", "memory": "MB", "living": "MB", "start-up": "ms"}


@dataclass(frozen=True)
class Workload:
    """A network run in some mode, and what is measured of that."""

    name: str
    network: str
    mode: str
    batch: int
    measure: str = "step"
    backends: tuple[str, ...] = ("symbolic", "eager", "jitted", "exported")
    variables: dict[str, str] = field(default_factory=dict)
    tolerance: float | None = None  # None: that of the mode

    @property
    def unit(self) -> str:
        """What the numbers are in."""
        return UNITS[self.measure]

    @property
    def fresh(self) -> bool:
        """Whether each repetition is the first thing that a new process does."""
        return self.measure != "step"

    def runs_on(self, backend: str) -> bool:
        """Whether that backend can run it: exported networks are for inference only."""
        return backend in self.backends and (self.mode == "inference" or backend != "exported")
