"""The commands that explain: `pcpdrain explain`, `pcpdrain why-not` and `pcpdrain report`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from .failures import reports_failures
from .options import NAMES, checked_option, progress_bar, variant_argument, variants_argument, working


@click.command(epilog=NAMES, short_help="Tell how a variant violates a property at a scope.")
@variant_argument
@click.argument("scope", metavar="SCOPE")
@click.argument("violated", metavar="PROPERTY")
@reports_failures
def explain(variant: str, scope: str, violated: str) -> None:
    """Check one property, and tell a shortest run that violates it: who did what where, and what decided.

    Exits with 0 when there is such a run, with 1 when the property holds or has no verdict.
    """
    from .blame import blame
    from .check import plan, run
    from .chosen import chosen_properties, chosen_scopes, compile_shown, variant_path
    from .excerpt import excerpt
    from .show import console, counterexample

    places, properties = chosen_scopes([scope]), chosen_properties([violated])
    compiled = compile_shown(variant_path(variant))
    work = plan([compiled], places, properties)
    with working(f"checking {violated}"):
        (found,) = run(work.jobs, lambda _job: None)
    out = console()
    if found.trace is None:
        counted = f" in all {found.states:,} states" if found.found == "holds" and found.states else ""
        why = f": {found.reason}" if found.reason else ""
        what = found.found.replace("_", " ")
        out.print(f"{found.variant}, scope {scope}: {violated} {what}{counted}{why}")
        sys.exit(1)
    out.print(counterexample(found.trace, compiled.program))
    decides = blame(found.trace, compiled.program)
    if decides:
        out.print()
        out.print(excerpt(found.trace, compiled.program, decides.step))


@click.command("why-not", short_help="Tell why a step is not possible in a state.")
@click.argument("run", metavar="RUN")
@click.argument("step", metavar="STEP")
@click.option("--after", type=int, metavar="N", help="After so many steps of RUN. [default: all]")
@reports_failures
def why_not(run: str, step: str, after: int | None) -> None:
    """Tell why STEP, such as `d0:return`, is not possible after RUN: the guard that fails, and in words.

    RUN is a trace of `pcpdrain check`, a link of the explorer page (in quotes), or VARIANT:SCOPE for the
    initial state. Exits with 0 when STEP is not possible, with 1 when it is.
    """
    from .why_not import answer_lines, run_named
    from .why_not import why_not as answer_to

    trace = run_named(run)
    answer = answer_to(trace, step, after)
    for line in answer_lines(trace, step, after, answer):
        click.echo(line)
    sys.exit(1 if answer.possible else 0)


@click.command(epilog=NAMES, short_help="Write the report: a site that needs no server and no network.")
@variants_argument
@checked_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("build/report"),
    show_default=True,
    metavar="DIR",
    help="Where the site goes.",
)
@click.option(
    "--most-states",
    type=click.IntRange(min=1, max=100_000),
    default=3000,
    show_default=True,
    metavar="N",
    help="The largest graph that the explorer page gets.",
)
@reports_failures
def report(variants: tuple[str, ...], results: Path, out: Path, most_states: int) -> None:
    """Write the verdicts, the variants, each counterexample as a timeline, and an explorer of small scopes.

    All variants by default, as `pcpdrain check` left their results. Open DIR/index.html in any browser.
    """
    from .chosen import compile_chosen
    from .pages.site import write_site

    compiled = compile_chosen(variants)

    progress = progress_bar()
    with progress:
        bar = progress.add_task("writing the report", total=None)

        def advance(done: int, of: int) -> None:
            progress.update(bar, completed=done, total=of)

        count = write_site(results, out, compiled, most_states, advance)
    click.echo(f"{out / 'index.html'}: {count} files")
