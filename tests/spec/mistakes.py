"""Mistakes to put into the hand-written TLA+ of the machine: each must make TLC find a violation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ANY_HANDLER = (
    "TypeOK PageConservation NoIpiToOffline CallsKept DebtsStand PagesSeen SignalsInCalls ListsBounded "
    "LinksApart GoneAreEmptied NeverStuck CallsCounted"
)
"""What holds whenever the handler answers, and may violate DrainComplete."""

HELD = f"{ANY_HANDLER} DrainComplete DrainCompleteOrNotified DrainInstant CallsPaired AwaitedWereCalled"
"""What holds of a program that calls everybody and waits for all of them."""


@dataclass(frozen=True)
class Mistake:
    """In a module, `right` is replaced by `wrong`; then `violates` is violated at a scope."""

    module: str
    right: str
    wrong: str
    violates: str
    scope: Mapping[str, Any] = field(default_factory=dict)


HOTPLUG = {"leavers": "{1}", "calls": 1, "pages": 1}
WINDOW = {"count_window": "TRUE", "calls": 1}
TWO_ZONES = {**HOTPLUG, "zones": 2}

MISTAKES = {
    "a CPU leaves while preemption is off": Mistake(
        "Hotplug",
        "  /\\ {d \\in Tasks : preempt_count[d] > 0} = {}\n",
        "",
        "NoIpiToOffline",
        HOTPLUG,
    ),
    "a page is lost when a list is drained": Mistake(
        "Allocator",
        "  /\\ pcp' = lists\n     /\\ buddy' = [buddy EXCEPT ![z] = @ + pcp[c][z]]",
        "  /\\ pcp' = lists\n     /\\ UNCHANGED buddy",
        "PageConservation",
    ),
    "a page is made when one is freed": Mistake(
        "Allocator",
        "buddy' = [buddy EXCEPT ![z] = @ + Surplus(count)]\n     /\\ in_use' = [in_use EXCEPT ![z] = @ - 1]",
        "buddy' = [buddy EXCEPT ![z] = @ + Surplus(count)]\n     /\\ UNCHANGED in_use",
        "PageConservation",
    ),
    "a refill copies its pages": Mistake(
        "Allocator",
        "buddy' = [buddy EXCEPT ![z] = @ - refill]",
        "UNCHANGED buddy",
        "PageConservation",
    ),
    "the surplus of a list is lost": Mistake(
        "Allocator",
        "buddy' = [buddy EXCEPT ![z] = @ + Surplus(count)]\n     /\\ in_use'",
        "UNCHANGED buddy\n     /\\ in_use'",
        "PageConservation",
    ),
    "the last page is allocated twice": Mistake(
        "Allocator",
        "     /\\ pcp[c][z] + refill > 0\n",
        "",
        "PageConservation",
    ),
    "the notifier stops after one zone": Mistake(
        "Hotplug",
        "IF z + 1 \\in Zones THEN z + 1 ELSE NoZone",
        "NoZone",
        "DrainCompleteOrNotified",
        TWO_ZONES,
    ),
    "no debt is ever settled": Mistake(
        "State",
        "{<<c, z>> \\in owes[d] : HasPages(lists, links, c, z)}",
        "owes[d]",
        "DrainComplete",
    ),
    "a debt is settled late": Mistake(
        "State",
        "{<<c, z>> \\in owes[d] : HasPages(lists, links, c, z)}",
        "owes[d]",
        "DebtsStand",
    ),
    "no CPU has ever been empty": Mistake(
        "State",
        "never_empty[d] \\cap CpusWithPages(lists, links)]",
        "never_empty[d]]",
        "DrainInstant",
    ),
    "the notifier settles no debt": Mistake(
        "State",
        "{<<c, z>> \\in notified[d] : HasPages(lists, links, c, z)}",
        "notified[d]",
        "DrainCompleteOrNotified",
        HOTPLUG,
    ),
    "pages are not seen": Mistake(
        "State",
        "had_pages[d] \\cup CpusWithPages(lists, links)]",
        "had_pages[d]]",
        "PagesSeen",
    ),
    "another CPU frees while one is between link and count": Mistake(
        "Allocator",
        "  /\\ linking[c] = NoZone\n",
        "",
        "PageConservation",
        WINDOW,
    ),
    "a return forgets a ghost": Mistake(
        "Machine",
        "had_pages' = [had_pages EXCEPT ![d] = {}]",
        "UNCHANGED had_pages",
        "PagesSeen",
    ),
    "a drain leaves the list as it was": Mistake(
        "Allocator",
        "DrainZone(c, z) ==\n  LET lists == [pcp EXCEPT ![c][z] = 0]",
        "DrainZone(c, z) ==\n  LET lists == pcp",
        "PageConservation",
    ),
    "an acknowledgement is lost": Mistake(
        "Machine",
        "ServesUnanswered(c) == serving[c] \\notin call_queue[c]",
        "ServesUnanswered(c) == FALSE",
        "NeverStuck",
    ),
    "a call is lost": Mistake(
        "Machine",
        "call_queue' = [call_queue EXCEPT ![target] = @ \\cup {d}]",
        "UNCHANGED call_queue",
        "CallsPaired",
    ),
    "a call is served twice": Mistake(
        "Machine",
        "call_queue' = [call_queue EXCEPT ![c] = @ \\ {d}]",
        "UNCHANGED call_queue",
        "CallsPaired",
    ),
    "a later call is answered before it is served": Mistake(
        "Machine",
        "ServesUnanswered(c) == serving[c] \\notin call_queue[c]",
        "ServesUnanswered(c) == TRUE",
        "CallsKept",
        {"handler": "ack_early"},
    ),
    "nobody is waited for": Mistake(
        "Machine",
        "Answered(d, target) == target \\notin awaiting[d]",
        "Answered(d, target) == TRUE",
        "DrainComplete",
    ),
    "who was called is not recorded": Mistake(
        "Machine",
        "called' = [called EXCEPT ![d] = @ \\cup {target}]",
        "UNCHANGED called",
        "AwaitedWereCalled",
    ),
    "preemption is disabled for ever": Mistake(
        "Machine",
        "preempt_count' = [preempt_count EXCEPT ![d] = @ - 1]",
        "UNCHANGED preempt_count",
        "TypeOK",
    ),
    "a signal outlives the call": Mistake(
        "Machine",
        "signalled' = [signalled EXCEPT ![d] = FALSE]",
        "UNCHANGED signalled",
        "SignalsInCalls",
        {"signals": "TRUE"},
    ),
    "calls are not counted": Mistake(
        "Machine",
        "calls_left' = [calls_left EXCEPT ![d] = @ - Min(1, Calls)]",
        "UNCHANGED calls_left",
        "CallsCounted",
        {"calls": 2},
    ),
    "there is always one more call": Mistake(
        "Machine",
        "  /\\ calls_left[d] >= Min(1, Calls)\n",
        "",
        "TypeOK",
        {"calls": 1},
    ),
    "a free forgets the flush": Mistake(
        "Allocator",
        "Surplus(count) == IF count >= High THEN Min(Batch, count) ELSE 0",
        "Surplus(count) == 0",
        "ListsBounded",
        {"calls": 1},
    ),
    "a count forgets the flush": Mistake(
        "Allocator",
        "count - Surplus(count)]\n      links",
        "count]\n      links",
        "PageConservation",
        WINDOW,
    ),
    "a linked page goes unseen": Mistake(
        "Allocator",
        "GhostsSee(pcp, links)",
        "GhostsSee(pcp, linking)",
        "PagesSeen",
        WINDOW,
    ),
    "a task steps between link and count": Mistake(
        "Machine",
        "  /\\ linking[Home[d]] = NoZone\n",
        "",
        "LinksApart",
        WINDOW,
    ),
    "a handler runs between link and count": Mistake(
        "Machine",
        "  /\\ linking[c] = NoZone\n",
        "",
        "LinksApart",
        WINDOW,
    ),
    "a CPU leaves between link and count": Mistake(
        "Hotplug",
        " /\\ linking[b] = NoZone}",
        "}",
        "LinksApart",
        {**WINDOW, **HOTPLUG},
    ),
    "a CPU leaves with a handler running": Mistake(
        "Hotplug",
        " /\\ serving[b] = NoTask",
        "",
        "GoneAreEmptied",
        {**HOTPLUG, "handler": "ack_early"},
    ),
    "a CPU leaves and its lists stay owed": Mistake(
        "Hotplug",
        "{<<b, z>> \\in owes[d] : b /= c}",
        "owes[d]",
        "DebtsStand",
        HOTPLUG,
    ),
    "a CPU leaves and was never empty": Mistake(
        "Hotplug",
        "never_empty' = [d \\in Tasks |-> never_empty[d] \\ {c}]",
        "UNCHANGED never_empty",
        "DebtsStand",
        HOTPLUG,
    ),
    "a CPU comes back before the notifier is done": Mistake(
        "Hotplug",
        "  /\\ c \\in Leavers \\ online\n  /\\ {b \\in Cpus : dead_zone[b] /= NoZone} = {}\n",
        "  /\\ c \\in Leavers \\ online\n",
        "GoneAreEmptied",
        HOTPLUG,
    ),
    "the notifier stops after a zone": Mistake(
        "Hotplug",
        "IF z + 1 \\in Zones THEN z + 1 ELSE NoZone",
        "NoZone",
        "DrainCompleteOrNotified",
        {**HOTPLUG, "zones": 2},
    ),
    "a page is lost by the notifier": Mistake(
        "Hotplug",
        "buddy' = [buddy EXCEPT ![z] = @ + pcp[c][z]]",
        "UNCHANGED buddy",
        "PageConservation",
        HOTPLUG,
    ),
}
