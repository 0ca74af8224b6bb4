"""Engine threads: several runs of engines at once, which end when this is interrupted."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from threading import Event
from time import sleep
from typing import TypeVar

from .engines.process import stop_all

Result = TypeVar("Result")


def at_once(
    tasks: Sequence[Callable[[], Result]],
    on_done: Callable[[int], None],
    stopped: Event,
    workers: int | None = None,
) -> list[Result]:
    """The results of the tasks, which are begun in their order; `on_done` is called with the index of each.

    When this is interrupted (Ctrl-C), or a task fails, `stopped` is set and running engines are killed before
    the exception goes on.
    """
    with ThreadPoolExecutor(max_workers=workers or os.cpu_count() or 1) as pool:
        futures: dict[Future[Result], int] = {}
        try:
            for number, task in enumerate(tasks):
                futures[pool.submit(task)] = number
            for future in as_completed(futures):
                future.result()
                on_done(futures[future])
        except BaseException:
            stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)
            while not all(future.done() for future in futures):
                stop_all()  # again and again: an engine may have been just about to start
                sleep(0.05)
            raise
    return [future.result() for future in futures]
