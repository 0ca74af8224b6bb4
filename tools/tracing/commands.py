"""The commands about traces of events: `pcpdrain record` and `pcpdrain validate`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from ..failures import reports_failures
from ..options import working
from .bounds import bounds_options


@click.command(short_help="Record a random run of the reference machine.")
@click.argument("variant", metavar="VARIANT|FILE.drain")
@click.option("--scope", metavar="SCOPE", help="The bounds. [default: wide bounds]")
@bounds_options
@click.option("--seed", type=int, default=1, show_default=True, metavar="N", help="Which run.")
@click.option(
    "--steps",
    type=click.IntRange(min=0, max=100_000),
    default=200,
    show_default=True,
    metavar="N",
    help="Its longest length.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["ndjson", "itf"]),
    default="ndjson",
    show_default=True,
    help="A line for each event; or the trace format of Apalache.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where the trace goes. [default: the terminal]",
)
@reports_failures
def record(
    variant: str, scope: str | None, seed: int, steps: int, form: str, out: Path | None, **bounds: Any
) -> None:
    """Run a variant on the reference machine along random steps, and write what is seen as a trace.

    Without --scope the bounds are wide: far beyond any state graph. Each of them can be given.
    """
    from ..chosen import chosen_scopes, compile_shown, variant_path
    from ..files import write_atomically
    from .bounds import narrowed
    from .record import WIDE
    from .record import record as record_run
    from .trace_files import WRITERS

    place = narrowed(chosen_scopes([scope])[0] if scope else WIDE, bounds)
    program = compile_shown(variant_path(variant)).program
    text = WRITERS[form](record_run(program, place, seed, steps))
    if out is None:
        click.echo(text, nl=False)
    else:
        write_atomically(out, text)
        click.echo(out)


@click.command(short_help="Validate traces against the specification.")
@click.argument("files", nargs=-1, required=True, metavar="TRACE...", type=click.Path(path_type=Path))
@reports_failures
def validate(files: tuple[Path, ...]) -> None:
    """Let TLC follow what the traces say, and explain each that the specification cannot do.

    Exits with 0 exactly when all are accepted. docs/traces.md has the formats.
    """
    from .explain import explain
    from .refusals import refusal_text
    from .trace_files import read_event_trace
    from .validate import validate as validate_traces

    traces = [read_event_trace(file) for file in files]
    with working("following the traces"):
        answers = validate_traces(traces)
    for trace, answer in zip(traces, answers, strict=True):
        if answer is None:
            what = f"{len(trace.events) - 1} events of {trace.program.name}, scope {trace.scope.name}"
            click.echo(f"{trace.name}: accepted, {what}")
        else:
            with working("finding out why not"):
                refusal = explain(trace, answer)
            click.echo(refusal_text(refusal))
    sys.exit(0 if all(answer is None for answer in answers) else 1)
