"""Parallel: a function on many arguments in worker processes, which end with their engines when this ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from threading import Thread
from types import FrameType
from typing import TypeVar, TypeVarTuple, Unpack

from .engines.process import once_started, stop_all

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")

_SECONDS_TO_END = 3.0
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def in_parallel(
    function: Callable[[Unpack[Arguments]], Result],
    jobs: Sequence[tuple[*Arguments]],
    on_done: Callable[[], None] = lambda: None,
    workers: int | None = None,
) -> list[Result]:
    """The results in the order of the jobs; `on_done` is called as each is done.

    There are as many processes as cores, or as many `workers`.
    The first exception ends all other jobs, and so do Ctrl-C and SIGTERM; engines that run are killed.
    """
    with ProcessPoolExecutor(max_workers=workers or os.cpu_count(), initializer=_end_with_the_engine) as pool:
        try:
            with _undisturbed():
                futures = [pool.submit(function, *job) for job in jobs]
            for future in as_completed(futures):
                future.result()
                on_done()
        except BaseException:
            _end(multiprocessing.active_children())  # the pool sees that it is broken, and is waited for
            raise
        return [future.result() for future in futures]


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let signals that end us wait: in mid-fork, there are workers that the pool does not know yet.

    The workers inherit it, so that none of them can be met before it knows what to do.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end(workers: Sequence[BaseProcess]) -> None:
    """End workers: by SIGTERM, at which they kill their engines first. Deep in a library none hears it."""
    for worker in workers:
        worker.terminate()
    deadline = time.monotonic() + _SECONDS_TO_END
    for worker in workers:
        worker.join(max(0.0, deadline - time.monotonic()))
        worker.kill()


def _end_with_the_engine() -> None:
    """In a worker: SIGTERM, or the parent's end, kills its engines and children, then itself.

    Ctrl-C is left to the parent. One that was killed cannot tell its workers, who would wait for ever.
    """

    def end(_number: int = 0, _frame: FrameType | None = None) -> None:
        once_started(end_now)

    def end_now() -> None:
        stop_all()
        for child in multiprocessing.active_children():
            child.kill()
        os._exit(128 + signal.SIGTERM)

    def end_with_the_parent() -> None:
        parent = multiprocessing.parent_process()
        if parent is not None:
            wait([parent.sentinel])
            end()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
    Thread(target=end_with_the_parent, daemon=True).start()
