"""The peer's side of a benchmark: reads requests, a JSON object a line, and answers each with one.

A request is ``{"ask": NAME, ...}`` and NAME is a method of `Worker`; the answer is what that returns, or
``{"error": why}``. This runs under every Python from 3.7 on.
Between requests the process waits for the next line and does nothing.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback

import numpy as np

from backends import Job, load


class Worker:
    """Holds the backend between requests."""

    def __init__(self):
        self.backend = None

    def prepare(self, backend, job):
        """Load the peer's library and the numbers. Only start-up is measured from before that."""
        self.name, self.job = backend, Job(**job)
        if self.job.measure != "start-up":
            self.backend = load(backend, self.job)
        return {}

    def start(self):
        """Bind and run one step."""
        self.backend.bind()
        self.backend.step()
        return {}

    def export(self):
        self.backend.export()
        return {}

    def results(self, path):
        """Write what one step made, for the comparison with other peers."""
        np.savez(path, **self.backend.results())
        return {}

    def measure(self):
        """Run one timed repetition and return what it measured."""
        return MEASURES[self.job.measure](self)


def step(worker):
    """Time steps until they have taken enough; one before warms up what other processes cooled down."""
    run, clock = worker.backend.step, getattr(time, worker.job.clock)
    run()
    took = []
    while sum(took) < worker.job.seconds:
        start = clock()
        run()
        took.append(clock() - start)
    # What others do to the caches makes steps longer, never shorter.
    of_one = min(took) if worker.job.clock == "process_time" else sum(took) / len(took)
    return {"step": of_one * 1e3}


def first(worker):
    """Time binding and the first step, in a process that has done neither."""
    start = time.perf_counter()
    worker.backend.bind()
    bound = time.perf_counter()
    worker.backend.step()
    return {"bind": (bound - start) * 1e3, "bind and first run": (time.perf_counter() - start) * 1e3}


def memory(worker):
    """Bind, run two steps, and tell what was planned and by how much the process grew at its peak, in MB."""
    before = resident(forget=True)
    worker.backend.bind()
    worker.backend.step()
    worker.backend.step()
    after = resident()
    return {**worker.backend.planned(), "process peak": after, "growth": after - before}


def living(worker):
    """Do the same after a step with one sample: the code that operators load is not theirs."""
    worker.backend.warm_up()
    return memory(worker)


def start_up(worker):
    """Time importing the library, composing and inferring."""
    start = time.perf_counter()
    load(worker.name, worker.job).infer()
    return {"import to inferred": (time.perf_counter() - start) * 1e3}


MEASURES = {"step": step, "first": first, "memory": memory, "living": living, "start-up": start_up}


def resident(forget=False):
    """Return the most memory in use since the last call that forgot what was before (Linux only), in MB."""
    if forget:
        with open("/proc/self/clear_refs", "w") as settings:
            settings.write("5")
    with open("/proc/self/status") as status:
        peak = next(line for line in status if line.startswith("VmHWM"))
    return int(peak.split()[1]) / 2**10


def main():
    # Libraries print: that goes to the log with the errors, and the answers have the output to themselves.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    worker = Worker()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = getattr(worker, request.pop("ask"))(**request)
        except Exception as error:
            traceback.print_exc()
            reasons = str(error).strip().splitlines() or [type(error).__name__]
            answer = {"error": reasons[0]}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
