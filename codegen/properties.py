"""Properties: what a drain must keep. For each: its TLA+ operator, the ghosts it reads, where it applies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .ir.steps import Program
    from .scopes import Scope

SAVED = "pcp_global_ipi_saved"
"""The counter that `saved_is_honest` speaks of (patch 8/8 of the series, never merged)."""


@dataclass(frozen=True)
class Property:
    """One property. `temporal`: about whole runs, under weak fairness of kernel steps; no state predicate."""

    name: str
    operator: str
    meaning: str
    ghosts: tuple[str, ...] = ()
    temporal: bool = False

    @property
    def premise(self) -> str:
        """The TLA+ operator that is true in some state unless the check is vacuous."""
        return f"{self.operator}Premise"


PROPERTIES = {
    known.name: known
    for known in (
        Property(
            "drain_complete",
            "DrainComplete",
            "each list with pages at the call has been empty at some moment before the return",
            ("owes",),
        ),
        Property(
            "drain_complete_or_notified",
            "DrainCompleteOrNotified",
            "the same, or its CPU went offline and the notifier has drained it or will",
            ("owes", "notified"),
        ),
        Property(
            "drain_instant",
            "DrainInstant",
            "for each CPU there is one moment in the call with all its lists empty",
            ("never_empty",),
        ),
        Property("page_conservation", "PageConservation", "every page is in exactly one place"),
        Property("no_ipi_to_offline", "NoIpiToOffline", "no CPU that is offline is called"),
        Property(
            "no_useless_ipi",
            "NoUselessIpi",
            "no CPU is called whose lists were all empty throughout the call",
            ("had_pages",),
        ),
        Property(
            "never_stuck", "NeverStuck", "while a call is under way, some step of the kernel is possible"
        ),
        Property(
            "call_returns", "CallReturns", "every call returns, if the kernel's steps are fair", temporal=True
        ),
        Property(
            "last_writer_complete",
            "LastWriterComplete",
            "of racing callers, the last one to write the mask is complete",
            ("owes", "last_writer", "missed"),
        ),
        Property(
            "saved_is_honest",
            "SavedIsHonest",
            "a drain that is counted as saved has called fewer than half of the online CPUs",
            ("called",),
        ),
        Property(
            "unlocked_context",
            "UnlockedContext",
            "a call leaves irqs, preemption and locks as it found them",
        ),
    )
}
"""All properties, by name, in the order of the result table."""

GHOSTS = ("owes", "notified", "never_empty", "had_pages", "called", "last_writer", "missed")
"""The variables that only properties read. No step depends on these."""


PROVABLE = tuple(
    name
    for name, known in PROPERTIES.items()
    if not known.temporal and {*known.ghosts} <= {"owes", "notified"} and name != "saved_is_honest"
)
"""The properties that can be proved by induction: those of states that read no ghost but what is owed."""


def does_not_apply(name: str, program: Program, scope: Scope) -> str:
    """Why a property says nothing about a variant at a scope; empty when it does."""
    if name in ("drain_complete_or_notified", "no_ipi_to_offline") and not scope.leavers:
        return "no CPU goes offline at this scope"
    if name == "call_returns" and not scope.calls:
        return "calls are not bounded at this scope"
    if name == "last_writer_complete" and (len(scope.drainers) < 2 or not program.masks):
        return "there are no racing writers of a static mask"
    if name == "saved_is_honest" and SAVED not in program.counters:
        return f"the variant has no counter {SAVED}"
    return ""
