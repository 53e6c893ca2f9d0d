"""Runs named workloads beside peers, checks that all agree, and writes table and chart to ``results/``.

Each peer is a process of its own that keeps its network bound. They take turns, a repetition each, so that
what drifts on the machine hits all alike; those whose turn it is not are stopped.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

import arrays
from peers import CACHE, PEERS, TORCH, Peer, UnavailableError
from remote import Remote, WorkerError
from report import Report, Result
from workloads import (
    TOLERANCES,
    Workload,
    binding,
    chain,
    classic,
    convolution,
    detection,
    language,
    memory,
    vision,
)

RESULTS = Path(__file__).resolve().parent / "results"
FAMILIES = (vision, classic, language, chain, binding, memory, detection, convolution)
MODES = {
    "quiet": "time by the clock; nothing else should run",
    "busy": "time of the processor that one thread takes, the lowest of all repetitions: other work may run",
    "neighbour": "time by the clock, beside a process that keeps a core busy",
}
WORKLOADS = {workload.name: workload for family in FAMILIES for workload in family.WORKLOADS}


@dataclass(frozen=True)
class Bench:
    """How all workloads are run: what the command line says."""

    mode: str
    threads: int
    seconds: float
    repeat: int
    patience: float
    cache: Path

    def worker(self, peer: Peer, workload: Workload, folder: Path) -> Remote:
        """Start a worker of a peer and have it load the library and the numbers."""
        log = RESULTS / f"{peer.name}.log"
        variables = peer.variables | workload.variables
        remote = Remote(peer.interpreter(self.cache), variables, self.threads, log, self.patience)
        job = {
            "network": workload.network,
            "mode": workload.mode,
            "batch": workload.batch,
            "folder": str(folder),
            "threads": self.threads,
            "measure": workload.measure,
            "seconds": self.seconds,
            "options": peer.options,
            "clock": "process_time" if self.mode == "busy" else "perf_counter",
        }
        try:
            remote.ask("prepare", backend=peer.backend, job=job)
        except WorkerError:
            remote.close()
            raise
        return remote

    def run(self, workload: Workload, peers: list[Peer]) -> list[Result]:
        """Run a workload on all peers that can."""
        peers = [peer for peer in peers if workload.runs_on(peer.backend)]
        results = {peer.name: Result(workload, peer.name) for peer in peers}
        with tempfile.TemporaryDirectory(prefix="symnet-bench-") as name:
            folder = Path(name)
            arrays.write(workload.network, workload.batch, folder)
            if any(peer.backend == "exported" for peer in peers):
                self.export(workload, folder)
            (self.run_fresh if workload.fresh else self.run_in_turn)(workload, peers, results, folder)
            compare(workload, list(results.values()), folder)
        return list(results.values())

    def export(self, workload: Workload, folder: Path) -> None:
        """Have torch write the ONNX file; without one, the peers that need it say so."""
        exporter = Peer("export", "eager", TORCH)
        with suppress(UnavailableError, WorkerError), ExitStack() as stack:
            remote = self.worker(exporter, workload, folder)
            stack.callback(remote.close)
            remote.ask("export")

    def run_in_turn(
        self, workload: Workload, peers: list[Peer], results: dict[str, Result], folder: Path
    ) -> None:
        """Keep a worker of each peer and let them measure one after the other, again and again."""
        with ExitStack() as stack:
            workers = []
            for peer in peers:
                with results[peer.name].notes_failure():
                    remote = self.worker(peer, workload, folder)
                    stack.callback(remote.close)
                    remote.ask("start")
                    remote.ask("results", path=str(folder / f"{peer.name}.npz"))
                    workers.append((results[peer.name], remote))
            for _ in range(self.repeat):
                for result, remote in workers:
                    with result.notes_failure():
                        result.add(remote.ask("measure"))

    def run_fresh(
        self, workload: Workload, peers: list[Peer], results: dict[str, Result], folder: Path
    ) -> None:
        """Start a worker for every repetition: what is measured happens once in a process."""
        for _ in range(self.repeat):
            for peer in peers:
                with results[peer.name].notes_failure(), ExitStack() as stack:
                    remote = self.worker(peer, workload, folder)
                    stack.callback(remote.close)
                    results[peer.name].add(remote.ask("measure"))
                    if workload.measure == "first":
                        remote.ask("results", path=str(folder / f"{peer.name}.npz"))


def compare(workload: Workload, results: list[Result], folder: Path) -> None:
    """Note how far each peer's numbers are from Symnet's, or from those of the first that has any."""
    have = [result for result in results if (folder / f"{result.peer}.npz").exists()]
    for result in have[1:]:
        paths = (folder / f"{name}.npz" for name in (result.peer, have[0].peer))
        result.difference = arrays.difference(*paths)
        result.agrees = result.difference <= (workload.tolerance or TOLERANCES[workload.mode])


def cores() -> list[int]:
    """Return one processor of each physical core that this process may use."""
    first = {}
    for cpu in sorted(os.sched_getaffinity(0)):
        siblings = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        first.setdefault(siblings.read_text() if siblings.exists() else cpu, cpu)
    return list(first.values())


@contextmanager
def neighbour() -> Iterator[None]:
    """Keep one of the cores busy, as another user of the machine would."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def names(text: str) -> list[str]:
    """Read a list with commas."""
    return [name for name in text.split(",") if name]


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help="which to run; all by default")
    parser.add_argument(
        "--peers", type=names, default=list(PEERS), metavar="A,B", help="beside whom; all by default"
    )
    parser.add_argument("--repeat", type=int, default=7, metavar="N", help="repetitions (%(default)s)")
    parser.add_argument(
        "--threads", type=int, default=len(cores()), metavar="N", help="of each peer (%(default)s)"
    )
    parser.add_argument(
        "--quick", action="store_true", help="one short repetition: see that all run and agree"
    )
    parser.add_argument(
        "--mode",
        choices=MODES,
        default="quiet",
        help="; ".join(f"{mode}: {what}" for mode, what in MODES.items()),
    )
    parser.add_argument("--list", action="store_true", help="name workloads and peers, and run nothing")
    parser.add_argument(
        "--patience", type=float, default=900, metavar="S", help="for an answer (%(default)s)"
    )
    parser.add_argument("--cache", type=Path, default=CACHE, help="where environments are kept (%(default)s)")
    options = parser.parse_args()
    for kind, asked, known in (("workload", options.workloads, WORKLOADS), ("peer", options.peers, PEERS)):
        if unknown := [name for name in asked if name not in known]:
            parser.error(f"no {kind} {', '.join(unknown)}; there are {', '.join(known)}")
    if options.mode == "busy":
        options.threads = 1
    return options


def main() -> int:
    """Run what was asked for; the result is 1 if a peer disagrees with the others."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # ends the workers too, as Ctrl-C does
    options = parse()
    if options.list:
        print("workloads:", *WORKLOADS, "\npeers:", *PEERS, sep="\n  ")
        return 0
    # Workers inherit this; some libraries make a thread for each processor they may use.
    os.sched_setaffinity(0, cores()[: options.threads])
    RESULTS.mkdir(exist_ok=True)
    repeat, seconds = (1, 0.02) if options.quick else (options.repeat, 0.25)
    bench = Bench(options.mode, options.threads, seconds, repeat, options.patience, options.cache)
    report = Report(RESULTS, options.mode, options.threads)
    peers = []
    for peer in (PEERS[name] for name in options.peers):
        try:
            peer.interpreter(options.cache)
            peers.append(peer)
        except UnavailableError as reason:
            report.skip(peer.name, str(reason))
    with neighbour() if options.mode == "neighbour" else nullcontext():
        for name in options.workloads or WORKLOADS:
            report.add(bench.run(WORKLOADS[name], peers))
    return report.finish()


if __name__ == "__main__":
    raise SystemExit(main())
