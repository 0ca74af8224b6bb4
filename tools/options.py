"""Options: the arguments and options that several commands share, and their progress bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.progress import Progress

NAMES = "A variant is given by its name in spec/variants or spec/broken, or as a .drain file anywhere."

variant_argument = click.argument("variant", metavar="VARIANT|FILE.drain")
variants_argument = click.argument("variants", nargs=-1, metavar="[VARIANT|FILE.drain]...")


def scope_option(all_of: str) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """Choose scopes; `all_of` says which ones are meant without it."""
    help_text = f"Only this scope (may be repeated). [default: {all_of}]"
    return click.option("--scope", "scopes", multiple=True, metavar="SCOPE", help=help_text)


checked_option = click.option(
    "--json",
    "results",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("build/results.json"),
    show_default=True,
    metavar="RESULTS",
    help="Results of a check of all variants.",
)
"""What `pcpdrain check` has written, for the commands that tell of it."""


def progress_bar() -> Progress:
    """A progress bar on stderr, silent where that is no terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from .show import console

    err = console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=err, transient=True, disable=not err.is_terminal)


@contextmanager
def working(text: str) -> Iterator[None]:
    """Show that something goes on of which nobody knows how long it takes."""
    with progress_bar() as progress:
        progress.add_task(text, total=None)
        yield
