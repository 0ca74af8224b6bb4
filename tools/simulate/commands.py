"""The command `pcpdrain simulate`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..failures import reports_failures
from ..options import NAMES, progress_bar, variants_argument


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
@click.option("--cpus", type=_Numbers(), metavar="N,...", help="Sizes of the machine. [default: the workload's]")
@click.option("--workload", default="hackbench", show_default=True, metavar="W", help="A table of the parameters.")
@click.option("--seed", "seeds", type=_Numbers(), default=(1,), metavar="S,...", help="Which runs. [default: 1]")
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
    from .sweep import Kept, sweep
    from .tables import results_table

    read = read_parameters(parameters or OWN)
    numbers = read.workload_values(workload)
    compiled = compile_chosen(variants, broken=False, warn=bool(variants))
    runs = runs_of(compiled, read, workload, cpus or (numbers.cpus,), seeds)
    if results is not None:
        ensure_writable(results)
    kept = Kept(folder, resume=resume)
    progress = progress_bar()
    with progress:
        bar = progress.add_task("simulating", total=len(runs))
        found = sweep(runs, kept, lambda: progress.advance(bar))
    console().print(results_table(found))
    if results is not None:
        write_atomically(results, json.dumps(found, indent=1) + "\n")
        click.echo(results)
    sys.exit(0)
