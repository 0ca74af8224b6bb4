"""The `pcpdrain` command."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from pcpdrain.codegen.backends.tla import FrameError
from pcpdrain.codegen.errors import DrainErrors
from pcpdrain.codegen.library import PROPERTIES, project_scopes, variant_files
from pcpdrain.codegen.pipeline import Compiled, compile_file
from pcpdrain.codegen.scopes import ScopeError

from . import show
from .engines.java import EngineMissing
from .engines.tlc import EngineFailed
from .files import OutputError
from .traces import TraceError

Command = TypeVar("Command", bound=Callable[..., Any])

EXPECTED_FAILURES = (DrainErrors, EngineFailed, EngineMissing, FrameError, OutputError, ScopeError, TraceError)
"""What a user can cause or meet: shown as a message, without a stack trace, with exit status 2."""

_scope_option = click.option("--scope", "scopes", multiple=True, metavar="SCOPE", help="Only this scope (may be repeated).")
_variants_argument = click.argument("variants", nargs=-1, metavar="[VARIANT|FILE.drain]...")


def _reports_failures(command: Command) -> Command:
    """Turn expected failures into a message on stderr."""

    @wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except EXPECTED_FAILURES as error:
            click.echo(_message(error), err=True)
            sys.exit(2)

    return guarded  # type: ignore[return-value]


def _message(error: Exception) -> str:
    return str(error) if isinstance(error, DrainErrors) else f"pcpdrain: error: {error}"


@click.group(name="pcpdrain", context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pcpdrain", prog_name="pcpdrain", message="%(prog)s %(version)s")
def main() -> None:
    """Check variants of Linux's drain_all_pages() and generate their conformance tests."""
    signal.signal(signal.SIGTERM, _terminated)


def _terminated(_signal: int, _frame: FrameType | None) -> None:
    """Leave as on Ctrl-C, so that no engine stays behind."""
    raise KeyboardInterrupt


@main.command()
@_variants_argument
@_scope_option
@click.option("--property", "properties", multiple=True, metavar="PROPERTY", help="Only this property (may be repeated).")
@click.option("--json", "results", type=click.Path(path_type=Path, dir_okay=False), default=Path("build/results.json"),
              show_default=True, metavar="FILE", help="Where the results go; traces go into `traces` beside it.")  # fmt: skip
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Engines to run at once [default: one for each CPU].")
@_reports_failures
def check(variants: tuple[str, ...], scopes: tuple[str, ...], properties: tuple[str, ...], results: Path, jobs: int | None) -> None:
    """Check variants (all of spec/variants by default) against their `expect` lines.

    Exits with 0 exactly when every expectation is met.
    """
    from .check import plan, run, unmet
    from .results import write_results
    from .traces import write_trace

    _known("property", properties, PROPERTIES)
    known_scopes = project_scopes()
    _known("scope", scopes, known_scopes.ready.keys() | known_scopes.planned.keys())
    compiled = _compile_all(variants)
    work = plan(compiled, known_scopes, scopes, properties)
    write_results(results, [])  # a place that cannot be written is better known now than after the run
    progress = _progress()
    with progress:
        bar = progress.add_task("checking", total=len(work.jobs))
        findings = [*run(work.jobs, lambda _job: progress.advance(bar), jobs), *work.not_run]
    out = show.console()
    programs = {unit.program.name: unit.program for unit in compiled}
    out.print(show.results_table(findings))
    for finding in findings:
        if finding.trace is not None:
            write_trace(results.parent / "traces" / f"{finding.variant}-{finding.scope}-{finding.property}.json", finding.trace)
            out.print()
            out.print(show.counterexample(finding.trace, programs[finding.variant]))
    write_results(results, findings)
    out.print()
    for finding in findings:
        if finding.reason:
            out.print(f"{finding.found.replace('_', ' ')}: {finding.variant}, {finding.scope}, {finding.property}: {finding.reason}")
    wrong = unmet(findings)
    for finding in wrong:
        out.print(f"not as expected: {finding.variant}, {finding.scope}: {finding.property} {finding.expected} expected, {finding.found} found")
    expected = sum(finding.expected is not None for finding in findings)
    out.print(f"{expected - len(wrong)} of {expected} expectations met; results in {results}")
    sys.exit(1 if wrong else 0)


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@_reports_failures
def steps(file: Path) -> None:
    """Print FILE with a mark at each step, and the irqs, preemption and locks there."""
    compiled = _compile(file)
    out = show.console()
    for table in show.annotated_source(compiled.program):
        out.print(table)
        out.print()


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--to", "target", type=click.Choice(["tla", "python", "pytest", "ir"]), required=True, help="What to make of it.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="[default: build/NAME/TARGET]")
@_scope_option
@_reports_failures
def compile(file: Path, target: str, out: Path | None, scopes: tuple[str, ...]) -> None:  # noqa: A001
    """Compile FILE; models (tla) and suites (pytest) are made for each scope."""
    from .compile import outputs
    from .files import write_atomically

    compiled = _compile(file)
    known = project_scopes()
    _known("scope", scopes, known.ready)
    folder = out or Path("build") / compiled.program.name / target
    chosen = [scope for name, scope in known.ready.items() if not scopes or name in scopes]
    for name, text in outputs(compiled, target, chosen).items():
        write_atomically(folder / name, text)
        click.echo(folder / name)


