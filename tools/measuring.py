"""The commands that measure the suites: `pcpdrain mutate` and `pcpdrain scorecard`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .failures import reports_failures
from .options import NAMES, progress_bar, scope_option, variants_argument

if TYPE_CHECKING:
    from .mutation.mutants import Kind


@click.command(epilog=NAMES, short_help="Make mistakes on purpose, and see who notices.")
@variants_argument
@scope_option("solo_once")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice(["ir", "python", "pcpref", "tla"]),
    help="Only mistakes in the compiled program, its Python, the reference machine or the TLA+ (may be "
    "repeated). [default: all]",
)
@click.option(
    "--most", type=click.IntRange(min=1), metavar="N", help="At most N of each kind. [default: all]"
)
@click.option(
    "--seed", type=int, default=0, show_default=True, metavar="N", help="Which N, and random walks."
)
@click.option("--json", "results", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
@reports_failures
def mutate(
    variants: tuple[str, ...],
    scopes: tuple[str, ...],
    kinds: tuple[Kind, ...],
    most: int | None,
    seed: int,
    results: Path | None,
) -> None:
    """Make mistakes in variants (all of spec/variants by default), their machine and the specification.

    A mutant whose labelled graph is the original's is equivalent. Exits with 0 exactly when the suite that
    is generated notices every other one.
    """
    from .chosen import chosen_scopes, compile_chosen
    from .files import ensure_writable, write_atomically
    from .mutation.campaign import campaign
    from .mutation.mutants import KINDS
    from .mutation.report import as_json, report, succeeded

    places = chosen_scopes(scopes or ("solo_once",))
    compiled = compile_chosen(variants, broken=False)
    if results is not None:
        ensure_writable(results)
    progress, found = progress_bar(), []
    with progress:
        bar = progress.add_task("judging mutants", total=None)
        for unit in compiled:
            for place in places:
                made = campaign(unit, place, kinds or tuple(KINDS), seed, most, lambda: progress.advance(bar))
                found.append((unit.program.name, place.name, made))
                for line in report(*found[-1]):
                    click.echo(line)
    if results is not None:
        write_atomically(results, as_json(found))
    sys.exit(0 if all(succeeded(made) for _, _, made in found) else 1)


@click.command(epilog=NAMES, short_help="Measure how strong the suites are; write SCORECARD.md.")
@variants_argument
@scope_option("all")
@click.option(
    "--size", type=click.Choice(["tiny", "large"]), help="Only scopes with suites of this size, no mutants."
)
@click.option(
    "--most-states",
    type=click.IntRange(min=1),
    default=200_000,
    show_default=True,
    metavar="N",
    help="Leave out graphs of more states.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where the page goes. [default: none is written]",
)
@click.option("--no-cache", is_flag=True, help="Measure every suite anew, and keep nothing.")
@reports_failures
def scorecard(
    variants: tuple[str, ...],
    scopes: tuple[str, ...],
    size: str | None,
    most_states: int,
    out: Path | None,
    no_cache: bool,
) -> None:
    """Measure the suites of variants (all of spec/variants by default), and who agrees with whom.

    What was measured before from the same files is not measured again, so a run that was ended goes on.

    Exits with 0 exactly when nothing is below its bar.
    """
    from .chosen import compile_chosen, sized_scopes
    from .files import ensure_writable, write_atomically
    from .scorecard.card import below
    from .scorecard.page import page
    from .scorecard.run import jobs_of, measured
    from .user_cache import user_cache

    chosen = sized_scopes(scopes, size)
    compiled = compile_chosen(variants, broken=False)
    if out is not None:
        ensure_writable(out)
    progress = progress_bar()
    with progress:
        bar = progress.add_task("measuring", total=jobs_of(compiled, chosen, whole=not size))
        card = measured(
            compiled,
            chosen,
            most_states,
            lambda: progress.advance(bar),
            whole=not size,
            cache=None if no_cache else user_cache() / "runs",
        )
    if out is not None:
        write_atomically(out, page(card))
        click.echo(out)
    failures = below(card)
    for line in failures:
        click.echo(line)
    count = f"{len(card.rows)} suites with {sum(row.steps for row in card.rows):,} steps"
    click.echo(f"{count}: {len(failures)} below the bar" if failures else f"{count}: nothing below the bar")
    sys.exit(1 if failures else 0)
