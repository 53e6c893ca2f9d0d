"""The worker processes of a training: how they find each other, and what they send around together.

They talk through ``torch.distributed``: by gloo, and by NCCL where there is CUDA. All of them make the same
calls in the same order.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import re
import socket
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from mxnet.config import knob
from mxnet.errors import few
from mxnet.kvstore.base import StoreError
from mxnet.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

Store = Any  # of torch.distributed, in which workers leave notes for each other

__all__ = ["DisorderError", "LostWorkerError", "Workers", "join_workers"]

_PATIENCE = 1.5
"""For how many seconds workers that are in trouble wait for the others to say that they are, too."""

_PATIENCE_OF_KEEPER = 2 * _PATIENCE
"""For how many the one does so that keeps the store in which the others look."""

_HOW_TO_START = (
    "Start as many processes as there are to be workers: "
    "`python -m mxnet.tools.launch -n 2 python train.py`, or "
    "`torchrun --nproc-per-node 2 train.py`. A process by itself takes a store 'local' or 'device'."
)


class LostWorkerError(StoreError, ConnectionError):
    """Another worker of the training has ended, or does not answer."""


class DisorderError(StoreError):
    """The workers ask for different things at the same time."""


class Seat(NamedTuple):
    """Where a worker meets the others, which one it is, and of how many."""

    store: Store
    rank: int
    size: int
    keeps_store: bool = False


class Workers:
    """All workers of a training, as one of them sees them.

    Parameters
    ----------
    seat : Seat
        Who this one is.
    other : Workers, optional
        The same ones, beside whose messages these have an order of their own. All workers make such a second
        one at the same time.

    Attributes
    ----------
    rank, size : int
        Which worker this one is, and of how many.
    """

    def __init__(self, seat: Seat, other: Workers | None = None) -> None:
        self.rank, self.size = seat.rank, seat.size
        self._seat = seat
        self._notes = _distributed().PrefixStore("mxnet", seat.store)
        self._lost: list[str] = [] if other is None else other._lost  # why, once they are
        self._group: Any = None
        if other is not None:
            with self.talking():
                seconds = timedelta(seconds=knob("MXNET_KVSTORE_TIMEOUT"))
                self._group = _distributed().new_group(timeout=seconds)

    def beside(self) -> Workers:
        """Return the same workers for messages that have an order of their own; all workers call this."""
        return Workers(self._seat, self)

    # ---------------------------------------------------------------------------------------------- messages

    def add_up(self, tensor: Tensor) -> None:
        """Overwrite a tensor with its sum over all workers."""
        with self.talking():
            torch.distributed.all_reduce(tensor, group=self._group)

    def gather(self, tensor: Tensor) -> list[Tensor]:
        """Return the tensors of all workers, which have the same shape, in the order of their ranks."""
        found = [torch.empty_like(tensor) for _ in range(self.size)]
        with self.talking():
            torch.distributed.all_gather(found, tensor, group=self._group)
        return found

    def take_first(self, tensor: Tensor) -> None:
        """Overwrite a tensor with that of the first worker."""
        with self.talking():
            torch.distributed.broadcast(tensor, 0, group=self._group)

    def first_bytes(self, data: bytes) -> bytes:
        """Return what the first worker has given."""
        size = torch.tensor([len(data)])
        self.take_first(size)
        given = data if self.rank == 0 else bytes(int(size))
        tensor = torch.frombuffer(bytearray(given or b"\0"), dtype=torch.uint8)
        self.take_first(tensor)
        return tensor.numpy().tobytes()[: int(size)]

    def agree(self, what: str) -> None:
        """Wait until all workers are here.

        Raises
        ------
        DisorderError
            If one of them is for something else.
        """
        mine = zlib.crc32(what.encode())
        found = [int(each) for each in self.gather(torch.tensor([mine]))]
        others = [rank for rank, each in enumerate(found) if each != mine]
        if others:
            raise DisorderError(
                f"Worker {self.rank} is at {what}, but {_named(others)} {_is(others)} at something else. All "
                "workers make the same calls, with the same keys, in the same order."
            )

    # --------------------------------------------------------------------------------------------- the others

    @contextlib.contextmanager
    def talking(self) -> Iterator[None]:
        """Say which worker is missing, if a message to the others fails."""
        if self._lost:
            raise LostWorkerError(self._lost[0])
        try:
            yield
        except StoreError:
            raise
        except RuntimeError as error:
            self._lost.append(self._why(_in_short(error)))
            raise LostWorkerError(self._lost[0]) from None

    def _why(self, reason: str) -> str:
        seconds = knob("MXNET_KVSTORE_TIMEOUT")
        gone, ended = self._missing() if _is_kept(self._seat.store) else ([], [])
        text = f"Worker {self.rank} of {self.size} has lost the others ({reason})."
        if ended:
            text += f" {_named(ended).capitalize()} {_has(ended)} ended: do all have as many batches?"
        if gone:
            text += f" There is no word from {_named(gone)}."
        return (
            f"{text} A worker that has gone is noticed at once, one that hangs after {seconds:g} seconds "
            "(MXNET_KVSTORE_TIMEOUT). Start all of them again, from the last checkpoint."
        )

    def _missing(self) -> tuple[list[int], list[int]]:
        """Return the workers that do not say that they are in trouble, and those that have ended."""
        until = time.monotonic() + (_PATIENCE_OF_KEEPER if self._seat.keeps_store else _PATIENCE)
        silent, ended = [], []
        with contextlib.suppress(RuntimeError):  # who keeps the store may go, and all notes with it
            self._notes.set(f"trouble/{self.rank}", "")
            while True:
                silent = [r for r in range(self.size) if not self._notes.check([f"trouble/{r}"])]
                ended = [r for r in silent if self._notes.check([f"ended/{r}"])]
                if len(silent) == len(ended) or time.monotonic() > until:
                    break
                time.sleep(0.05)
        return [r for r in silent if r not in ended], ended

    def leave(self) -> None:
        """Say that this worker needs the others no more."""
        if not self._lost and _is_kept(self._seat.store):
            with contextlib.suppress(RuntimeError):
                self._notes.set(f"ended/{self.rank}", "")


@functools.cache
def join_workers() -> Workers:
    """Meet the other workers of the training; each process does so once.

    Raises
    ------
    StoreError
        If this process was not started as one of several.
    LostWorkerError
        If the others do not come.
    """
    if not torch.distributed.is_available():
        raise StoreError(
            "Stores of several processes need a torch with torch.distributed; this one has none."
        )
    seat = _seat_in_group() if torch.distributed.is_initialized() else _seat(os.environ)
    workers = Workers(seat)
    atexit.register(workers.leave)
    return workers


def _seat_in_group() -> Seat:
    """Return the seat in the group that the program has made itself."""
    own = _distributed()
    return Seat(own.distributed_c10d._get_default_store(), own.get_rank(), own.get_world_size())


def _seat(environment: Mapping[str, str]) -> Seat:
    """Return the seat that a launcher's variables tell of, MXNet's or torchrun's, and make a group of all."""
    timeout = timedelta(seconds=knob("MXNET_KVSTORE_TIMEOUT"))
    if interface := environment.get("DMLC_INTERFACE"):  # where torch looks for it
        os.environ.setdefault("GLOO_SOCKET_IFNAME", interface)
        os.environ.setdefault("NCCL_SOCKET_IFNAME", interface)
    known = {"RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"} <= environment.keys()
    if not known and "DMLC_PS_ROOT_URI" not in environment:
        raise StoreError(f"This process is not one of several workers. {_HOW_TO_START}")
    try:
        if "DMLC_PS_ROOT_URI" in environment:
            seat = _seat_of_mxnet(environment, timeout)
        else:
            seat = Seat(*next(iter(_distributed().rendezvous("env://", timeout=timeout))))
        torch.distributed.init_process_group(
            "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo",
            store=seat.store,
            rank=seat.rank,
            world_size=seat.size,
            timeout=timeout,
        )
    except StoreError:
        raise
    except (RuntimeError, ValueError) as error:
        raise LostWorkerError(
            f"The workers did not find each other within {timeout.total_seconds():g} seconds "
            f"(MXNET_KVSTORE_TIMEOUT): {_in_short(error)}."
        ) from None
    atexit.register(torch.distributed.destroy_process_group)
    return seat