@main.command()
@click.argument("file", metavar="TRACE", type=click.Path(path_type=Path))
@_reports_failures
def replay(file: Path) -> None:
    """Run the counterexample in TRACE on the reference machine.

    Exits with 0 exactly when the reference shows the same violation.
    """
    from pcpdrain.codegen.pipeline import compile_source

    from .replay import replay as run_trace
    from .traces import read_trace

    trace = read_trace(file)
    replayed = run_trace(trace)
    out = show.console()
    out.print(show.counterexample(trace, compile_source(trace.source).program))
    out.print()
    if replayed.difference:
        out.print(f"the reference machine leaves the trace at {replayed.difference}")
    for sentence in replayed.details:
        out.print(f"on the reference machine: {sentence}")
    verdict = "shows the same violation" if replayed.same_violation else f"does not show that {trace.property} is violated"
    out.print(f"the reference machine {verdict}")
    sys.exit(0 if replayed.same_violation else 1)


@main.command()
@_variants_argument
@_scope_option
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path("build/conformance"), show_default=True,
              metavar="DIR", help="Where the suites go: DIR/VARIANT/SCOPE.")  # fmt: skip
@_reports_failures
def conformance(variants: tuple[str, ...], scopes: tuple[str, ...], out: Path) -> None:
    """Generate the conformance suites of variants (all of spec/variants by default)."""
    from .conformance import generate_suites

    known = project_scopes()
    _known("scope", scopes, known.ready)
    compiled = _compile_all(variants)
    chosen = [scope for name, scope in known.ready.items() if (name in scopes if scopes else scope.suites)]
    progress = _progress()
    with progress:
        bar = progress.add_task("generating suites", total=len(compiled) * len(chosen))
        made = generate_suites(compiled, chosen, out, lambda: progress.advance(bar))
    for line in made:
        click.echo(line)


def _progress() -> Progress:
    """A progress bar on stderr, silent where that is no terminal."""
    err = show.console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=err, transient=True, disable=not err.is_terminal)


def _known(what: str, given: Sequence[str], known: Any) -> None:
    """Refuse a name that does not exist, with the nearest one that does."""
    from pcpdrain.codegen.errors.diagnostic import listing, suggestion

    for name in given:
        if name not in known:
            raise click.BadParameter(f"unknown {what} `{name}`; {suggestion(name, known, f'known: {listing(known)}')}")


def _compile_all(variants: Sequence[str]) -> list[Compiled]:
    """Compile all named variants and files; all their errors are shown together."""
    named = {path.stem: path for path in variant_files()}
    paths = []
    for variant in variants or named:
        path = named.get(variant, Path(variant))
        if variant not in named and path.suffix != ".drain" and not path.exists():
            _known("variant", [variant], named)
        paths.append(path)
    compiled, failures = [], []
    for path in paths:
        try:
            compiled.append(_compile(path))
        except DrainErrors as error:
            failures.extend(error.diagnostics)
    if failures:
        raise DrainErrors(failures)
    names = [unit.program.name for unit in compiled]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise click.UsageError(f"two of these files hold a variant called {twice}")
    return compiled


def _compile(path: Path) -> Compiled:
    """Compile a file and show its warnings."""
    compiled = compile_file(path)
    for warning in compiled.warnings:
        click.echo(warning.render(), err=True)
    return compiled
