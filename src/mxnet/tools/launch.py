"""Starts the workers of a training; the command line is that of MXNet's ``tools/launch.py``.

``python -m mxnet.tools.launch -n 2 python train.py`` runs ``python train.py`` twice on this machine. When one
of them fails, the others are ended.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import NoReturn

__all__ = ["main"]

_FAREWELL = 5.0
"""For how many seconds the others may go on when a worker has failed: they say what they miss, and end."""

_GRACE = 5.0
"""For how many seconds a worker may tidy up once it was asked to end."""

_ELSEWHERE = (
    "launch: only the launcher 'local' is here, which starts all workers on this machine. On several, "
    "start them with torchrun, or by any means that sets DMLC_PS_ROOT_URI, DMLC_PS_ROOT_PORT and "
    "DMLC_NUM_WORKER for each of them; one of them has to run on the machine DMLC_PS_ROOT_URI."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; return its exit status, that of the first worker that failed."""
    args = _parser().parse_args(arguments)
    if args.launcher != "local" or args.hostfile or args.sync_dst_dir:
        print(_ELSEWHERE, file=sys.stderr)  # noqa: T201 - it talks to a person
        return 2
    if args.num_workers < 1 or not args.command:
        print("launch: -n says how many workers, at least 1, and a command follows.", file=sys.stderr)  # noqa: T201
        return 2
    environment = {**os.environ, **_variables(args)}
    command = args.command if len(args.command) > 1 else ["/bin/sh", "-c", *args.command]
    with _ended_with_us() as workers:
        for rank in range(args.num_workers):
            own = {"DMLC_WORKER_ID": str(rank), "DMLC_TASK_ID": str(rank)}
            # A group of its own, so that what a worker starts can be ended with it.
            started = subprocess.Popen(command, env=environment | own, start_new_session=True)  # noqa: S603
            workers.append(started)
        return _first_failure(workers)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="launch", description="Launch a distributed job.")
    parser.add_argument("-n", "--num-workers", required=True, type=int, help="How many workers to start.")
    parser.add_argument(
        "-s", "--num-servers", type=int, help="Accepted for MXNet's sake: there are no servers here."
    )
    parser.add_argument("-H", "--hostfile", help="Not here; see --launcher.")
    parser.add_argument("--sync-dst-dir", help="Not here; see --launcher.")
    parser.add_argument(
        "--launcher",
        choices=["local", "ssh", "mpi", "sge", "yarn"],
        default="local",
        help="Where to start them; only 'local' is here, which is this machine.",
    )
    parser.add_argument("--env-server", action="append", default=[], help="Accepted for MXNet's sake.")
    parser.add_argument(
        "--env-worker", action="append", default=[], help="A variable for workers, as NAME:VALUE."
    )
    parser.add_argument(
        "--env", action="append", default=[], help="Accepted for MXNet's sake: all variables are passed on."
    )
    parser.add_argument("--p3", action="store_true", help="Accepted for MXNet's sake.")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="What every worker runs.")
    return parser


def _variables(args: argparse.Namespace) -> dict[str, str]:
    """Return what workers find each other by, and what the user has set for them."""
    pairs = (pair.partition(":") for pair in args.env_worker)
    return {
        "DMLC_ROLE": "worker",
        "DMLC_PS_ROOT_URI": "127.0.0.1",
        "DMLC_PS_ROOT_PORT": str(_free_port()),
        "DMLC_NUM_WORKER": str(args.num_workers),
        "DMLC_NUM_SERVER": "0",
        "DMLC_JOB_CLUSTER": "local",
        **{name: value for name, _, value in pairs},
    }


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def _ended_with_us() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Yield a list of processes, all of which have ended when the block is left, also by a signal."""
    workers: list[subprocess.Popen[bytes]] = []
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        yield workers
    finally:
        signal.signal(signal.SIGTERM, before)
        _end(workers)


def _leave(number: int, _: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


def _first_failure(workers: Sequence[subprocess.Popen[bytes]]) -> int:
    """Wait until all have ended well, or one has not; return its exit status."""
    while True:
        states = [worker.poll() for worker in workers]
        failed = next((rank for rank, state in enumerate(states) if state), None)
        if failed is not None:
            state = states[failed]
            assert state is not None
            print(f"launch: worker {failed} ended with {state}.", file=sys.stderr)  # noqa: T201
            _wait_for(workers, _FAREWELL)
            return state if state > 0 else 128 - state
        if None not in states:
            return 0
        time.sleep(0.05)


def _end(workers: Sequence[subprocess.Popen[bytes]]) -> None:
    _signal(workers, signal.SIGTERM)
    _wait_for(workers, _GRACE)
    _signal(workers, signal.SIGKILL)
    for worker in workers:
        worker.wait()


def _signal(workers: Sequence[subprocess.Popen[bytes]], number: int) -> None:
    """Send a signal to those that have not ended, and to what they have started."""
    for worker in workers:
        if worker.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(worker.pid, number)


def _wait_for(workers: Sequence[subprocess.Popen[bytes]], seconds: float) -> None:
    """Wait until all have ended, but not for longer than that."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and any(worker.poll() is None for worker in workers):
        time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main())
