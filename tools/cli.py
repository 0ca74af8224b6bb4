"""The `pcpdrain` command."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import click

from .authoring.commands import fmt, lsp, new
from .bench.command import bench
from .checking import check
from .engines.commands import engines
from .failures import catch_signals, reports_failures
from .measuring import mutate, scorecard
from .options import (
    NAMES,
    checked_option,
    progress_bar,
    scope_option,
    variant_argument,
    variants_argument,
    working,
)
from .proofs.command import prove
from .simulate.commands import simulate
from .telling import explain, report, why_not
from .tracing.commands import record, validate


@click.group(name="pcpdrain", context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pcpdrain", prog_name="pcpdrain", message="%(prog)s %(version)s")
def main() -> None:
    """Check variants of Linux's drain_all_pages() and generate their conformance tests.

    Exit status: 0 for yes, 1 for no (an expectation is not met, a replay differs, a trace is refused), 2 when
    a command could not do its work.
    """
    catch_signals()
    gc.set_threshold(100_000)  # nearly all that a command makes is needed to its end
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that lacks a sign must not end the program


@main.command(epilog=NAMES, short_help="Print a variant with its steps and their context.")
@variant_argument
@reports_failures
def steps(variant: str) -> None:
    """Print a variant with a mark at each step, and the irqs, preemption and locks there.

    The library routines that it uses follow.
    """
    from pcpdrain.codegen.pipeline import checked_libraries

    from .chosen import compile_shown, variant_path
    from .listing import NO_LIMIT, annotated_source
    from .show import console

    compiled = compile_shown(variant_path(variant))
    out = console()
    width = out.width if out.is_terminal else NO_LIMIT
    for number, text in enumerate(annotated_source(compiled.program, checked_libraries(), width)):
        if number:
            out.print()
        out.print(text, soft_wrap=True)


@main.command(epilog=NAMES, short_help="Compile a variant to TLA+, Python, tests or its IR.")
@variant_argument
@click.option(
    "--to",
    "target",
    type=click.Choice(["tla", "python", "pytest", "ir"]),
    required=True,
    help="A TLA+ model for TLC and Apalache; a program for the reference machine; a conformance suite; "
    "the step IR as JSON.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where the files go; other files there stay. [default: build/NAME/TARGET]",
)
@scope_option("tla: all; pytest: those with suites")
@reports_failures
def compile(variant: str, target: str, out: Path | None, scopes: tuple[str, ...]) -> None:  # noqa: A001
    """Compile one variant. Models (tla) and suites (pytest) are made for each scope."""
    from pcpdrain.codegen.scopes import SIZES

    from .chosen import chosen_scopes, compile_shown, variant_path
    from .compile import outputs
    from .files import ensure_folder_writable, write_together

    if scopes and target in ("python", "ir"):
        raise click.UsageError(f"--scope says nothing to --to {target}: it is the same at every scope")
    places = chosen_scopes(scopes, suites=SIZES if target == "pytest" else ())
    compiled = compile_shown(variant_path(variant))
    folder = out or Path("build") / compiled.program.name / target
    ensure_folder_writable(folder)
    with working(f"compiling {compiled.program.name}"):
        texts = {folder / name: text for name, text in outputs(compiled, target, places).items()}
    write_together(texts)
    for path in texts:
        click.echo(path)


@main.command(short_help="Run a counterexample, or a link of the explorer, on the reference machine.")
@click.argument("run", metavar="TRACE|LINK")
@reports_failures
def replay(run: str) -> None:
    """Run the counterexample in TRACE on the reference machine, comparing the states after every step.

    Exits with 0 exactly when the reference shows the same violation. A LINK of the explorer page (in quotes)
    is a run as well: it is shown with the properties that its last state violates; exits with 0 if it can be.
    """
    from pcpdrain.codegen.pipeline import compile_source

    from .links import is_link
    from .replay import replay as run_trace
    from .show import console, lanes
    from .traces import read_trace

    if is_link(run):
        _replay_link(run)
        return
    trace = read_trace(Path(run))
    replayed = run_trace(trace)
    out = console()
    done = f"{len(replayed.trace.labels)} of {len(trace.labels)} steps on the reference machine"
    out.print(f"{trace.variant}, scope {trace.scope.name}: {done}")
    out.print(lanes(replayed.trace, compile_source(trace.source).program))
    for sentence in replayed.details:
        out.print(f"on the reference machine: {sentence}")
    if replayed.doubt:
        out.print(f"on the reference machine: {replayed.doubt}")
    if replayed.difference:
        out.print(f"the reference machine leaves the trace {replayed.difference}")
    verdict = "shows the same violation of" if replayed.same_violation else "does not show a violation of"
    out.print(f"the reference machine {verdict} {trace.property}")
    sys.exit(0 if replayed.same_violation else 1)


def _replay_link(text: str) -> None:
    """Show the run of a link, and what its last state violates."""
    from .links import parse_link, run_of_link
    from .replay import machine_for, program_of
    from .show import console, lanes

    trace = run_of_link(parse_link(text))
    machine = machine_for(trace)
    for label in trace.labels:
        machine.step(label)
    out = console()
    out.print(
        f"{trace.variant}, scope {trace.scope.name}: {len(trace.labels)} steps on the reference machine"
    )
    if trace.labels:
        out.print(lanes(trace, program_of(trace)))
    for name, details in machine.violation_details().items():
        out.print(f"{name} is violated: {'; '.join(details)}")
    if not machine.violations():
        out.print("no property of states is violated there")


@main.command(epilog=NAMES, short_help="Generate conformance suites.")
@variants_argument
@scope_option("those with suites")
@click.option(
    "--size",
    type=click.Choice(["tiny", "large"]),
    help="Only the tiny suites, of every variant, or only the large ones, where the variant is checked.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("build/conformance"),
    show_default=True,
    metavar="DIR",
    help="Where the suites go: DIR/VARIANT/SCOPE.",
)
@reports_failures
def conformance(variants: tuple[str, ...], scopes: tuple[str, ...], size: str | None, out: Path) -> None:
    """Generate the conformance suites of variants (all of spec/variants by default); pytest runs them."""
    from pcpdrain.codegen.scopes import SIZES

    from .chosen import compile_chosen, sized_scopes
    from .conformance import generate_suites, remove_others, suite_jobs
    from .files import ensure_folder_writable

    chosen = sized_scopes(scopes, size, SIZES)
    compiled = compile_chosen(variants, broken=False)
    jobs = suite_jobs(compiled, chosen, named=bool(scopes))
    ensure_folder_writable(out)
    progress = progress_bar()
    with progress:
        bar = progress.add_task("generating suites", total=len(jobs))
        made = generate_suites(jobs, out, lambda: progress.advance(bar))
    if not variants and not scopes:
        remove_others(jobs, out)
    for line in made:
        click.echo(line)


@main.command(short_help="Write docs/review.md, what the review asked and what was found.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("docs/review.md"),
    show_default=True,
    metavar="FILE",
    help="Where the page goes.",
)
@checked_option
@click.option("--check", "only_check", is_flag=True, help="Write nothing; see whether FILE is that page.")
@reports_failures
def review(out: Path, results: Path, only_check: bool) -> None:
    """Write the page of the review's questions, with the verdicts and counterexamples of a check.

    With --check, exits with 0 exactly when the page is there as it would be written.
    """
    from .files import write_atomically
    from .review import first_difference, review_page

    text = review_page(results)
    if not only_check:
        write_atomically(out, text)
        click.echo(out)
        return
    old = out.read_text(encoding="utf-8", errors="replace")
    if old != text:
        line = first_difference(old.splitlines(), text.splitlines())
        click.echo(f"{out}:{line}: not what was found; write it with `pcpdrain review`", err=True)
        sys.exit(1)


for command in (
    bench,
    check,
    engines,
    explain,
    fmt,
    lsp,
    mutate,
    new,
    prove,
    record,
    report,
    scorecard,
    simulate,
    validate,
    why_not,
):
    main.add_command(command)
