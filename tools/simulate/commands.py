"""The command `pcpdrain simulate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from ..failures import reports_failures
from ..options import NAMES, progress_bar, variants_argument

if TYPE_CHECKING:
    from .parameters import Parameters
    from .runs import Run
    from .sweep import Kept


class _Numbers(click.ParamType[tuple[int, ...]]):
    """Whole numbers with commas in between."""

    name = "numbers"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """`4,8` => (4, 8)."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(int(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is not a list of whole numbers, such as 4,8", param, ctx)


@click.command(epilog=NAMES, short_help="Run variants on a timed machine under memory pressure.")
@variants_argument
@click.option(
    "--cpus", type=_Numbers(), metavar="N,...", help="Sizes of the machine. [default: the workload's]"
)
@click.option(
    "--workload", default="hackbench", show_default=True, metavar="W", help="A table of the parameters."
)
@click.option(
    "--seed", "seeds", type=_Numbers(), default=(1,), metavar="S,...", help="Which runs. [default: 1]"
)
@click.option(
    "--parameters",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Costs and workloads. [default: the project's]",
)
@click.option("--json", "results", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("build/simulation"),
    show_default=True,
    metavar="DIR",
    help="Where results are kept.",
)
@click.option(
    "--page",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Make all runs of docs/numbers.md, and write it to FILE.",
)
@click.option(
    "--growth",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Measure what a drain costs here, from 4 to 4,096 CPUs, and write it to FILE.",
)
@click.option("--resume", is_flag=True, help="Make only the runs whose results are not in DIR.")
@reports_failures
def simulate(
    variants: tuple[str, ...],
    cpus: tuple[int, ...] | None,
    workload: str,
    seeds: tuple[int, ...],
    parameters: Path | None,
    results: Path | None,
    folder: Path,
    resume: bool,
    page: Path | None,
    growth: Path | None,
) -> None:
    """Run variants (all of spec/variants by default) on the reference machine in simulated time.

    docs/numbers.md says what that shows.
    """
    import json

    from ..chosen import compile_chosen
    from ..files import ensure_writable, write_atomically
    from ..show import console
    from .parameters import OWN, read_parameters
    from .plan import runs_of
    from .sweep import Kept
    from .tables import results_table

    read = read_parameters(parameters or OWN)
    if page is not None or growth is not None:
        context = click.get_current_context()
        given = [
            name for name in ("variants", "cpus", "workload", "seeds", "results") if _is_given(context, name)
        ]
        if given or (page and growth):
            raise click.UsageError(
                "--page and --growth each choose their own runs: give nothing else of them"
            )
    if page is not None or growth is not None:
        _need_pictures()
    if growth is not None:
        _measure_growth(read, growth)
        return
    if page is not None:
        _write_page(read, page, folder, resume)
        return
    numbers = read.workload_values(workload)
    compiled = compile_chosen(variants, broken=False, warn=bool(variants))
    runs = runs_of(compiled, read, workload, cpus or (numbers.cpus,), seeds)
    if results is not None:
        ensure_writable(results)
    kept = Kept(folder, resume=resume)
    found = _swept(runs, kept)
    console().print(results_table(found))
    if results is not None:
        write_atomically(results, json.dumps(found, indent=1) + "\n")
        click.echo(results)


def _need_pictures() -> None:
    """Find out before a long run whether there will be pictures.

    Raises:
        SimulationError: matplotlib is not installed.
    """
    from importlib.util import find_spec

    from .parameters import SimulationError

    if find_spec("matplotlib") is None:
        raise SimulationError("pictures need matplotlib: pip install 'pcpdrain[bench]'")


def _is_given(context: click.Context, name: str) -> bool:
    """Whether the user wrote this option or argument."""
    value = context.params[name]
    return value != () and context.get_parameter_source(name) is not ParameterSource.DEFAULT


def _swept(runs: list[Run], kept: Kept) -> list[dict[str, Any]]:
    """The results of all runs, with a bar that shows how many are there."""
    from .sweep import sweep

    progress = progress_bar()
    with progress:
        bar = progress.add_task("simulating", total=len(runs))
        return sweep(runs, kept, lambda: progress.advance(bar))


def _write_page(read: Parameters, out: Path, folder: Path, resume: bool) -> None:
    """Make the runs of the page, and write it."""
    from ..chosen import compile_chosen
    from ..files import ensure_writable
    from .numbers import write_numbers
    from .plan import page_runs
    from .sweep import Kept

    runs = page_runs(compile_chosen((), broken=False, warn=False), read)
    ensure_writable(out)
    for path in write_numbers(_swept(runs, Kept(folder, resume=resume)), read, out):
        click.echo(path)


def _measure_growth(read: Parameters, out: Path) -> None:
    """Measure, and write the curve."""
    from pcpdrain.codegen.backends.python import emit_python

    from ..chosen import compile_chosen
    from ..files import ensure_writable
    from .growth import (
        GROWING,
        curves_of,
        exponent,
        growth_runs,
        measure,
        scenario_runs,
        write_growth,
    )

    ensure_writable(out)
    programs = [(u.program.name, emit_python(u.program)) for u in compile_chosen(GROWING, broken=False)]
    curves, scenarios = growth_runs(programs, read, drains=200), scenario_runs(programs, read)
    with progress_bar() as progress:
        bar = progress.add_task("measuring", total=len(curves) + len(scenarios))
        costs, told = (measure(runs, lambda: progress.advance(bar)) for runs in (curves, scenarios))
    write_growth(costs, told, out)
    for cost in told:
        click.echo(f"{cost.variant}, {cost.workload}: {cost.drains:,} drains in {cost.seconds:.1f} s")
    for name, curve in curves_of(costs).items():
        click.echo(f"{name}: what a drain costs grows as CPUs^{exponent(curve):.2f}")
    click.echo(out)
