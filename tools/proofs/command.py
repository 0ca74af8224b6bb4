"""The command that proves, and what `pcpdrain check` asks of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import click

from ..failures import reports_failures
from ..options import NAMES, progress_bar, scope_option, variants_argument

if TYPE_CHECKING:
    from pcpdrain.codegen.pipeline import Compiled

    from ..engines.servers import Servers
    from .jobs import Attempt, Job


@click.command(epilog=NAMES, short_help="Prove variants by induction, for runs of every length.")
@variants_argument
@scope_option("those for which a variant claims a proof")
@click.option(
    "--engine",
    type=click.Choice(["z3", "tlc", "apalache", "all"]),
    default="all",
    show_default=True,
    help="What discharges the obligations; TLC can at tiny scopes only.",
)
@click.option(
    "--json",
    "results",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("build/proofs.json"),
    show_default=True,
    metavar="FILE",
    help="Where the results go.",
)
@click.option("--no-cache", is_flag=True, help="Make every run, and keep none.")
@reports_failures
def prove(
    variants: tuple[str, ...], scopes: tuple[str, ...], engine: str, results: Path, no_cache: bool
) -> None:
    """Prove what variants claim to be `proved` (all that claim anything, by default), by induction.

    Exits with 0 exactly when all of it is proved by some engine, and no engine says otherwise.
    """
    from ..chosen import chosen_scopes, compile_chosen
    from ..engines.servers import servers_for
    from ..user_cache import user_cache
    from .jobs import ENGINES, claims, plan
    from .report import print_proofs, succeeded

    places = chosen_scopes(scopes) if scopes else []
    compiled = compile_chosen(variants, broken=False)
    units = [unit for unit in compiled if variants or claims(unit)]
    engines = [name for name in ENGINES if engine in (name, "all")]
    cache = None if no_cache else user_cache() / "runs"
    jobs = plan(units, places, engines, cache)
    with servers_for(sum(job.engine == "tlc" for job in jobs)) as servers:
        attempts = run(jobs, results, servers)
    print_proofs(attempts)
    sys.exit(0 if succeeded(attempts) else 1)


def prove_claimed(
    compiled: Sequence[Compiled], results: Path, cache: Path | None, servers: Servers | None
) -> bool:
    """Prove all that variants claim, with every engine, and print what came of it; whether all is proved.

    It is part of a check of everything, so Apalache gets no more than the tiny scopes.
    """
    from .jobs import ENGINES, claims, plan
    from .report import print_proofs, succeeded

    units = [unit for unit in compiled if claims(unit)]
    if not units:
        return True
    attempts = run(plan(units, [], ENGINES, cache, in_passing=True), results, servers)
    click.echo()
    print_proofs(attempts)
    return succeeded(attempts)


def run(jobs: Sequence[Job], results: Path, servers: Servers | None = None) -> list[Attempt]:
    """All attempts, several at once, in the order of the jobs; written to a file, too."""
    from ..files import ensure_writable, write_atomically

    ensure_writable(results)
    with progress_bar() as progress:
        bar = progress.add_task("proving", total=len(jobs))
        attempts = _attempted(jobs, lambda: progress.advance(bar), servers)
    write_atomically(results, json.dumps([one.to_json() for one in attempts], indent=1) + "\n")
    return attempts


def _attempted(jobs: Sequence[Job], on_done: Callable[[], None], servers: Servers | None) -> list[Attempt]:
    """All attempts: z3's in processes, as it works in Python's own; the other engines are some already."""
    from ..engine_threads import at_once
    from ..parallel import in_parallel
    from .engines import attempt
    from .kept import recalled

    found = {id(job): kept for job in jobs if job.engine == "z3" and (kept := recalled(job)) is not None}
    for _ in found:
        on_done()
    left = [job for job in jobs if id(job) not in found]
    solver = [job for job in left if job.engine == "z3"]
    others = [job for job in left if job.engine != "z3"]
    if solver:
        found |= zip(map(id, solver), in_parallel(attempt, [(job,) for job in solver], on_done), strict=True)
    done = at_once([partial(attempt, job, servers) for job in others], lambda _: on_done(), Event())
    found |= zip(map(id, others), done, strict=True)
    return [found[id(job)] for job in jobs]