def _seat_of_mxnet(environment: Mapping[str, str], timeout: timedelta) -> Seat:
    """Return the seat that ``DMLC_PS_ROOT_URI`` and the like tell of.

    Who does not know its rank gets one in the order of arrival.
    """
    host = environment["DMLC_PS_ROOT_URI"]
    port = _number(environment, "DMLC_PS_ROOT_PORT")
    size = _number(environment, "DMLC_NUM_WORKER")
    known = next((name for name in ("DMLC_WORKER_ID", "DMLC_RANK") if name in environment), None)
    store, keeps = _meeting_place(host, port, timeout)
    rank = store.add("arrived", 1) - 1 if known is None else _number(environment, known)
    if not 0 <= rank < size:
        raise StoreError(
            f"This would be worker {rank}, but there are {size} (DMLC_NUM_WORKER). Does another training use "
            f"the port {port} (DMLC_PS_ROOT_PORT)?"
        )
    return Seat(store, rank, size, keeps)


def _meeting_place(host: str, port: int, timeout: timedelta) -> tuple[Store, bool]:
    """Return the store in which workers leave notes, and whether this one keeps it: the first on `host`."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except OSError:  # another one keeps it, or it is on another machine
        listener.close()
        return _distributed().TCPStore(host, port, is_master=False, timeout=timeout), False
    store = _distributed().TCPStore(
        host,
        port,
        is_master=True,
        timeout=timeout,
        wait_for_workers=False,
        master_listen_fd=listener.detach(),
    )
    return store, True


def _is_kept(store: Store) -> bool:
    """Whether who keeps a store is still there; torch would tell of one that is not at length."""
    if not hasattr(store, "port"):
        return True
    try:
        socket.create_connection((store.host, store.port), _PATIENCE).close()
    except OSError:
        return False
    return True


def _number(environment: Mapping[str, str], name: str) -> int:
    text = environment.get(name, "")
    if not text.isdigit():
        raise StoreError(
            f"The environment variable {name} is {text!r}, but must be a number, as DMLC_PS_ROOT_URI is set. "
            f"{_HOW_TO_START}"
        )
    return int(text)


def _distributed() -> Any:
    """Return ``torch.distributed``, which does not tell type checkers of all that it has."""
    return torch.distributed


def _in_short(error: BaseException) -> str:
    """Return what happened, without the place in another library and its advice."""
    text = re.sub(r"^(\[\S*/\S*\] )+", "", str(error).strip().splitlines()[0])
    return text.partition(". This ")[0].rstrip(".")


def _named(ranks: Sequence[int]) -> str:
    return f"worker {ranks[0]}" if len(ranks) == 1 else f"the workers {few(map(str, ranks))}"


def _is(ranks: Sequence[int]) -> str:
    return "is" if len(ranks) == 1 else "are"


def _has(ranks: Sequence[int]) -> str:
    return "has" if len(ranks) == 1 else "have"
