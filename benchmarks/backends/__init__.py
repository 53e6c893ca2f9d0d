"""How each kind of peer binds a network and runs a step of it; the worker loads the one of its peer."""

from __future__ import annotations

import importlib
import os
from dataclasses import dataclass
from typing import Dict

import numpy as np

from networks import NETWORKS

LEARNING_RATE = 0.1


@dataclass(frozen=True)
class Job:
    """What a worker is to do: a network, how it is run, where its numbers are, and the peer's options."""

    network: str
    mode: str  # inference, gradient (forward and backward) or sgd (with the update)
    batch: int
    folder: str
    threads: int
    measure: str
    seconds: float
    options: Dict[str, str]
    clock: str = "perf_counter"  # of the module time

    @property
    def training(self) -> bool:
        return self.mode != "inference"

    def arrays(self, kind: str) -> Dict[str, np.ndarray]:
        """Read the weights or the inputs, which were written once for all peers."""
        with np.load(os.path.join(self.folder, kind + ".npz")) as arrays:
            return dict(arrays)


class Backend:
    """A network, ready to be bound; binding and steps are what is measured."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.network = NETWORKS[job.network]

    def bind(self) -> None:
        """Make everything ready that can be ready before the first step."""
        raise NotImplementedError

    def step(self) -> None:
        """Run one step; what it computes is there when this returns."""
        raise NotImplementedError

    def results(self) -> Dict[str, np.ndarray]:
        """Return what one step made: the output, the gradients, or by how much each weight moved."""
        raise NotImplementedError

    def planned(self) -> Dict[str, float]:
        """Return what the peer says about its memory, in MB; most say nothing."""
        return {}


def load(backend: str, job: Job) -> Backend:
    return importlib.import_module("backends." + backend).backend(job)
