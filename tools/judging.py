"""Judging: what a run of TLC has said about a variant at a scope => a finding for each property."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pcpdrain.codegen.backends.tla.survey import Run, Survey
from pcpdrain.codegen.pipeline import Compiled
from pcpdrain.codegen.properties import GHOSTS
from pcpdrain.codegen.scopes import Scope

from .engines.tlc import TlcResult
from .engines.tlc_messages import Violation
from .results import Expected, Finding, Verdict, Watched
from .traces import Trace, trace_of
from .vacuity import events_of

ENGINE = "tlc"


def expectation(compiled: Compiled, scope: str, name: str) -> Expected | None:
    """What the variant's `expect` block says, if anything."""
    for line in compiled.variant.expectations:
        if line.property.text == name and scope in {place.text for place in line.scopes}:
            return line.verdict
    return None


@dataclass(frozen=True)
class Judge:
    """Judges the runs of one survey. `judged`: whether verdicts may be vacuous: see `Job`."""

    compiled: Compiled
    scope: Scope
    survey: Survey
    judged: bool

    def findings(self, run: Run, result: TlcResult) -> list[Finding]:
        """A finding for each property of a run."""
        if result.outcome == "error":
            return [self._finding(name, "unknown", result, result.reason) for name in run.properties]
        if run.temporal:
            return [self._of_runs(name, result) for name in run.properties]
        return self._of_states(run, result)

    def _of_runs(self, name: str, result: TlcResult) -> Finding:
        """A temporal property. States of the graph without ghosts have none to show."""
        if result.outcome == "holds":
            return self._finding(name, "holds", result)
        (violation,) = result.violations
        if violation.loop is None:
            return self._finding(name, "unknown", result, "TLC shows a counterexample that has an end")
        seen = [
            (operator, {key: value for key, value in state.items() if key not in GHOSTS})
            for operator, state in violation.trace
        ]
        return self._violated(name, result, replace(violation, trace=tuple(seen)))

    def _of_states(self, run: Run, result: TlcResult) -> list[Finding]:
        """Properties of states. It is unknown what the model tells and TLC does not show, or the reverse."""
        told = {
            name: level
            for number, level in result.told.items()
            for what, name in [self.survey.told[number]]
            if what == "violated"
        }
        shown: dict[str, Violation] = {}
        for violation in result.violations:
            names = [
                name for what, name in map(self.survey.told.__getitem__, violation.told) if what == "violated"
            ]
            if not names:
                reason = "TLC shows a counterexample, and the model does not tell of which property"
                return [self._finding(name, "unknown", result, reason) for name in run.properties]
            shown |= dict.fromkeys(names, violation)
        found = []
        for name in run.properties:
            if name not in told:
                found.append(self._finding(name, "holds", result))
            elif name not in shown:
                reason = "the model tells that it is violated, and TLC shows no counterexample"
                found.append(self._finding(name, "unknown", result, reason))
            # The level is that of the state (newer TLC) or of the one before, from which it was found (2.15).
            elif len(shown[name].trace) - told[name] not in (0, 1):
                reason = (
                    f"a counterexample of {len(shown[name].trace)} states at level {told[name]} of the search"
                )
                found.append(self._finding(name, "unknown", result, reason))
            else:
                found.append(self._violated(name, result, shown[name]))
        return found

    def _violated(self, name: str, result: TlcResult, violation: Violation) -> Finding:
        trace = self._trace(name, violation)
        return replace(self._finding(name, "violated", result), depth=len(trace.states), trace=trace)

    def _trace(self, name: str, violation: Violation) -> Trace:
        program, names = self.compiled.program, (self.survey.labels, self.survey.model.state_keys)
        return trace_of(
            program.name, program.source, self.scope, name, ENGINE, violation.trace, names, violation.loop
        )

    def _finding(self, name: str, verdict: Verdict, result: TlcResult, reason: str | None = None) -> Finding:
        return Finding(
            variant=self.compiled.program.name,
            scope=self.scope.name,
            property=name,
            expected=expectation(self.compiled, self.scope.name, name),
            found=verdict,
            engine=ENGINE,
            engine_version=result.version,
            states=result.distinct,
            transitions=result.generated - 1 if result.generated else None,
            depth=result.depth,
            seconds=round(result.seconds, 2),
            reason=reason or None,
            watched=self._watched(name, result) if self.judged else None,
            cached=result.cached,
        )

    def _watched(self, name: str, result: TlcResult) -> Watched | None:
        """What the run took and reached; a run without telling labels says nothing about that."""
        told = {self.survey.told[number] for number in result.told}
        if not told:
            return None
        labels = self.survey.model.labels.values()
        return Watched(
            possible=events_of(labels),
            taken=events_of(meaning for what, meaning in told if what == "taken"),
            premise=("premise", name) in told,
        )


def without_verdict(
    compiled: Compiled, scope: Scope, names: Iterable[str], verdict: Verdict, reason: str
) -> list[Finding]:
    """Findings of a run that there was not."""
    return [
        Finding(
            compiled.program.name,
            scope.name,
            name,
            expectation(compiled, scope.name, name),
            verdict,
            reason=reason,
        )
        for name in names
    ]
