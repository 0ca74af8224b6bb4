"""Planning: which variants are checked at which scopes, for which properties.

A variant is checked at the scopes that its `expect` lines name, for everything that applies there; without
such lines at the default scopes. Scopes and properties named on the command line take the place of that.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Event

import click

from pcpdrain.codegen.library import project_scopes
from pcpdrain.codegen.pipeline import Compiled
from pcpdrain.codegen.properties import PROPERTIES, does_not_apply
from pcpdrain.codegen.scopes import Scope, Scopes

from .chosen import Chosen, is_broken
from .engine_threads import at_once
from .results import Finding


@dataclass(frozen=True)
class Job:
    """One variant at one scope, and the properties to check.

    `judged`: nothing is left out of what is planned, and verdicts may be vacuous. Those of a variant that is
    broken on purpose cannot be: it claims that something is violated.
    """

    compiled: Compiled
    scope: Scope
    properties: tuple[str, ...]
    judged: bool = False

    @property
    def size(self) -> int:
        """A rough measure of the state space, to begin with the largest."""
        base: int = self.scope.cpus * self.scope.zones * self.scope.pages
        return int(
            (base + len(self.scope.leavers)) ** (2 * len(self.scope.drainers)) * (1 + (not self.scope.calls))
        )


class Jobs(tuple[Job, ...]):
    """All jobs of a check. `buddy`: the module of the buddy allocator is to be checked, too."""

    buddy: bool = False


@dataclass(frozen=True)
class Plan:
    """What to run, and what is known not to run, with the reason. `everything`: nothing was chosen."""

    jobs: Jobs
    not_run: tuple[Finding, ...]
    everything: bool = False


def largest_first(
    jobs: Sequence[Job],
    work: Callable[[Job], list[Finding]],
    on_done: Callable[[Job], None],
    stopped: Event,
    workers: int | None = None,
    besides: Sequence[Callable[[], list[Finding]]] = (),
) -> list[Finding]:
    """Do the work of all jobs, several at once; findings in the order of the jobs, what is done besides last.

    When this is interrupted, `stopped` is set: see `at_once`.
    """
    order = sorted(jobs, key=lambda job: -job.size)

    def done(number: int) -> None:
        if number < len(order):
            on_done(order[number])

    tasks: list[Callable[[], list[Finding]]] = [partial(work, job) for job in order]
    results = at_once([*tasks, *besides], done, stopped, workers)
    found = {id(job): result for job, result in zip(order, results, strict=False)}
    return [
        finding
        for result in [*(found[id(job)] for job in jobs), *results[len(order) :]]
        for finding in result
    ]


def scopes_of(compiled: Compiled, among: Iterable[Scope]) -> list[Scope]:
    """The scopes at which a variant is checked: those of its `expect` lines, else the default ones."""
    named = {place.text for line in compiled.variant.expectations for place in line.scopes}
    return [scope for scope in among if (scope.name in named if named else scope.default)]


def plan(variants: Sequence[Compiled], scopes: Sequence[Scope], properties: Collection[str]) -> Plan:
    """All jobs. Fewer than all scopes, or fewer than all properties, are what the user wants and no others.

    Raises:
        click.UsageError: nothing that is wanted applies.
    """
    known = project_scopes()
    wanted_scopes, wanted_properties = len(scopes) < len(known.ready), len(properties) < len(PROPERTIES)
    whole = not wanted_scopes and not wanted_properties
    found: list[Job] = []
    left_out: dict[str, list[str]] = {}
    for compiled in variants:
        for scope in scopes if wanted_scopes else scopes_of(compiled, scopes):
            applying = []
            for name in properties:
                reason = does_not_apply(name, compiled.program, scope)
                if name in scope.leaves_out and not wanted_properties:
                    continue
                if not reason:
                    applying.append(name)
                elif wanted_properties:
                    left_out.setdefault(f"{name} is not checked: {reason}", []).append(
                        f"{compiled.program.name}, {scope.name}"
                    )
            if applying:
                judged = whole and not is_broken(compiled.program.source)
                found.append(Job(compiled, scope, tuple(applying), judged))
    told = [f"{what} ({_places(places)})" for what, places in left_out.items()]
    if told and not found:
        raise click.UsageError("\n".join(told))
    for line in told:
        click.echo(line, err=True)
    not_run = [finding for compiled in variants for finding in _not_run(compiled, known)] if whole else []
    everything = isinstance(variants, Chosen) and variants.everything and whole
    jobs = Jobs(found)
    jobs.buddy = everything or (isinstance(variants, Chosen) and variants.buddy)
    return Plan(jobs, tuple(not_run), everything)


def _places(places: Sequence[str]) -> str:
    return places[0] if len(places) == 1 else f"{places[0]} and {len(places) - 1} more"


def _not_run(compiled: Compiled, scopes: Scopes) -> list[Finding]:
    """What a variant expects and is not checked."""
    return [
        Finding(compiled.program.name, scope.text, line.property.text, line.verdict, "not_run", reason=reason)
        for line in compiled.variant.expectations
        for scope in line.scopes
        if (reason := _why_not(compiled, scopes, scope.text, line.property.text))
    ]


def _why_not(compiled: Compiled, scopes: Scopes, scope: str, name: str) -> str:
    """Why an expectation is not checked; empty when it is."""
    if scope in scopes.planned:
        return f"scope {scope} waits for {scopes.planned[scope]}"
    if name in PROPERTIES:
        if name in scopes.ready[scope].leaves_out:
            return f"scope {scope} leaves out {name}"
        reason = does_not_apply(name, compiled.program, scopes.ready[scope])
        return f"{name} says nothing there: {reason}" if reason else ""
    return f"invariant {name} waits for inductive proofs"
