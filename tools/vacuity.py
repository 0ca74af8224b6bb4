"""Vacuity: whether the verdicts say anything: each step is taken somewhere, each premise reached somewhere.

Judged for each variant that has been checked whole, over all of its scopes together: hardly one has it all.
Where everything has been checked, each property must also be violated by some variant: it can fail.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pcpdrain.codegen.properties import PROPERTIES

if TYPE_CHECKING:
    from .results import Finding

_ARGUMENT = re.compile(r" (?:z\d+|d\d+|\{[\d,]*\})$")

FOLLOWS = {
    "drain_complete": ("drain_complete_or_notified", "drain_instant"),
    "never_stuck": ("call_returns",),
}
"""What a violation brings with it: a list never empty is a CPU never empty; who is stuck does not return."""

ALL_WELL = "every step of each variant is taken, every premise is reached"
ALL_FAIL = "every property is violated by some variant"


def events_of(labels: Iterable[str]) -> frozenset[str]:
    """What happens at some labels, whoever does it: the step's name, `fails` where that is its outcome."""
    return frozenset(_event(label) for label in labels)


def _event(label: str) -> str:
    actor, _, event = label.partition(":")
    return actor if actor == "boot" else _ARGUMENT.sub("", event)


@dataclass(frozen=True)
class Vacuity:
    """What was seen and what never, for each variant, and who violates what: (variant, scope) by property.

    `steps` has for each variant how many steps there are, and how many were taken in each of its scopes for
    the first time; `premises` for each property where its premise was reached, a (variant, scope) for each
    variant. `never_violated` are properties; None where not everything was checked, so that it says nothing.
    """

    variants: tuple[str, ...]
    never_taken: dict[str, tuple[str, ...]]
    never_reached: dict[str, tuple[str, ...]]
    violated_by: dict[str, tuple[tuple[str, str], ...]]
    never_violated: tuple[str, ...] | None
    steps: dict[str, tuple[int, tuple[tuple[str, int], ...]]]
    premises: dict[str, tuple[tuple[str, str], ...]]

    @property
    def well(self) -> bool:
        """Whether there is nothing that was never seen."""
        return not (self.never_taken or self.never_reached or self.never_violated)

    def lines(self) -> list[str]:
        """What to tell: a line for each kind when all is well, nothing when nothing was judged."""
        if not self.variants:
            return []
        lines = [f"never taken: {name}: {', '.join(steps)}" for name, steps in self.never_taken.items()]
        lines += [
            f"premise never reached: {name}: {', '.join(properties)}"
            for name, properties in self.never_reached.items()
        ]
        lines = lines or [ALL_WELL]
        if self.never_violated is not None:
            lines += [f"never violated: {name}" for name in self.never_violated] or [ALL_FAIL]
        return lines

    def follows(self, name: str, variant: str) -> str:
        """The property whose violation brings that of `name` with it, wherever the variant violates this."""
        places = {place for place in self.violated_by.get(name, ()) if place[0] == variant}
        for cause, brought in FOLLOWS.items():
            if name in brought and places <= set(self.violated_by.get(cause, ())):
                return cause
        return ""

    def to_json(self) -> dict[str, Any]:
        """All of it as plain data."""
        return {
            "variants": list(self.variants),
            "never_taken": {name: list(steps) for name, steps in self.never_taken.items()},
            "premise_never_reached": {name: list(names) for name, names in self.never_reached.items()},
            "violated_by": {
                name: [{"variant": variant, "scope": scope} for variant, scope in places]
                for name, places in self.violated_by.items()
            },
            "steps": {
                name: {"of": number, "first_taken": dict(scopes)}
                for name, (number, scopes) in self.steps.items()
            },
            "premise_reached": {
                name: [{"variant": variant, "scope": scope} for variant, scope in places]
                for name, places in self.premises.items()
            },
            "never_violated": None if self.never_violated is None else list(self.never_violated),
        }


def vacuity(findings: Sequence[Finding], *, everything: bool = False) -> Vacuity:
    """What the findings show to be never seen. What has not been watched says nothing."""
    possible: dict[str, set[str]] = {}
    taken: dict[str, set[str]] = {}
    reached: dict[tuple[str, str], bool] = {}
    violated: dict[str, list[tuple[str, str]]] = {}
    new: dict[str, dict[str, int]] = {}
    premises: dict[str, dict[str, str]] = {}
    for finding in findings:
        violators = violated.setdefault(finding.property, [])
        if finding.found == "violated":
            violators.append((finding.variant, finding.scope))
        if finding.watched is not None:
            possible.setdefault(finding.variant, set()).update(finding.watched.possible)
            seen = taken.setdefault(finding.variant, set())
            in_scope = new.setdefault(finding.variant, {})
            first = len(finding.watched.taken - seen)
            in_scope[finding.scope] = in_scope.get(finding.scope, 0) + first
            seen.update(finding.watched.taken)
            if finding.watched.premise:
                premises.setdefault(finding.property, {}).setdefault(finding.variant, finding.scope)
            key = finding.variant, finding.property
            reached[key] = reached.get(key, False) or finding.watched.premise
    for finding in findings:
        # A run of its own, which does not tell; its premise is that of never_stuck: a call is under way.
        where = premises.get("never_stuck", {})
        if finding.property == "call_returns" and finding.decided and finding.variant in where:
            premises.setdefault("call_returns", {}).setdefault(finding.variant, finding.scope)
    never_reached: dict[str, list[str]] = {}
    for (variant, name), somewhere in reached.items():
        if not somewhere:
            never_reached.setdefault(variant, []).append(name)
    return Vacuity(
        variants=tuple(possible),
        never_taken={
            variant: tuple(sorted(events - taken[variant]))
            for variant, events in possible.items()
            if events - taken[variant]
        },
        never_reached={variant: tuple(names) for variant, names in never_reached.items()},
        violated_by={name: tuple(places) for name, places in violated.items()},
        never_violated=tuple(n for n in PROPERTIES if not violated.get(n)) if everything else None,
        steps={
            variant: (len(events), tuple((scope, count) for scope, count in new[variant].items() if count))
            for variant, events in possible.items()
        },
        premises={name: tuple(where.items()) for name, where in premises.items()},
    )
