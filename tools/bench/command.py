"""The command that measures: `pcpdrain bench`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..failures import reports_failures
from .cells import TOOLS, Cell
from .project import Timed

if TYPE_CHECKING:
    from .results import Results

_PROJECT = "project"


@click.command(short_help="Measure the explorer beside other model checkers; write docs/benchmarks.md.")
@click.option(
    "--limit",
    type=click.FloatRange(min=1, max=86400),
    default=600,
    show_default=True,
    metavar="SECONDS",
    help="For one measurement, from the source to the verdict.",
)
@click.option(
    "--memory",
    type=click.FloatRange(min=0.5, max=4096),
    default=20,
    show_default=True,
    metavar="GIB",
    help="For one measurement.",
)
@click.option(
    "--only",
    multiple=True,
    type=click.Choice([*TOOLS, _PROJECT]),
    help="Only this tool, or the project's own checks (may be repeated). [default: all]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("docs/benchmarks.json"),
    show_default=True,
    metavar="FILE.json",
    help="Where the numbers go; the page and the plots go beside it.",
)
@click.option(
    "--render", is_flag=True, help="Measure nothing; make the page and the plots of FILE.json again."
)
@reports_failures
def bench(limit: float, memory: float, only: tuple[str, ...], out: Path, render: bool) -> None:
    """Measure the explorer, TLC on the generated TLA+, and PlusCal and Promela by hand, at growing sizes.

    Each goes on until it comes to a limit. Times are worth something only if nothing else runs meanwhile.
    """
    from ..files import ensure_writable
    from ..simulate.cost import read_scenarios
    from .results import read_results
    from .writing import drains_beside, files_of, write

    if out.suffix != ".json":
        raise click.UsageError(f"--out must end in .json, as the page is written beside it: {out}")
    if render:
        results = read_results(out)
    else:
        for path in files_of(out):
            ensure_writable(path)
        if (drains := drains_beside(out)) is not None:
            read_scenarios(drains)  # what cannot be shown is to be known before hours of measuring
        results = _measured(limit, int(memory * (1 << 30)), frozenset(only or (*TOOLS, _PROJECT)))
    for path in write(results, out):
        click.echo(path)


def _measured(limit: float, memory: int, wanted: frozenset[str]) -> Results:
    from .campaign import machine, measured_cells
    from .contenders import Limits
    from .project import not_timed, timed_commands
    from .results import Results
    from .versions import versions

    with _alone():
        tools = [tool for tool in TOOLS if tool in wanted]
        cells = measured_cells(tools, Limits(limit, memory), _tell)
        project = timed_commands(_tell_timed) if _PROJECT in wanted else not_timed("not asked for")
        return Results(limit, memory, machine(), versions(), cells, project)


def _tell(cell: Cell) -> None:
    if cell.outcome != "not run":
        said = f"{cell.states:,} states" if cell.finished and cell.states else cell.reason
        seconds = f"{cell.seconds or 0:.1f} s"
        click.echo(f"{cell.variant} {cell.size} {TOOLS[cell.tool]}: {cell.outcome}, {said}, {seconds}")


def _tell_timed(timed: Timed) -> None:
    said = timed.reason if timed.seconds is None else f"{timed.seconds:.1f} s"
    click.echo(f"{timed.name}: {said}")


@contextmanager
def _alone() -> Iterator[None]:
    """Only one at a time on this machine for this user: two would measure each other."""
    from filelock import FileLock, Timeout

    from ..user_cache import user_cache

    folder = user_cache()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / "bench.lock", timeout=0):
            yield
    except Timeout:
        raise click.ClickException("another `pcpdrain bench` is measuring; wait for it to end") from None
