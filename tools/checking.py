"""The command that checks variants, with the engine that is asked for."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .failures import reports_failures, show_failure
from .options import NAMES, progress_bar, scope_option, variants_argument
from .proofs.command import prove_claimed

if TYPE_CHECKING:
    from rich.progress import Progress

    from .chosen import Chosen
    from .engines.run_cache import RunCache
    from .engines.servers import Servers
    from .planning import Plan
    from .results import Finding

BOTH = "both"
"""The explorer for a quick answer, then TLC; what they do not agree in is no verdict."""

ALL = "all"
"""As `both`, then apalache."""

RESULTS = {
    BOTH: Path("build/results.json"),
    "explorer": Path("build/explorer/results.json"),
    "tlc": Path("build/results.json"),
    "apalache": Path("build/apalache/results.json"),
    ALL: Path("build/results.json"),
}
"""Where the results of each engine go by default."""


@click.command(epilog=NAMES, short_help="Check variants against their `expect` lines.")
@variants_argument
@scope_option("all")
@click.option(
    "--property",
    "properties",
    multiple=True,
    metavar="PROPERTY",
    help="Only this property (may be repeated). [default: all]",
)
@click.option(
    "--engine",
    type=click.Choice(list(RESULTS)),
    default=BOTH,
    show_default=True,
    help="explorer and tlc (both) go through all states; apalache looks at types and the first steps.",
)
@click.option("--reduce", "reduced", is_flag=True, help="Let the explorer leave out orders of steps.")
@click.option(
    "--bound",
    type=click.IntRange(min=0, max=100),
    metavar="N",
    help="How many steps apalache looks at. [default: 4]",
)
@click.option("--if-installed", is_flag=True, help="Without apalache, say what was not run, and succeed.")
@click.option(
    "--json",
    "results",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where the results go; traces go into `traces` beside it. "
    f"[default: {RESULTS['tlc']}, {RESULTS['apalache']}]",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Engines to run at once. [default: one for each CPU]",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=600.0,
    show_default=True,
    metavar="SECONDS",
    help="Longest time for one run of an engine.",
)
@click.option("--no-cache", is_flag=True, help="Make every run, and keep none.")
@click.option(
    "--fresh-java", is_flag=True, help="Start a Java for each search of tlc, which takes twice as long."
)
@click.option("--watch", is_flag=True, help="Check again after each change of a file, until Ctrl-C.")
@reports_failures
def check(
    variants: tuple[str, ...],
    scopes: tuple[str, ...],
    properties: tuple[str, ...],
    engine: str,
    reduced: bool,
    bound: int | None,
    if_installed: bool,
    results: Path | None,
    jobs: int | None,
    timeout: float,
    no_cache: bool,
    fresh_java: bool,
    watch: bool,
) -> None:
    """Check variants (all of spec/variants and spec/broken by default) against their `expect` lines.

    Where nothing is chosen by --scope or --property, what they claim to be proved is proved, too. Exits
    with 0 exactly when every expectation is met, no check ended without a verdict, none is vacuous, and all
    is proved. A verdict is what both the explorer and TLC say, with the same states, transitions and depth.
    With apalache: when every run came to its end and found nothing that contradicts an expectation.
    """
    from .authoring.watch import on_each_change
    from .chosen import chosen_files
    from .engines.run_cache import RunCache
    from .user_cache import user_cache

    if engine not in ("apalache", ALL) and (bound is not None or if_installed):
        raise click.UsageError("--bound and --if-installed are for --engine apalache and all")
    if reduced and engine != "explorer":
        raise click.UsageError("--reduce is for --engine explorer: tlc goes through all states")
    cache_folder = None if no_cache else user_cache() / "runs"

    def once() -> bool:
        cache = RunCache(cache_folder)
        how = _How(engine, reduced, jobs, timeout, cache, fresh_java, bound, if_installed)
        return _check(variants, scopes, properties, how, results or RESULTS[engine])

    if not watch:
        sys.exit(0 if once() else 1)
    files = chosen_files(variants)

    def once_and_say_so() -> None:
        show_failure(once)
        click.echo(f"watching {files[0] if len(files) == 1 else f'{len(files)} files'}; Ctrl-C ends it")

    on_each_change(files, once_and_say_so)


@dataclass(frozen=True)
class _How:
    """With which engine, how many at once, for how long, and from which cache; the rest is for one engine."""

    engine: str
    reduced: bool
    workers: int | None
    timeout: float
    cache: RunCache
    fresh_java: bool
    bound: int | None
    if_installed: bool


def _check(
    variants: tuple[str, ...],
    scopes: tuple[str, ...],
    properties: tuple[str, ...],
    how: _How,
    results: Path,
) -> bool:
    """Check once and print what was found; whether all is as it should be."""
    from .chosen import BUDDY, chosen_properties, chosen_scopes, compile_chosen
    from .engines.servers import servers_for
    from .made_from import digests
    from .planning import plan

    made_from = digests()  # before anything is read: what changes from here on counts as changed
    wanted, places = chosen_properties(properties), chosen_scopes(scopes)
    if how.engine in ("apalache", "explorer", ALL) and BUDDY in variants:
        raise click.UsageError(f"`{BUDDY}` is a module of its own, which TLC alone checks")
    alone = how.engine == "apalache"
    compiled = compile_chosen(variants, warn=not (alone and how.if_installed))  # told by the check with tlc
    work = plan(compiled, places, wanted)
    if alone:
        return _with_apalache(compiled, work, results, how)
    with servers_for(0 if how.fresh_java else len(work.jobs)) as servers:
        well = _in_all_states(compiled, work, results, how, made_from, servers)
        if not (scopes or properties):
            proofs = results.with_name("proofs.json")
            well = prove_claimed(compiled, proofs, how.cache.folder, servers) and well
    if how.engine == ALL:
        well = _with_apalache(compiled, work, results.parent / "apalache" / "results.json", how) and well
    return well


def _in_all_states(
    compiled: Chosen,
    work: Plan,
    results: Path,
    how: _How,
    made_from: dict[str, str],
    servers: Servers | None,
) -> bool:
    """Whether all is as it should be."""
    from .made_from import elsewhere, write_manifest
    from .report import print_report, succeeded
    from .results import ensure_results_writable, write_results
    from .show import OTHER_ENGINE
    from .vacuity import vacuity

    ensure_results_writable(results)
    findings, notes = _explored(work, how) if how.engine == "explorer" else _checked(work, how, servers)
    if how.engine != ALL:
        notes.insert(0, OTHER_ENGINE)
    how.cache.forget_unused()
    findings += work.not_run
    judged = vacuity(findings, everything=work.everything and how.engine != "explorer")
    programs = {unit.program.name: unit.program for unit in compiled}
    print_report(
        findings, judged, programs, results, brief=work.everything, notes=[*notes, *how.cache.lines()]
    )
    write_results(results, findings, judged)
    write_manifest(results, made_from | elsewhere(unit.program.source for unit in compiled))
    return succeeded(findings, judged)


def _explored(work: Plan, how: _How) -> tuple[list[Finding], list[str]]:
    """What the explorer finds, and what there is to tell."""
    from .exploring_jobs import replayed

    with progress_bar() as progress:
        found = _explore(work, how, progress)
    notes = ["tlc: not run (`--engine explorer`)"]
    if how.reduced:
        notes.append("fewer states than there are, by steps that need no others before them (`--reduce`)")
    return replayed(found, work.jobs), notes


def _explore(work: Plan, how: _How, progress: Progress) -> list[Finding]:
    from .exploring_jobs import explore_jobs

    bar = progress.add_task("exploring", total=len(work.jobs))
    found = explore_jobs(
        work.jobs,
        lambda _job: progress.advance(bar),
        how.cache,
        workers=how.workers,
        reduced=how.reduced,
    )
    progress.remove_task(bar)
    return found


def _checked(work: Plan, how: _How, servers: Servers | None) -> tuple[list[Finding], list[str]]:
    """What TLC finds, and the explorer too if both are asked, which answers at once."""
    from .check import run
    from .confirming import at_first, confirmed_by, told

    explored = []
    with progress_bar() as progress:
        if how.engine != "tlc":
            explored = _explore(work, how, progress)
            if len(work.jobs) > 1:
                progress.console.print(at_first(explored), soft_wrap=True)
        bar = progress.add_task("checking", total=len(work.jobs))
        findings = run(
            work.jobs,
            lambda _job: progress.advance(bar),
            workers=how.workers,
            timeout=how.timeout,
            cache=how.cache,
            servers=servers,
        )
    notes = [f"tlc: a Java for each search: {servers.failure}"] if servers and servers.failure else []
    if how.engine == "tlc":
        return findings, ["explorer: not run (`--engine tlc`)", *notes]
    found = confirmed_by(explored, findings)
    return found, [f"explorer: {told(explored, found)}", *notes]


def _with_apalache(compiled: Chosen, work: Plan, results: Path, how: _How) -> bool:
    """Whether every run came to its end, and none contradicts an expectation."""
    from .bounded import BOUND, run_bounded, steps_of
    from .bounded_report import not_run, print_bounded, succeeded
    from .engines.apalache_found import find_apalache
    from .engines.java import EngineMissing
    from .results import ensure_results_writable, write_results
    from .vacuity import vacuity

    steps = BOUND if how.bound is None else how.bound
    try:
        find_apalache()
    except EngineMissing as missing:
        if not how.if_installed:
            raise
        click.echo(not_run(work.jobs, steps, str(missing)))
        return True
    ensure_results_writable(results)
    progress = progress_bar()
    with progress:
        bar = progress.add_task("checking", total=steps_of(work.jobs))
        findings = run_bounded(
            work.jobs,
            steps,
            lambda: progress.advance(bar),
            workers=how.workers,
            timeout=how.timeout,
            cache=how.cache,
        )
    programs = {unit.program.name: unit.program for unit in compiled}
    how.cache.forget_unused()
    print_bounded(findings, work.jobs, programs, results, how.cache.lines())
    write_results(results, findings, vacuity(()))
    return succeeded(findings)
