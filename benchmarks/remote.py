"""The runner's side of the protocol: a worker process, asked one thing at a time and stopped in between."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
from pathlib import Path

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class WorkerError(Exception):
    """A worker answered with an error, died, or did not answer in time; the message is one line."""


class Remote:
    """A worker in a peer's environment; between answers it is stopped, so that no thread of it spins."""

    def __init__(
        self, python: Path, variables: dict[str, str], threads: int, log: Path, patience: float
    ) -> None:
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        environment = inherited | dict.fromkeys(THREADS, str(threads)) | variables
        self.log = log
        self.patience = patience
        with log.open("a") as errors:
            self.process = subprocess.Popen(
                [python, Path(__file__).with_name("worker.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment,
                text=True,
            )

    def ask(self, what: str, **details: object) -> dict[str, float]:
        """Wake the worker, hand it a request, wait for the answer and stop it again."""
        self.process.send_signal(signal.SIGCONT)
        try:
            self.process.stdin.write(json.dumps({"ask": what, **details}) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise WorkerError(f"the process ended with {self.process.wait()}; see {self.log.name}") from None
        if not select.select([self.process.stdout], [], [], self.patience)[0]:
            raise WorkerError(f"no answer to {what!r} within {self.patience:.0f} seconds")
        line = self.process.stdout.readline()
        if not line:
            raise WorkerError(f"the process ended with {self.process.wait()}; see {self.log.name}")
        self.process.send_signal(signal.SIGSTOP)
        answer = json.loads(line)
        if "error" in answer:
            raise WorkerError(answer["error"])
        return answer

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self.process.kill()
        self.process.communicate()
