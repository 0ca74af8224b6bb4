"""Install progress: a bar for a download, silent where stderr is no terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from ..show import console
from .download import Downloaded


@contextmanager
def download_progress() -> Iterator[Callable[[Downloaded], None]]:
    """A function to tell how far a download has come."""
    err = console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        bar = progress.add_task("downloading", total=None)
        yield lambda at: progress.update(bar, completed=at.done, total=at.total)
