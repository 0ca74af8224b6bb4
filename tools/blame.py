"""Blame: the step of a counterexample that decides, and in words why what was promised did not happen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pcpdrain.codegen.ir.steps import IDLE, Program

from .no_return import no_return
from .words import Teller

if TYPE_CHECKING:
    from .traces import Trace

_NOBODY = -1

List = tuple[int, int]
"""A pcp list, as (cpu, zone)."""


@dataclass(frozen=True)
class Blame:
    """`step` is the number, from 1, of the step after which nothing could go well; `text` tells why."""

    step: int
    text: str


def blame(trace: Trace, program: Program) -> Blame | None:
    """What decides a counterexample; None if that is no single step, or no more than its last one."""
    told = _Blamer(trace, program)
    match trace.property:
        case "drain_complete" | "drain_complete_or_notified" | "last_writer_complete" | "drain_instant":
            return next(told.never_emptied(), None)
        case "no_useless_ipi":
            return told.useless()
        case "never_stuck" | "call_returns":
            return told.lost(no_return(trace, program))
    return None


class _Blamer:
    """Looks back from the end of one counterexample."""

    def __init__(self, trace: Trace, program: Program) -> None:
        self._trace, self._program = trace, program
        self._teller = Teller(program, trace.scope.drainers, trace.property)
        self._steps = list(zip(trace.labels, trace.states[:-1], trace.states[1:], strict=True))

    def never_emptied(self) -> Iterator[Blame]:
        """One for each list that a task owed at the end."""
        last = self._trace.states[-1]
        for task, step in enumerate(last["at"]):
            call = self._last(f"d{task}:call", len(self._steps))
            if step != IDLE or call is None:
                continue
            end = self._last(f"d{task}:return", len(self._steps))
            assert end is not None
            owed = self._owed(task, end)
            for cpu, zone in owed:
                found = self._of_list(task, (cpu, zone), call, end)
                if found is not None:
                    yield found

    def _owed(self, task: int, end: int) -> list[List]:
        """The lists that a task owed when it returned; for a CPU that was never empty, those with pages."""
        state = self._steps[end][2]
        if self._trace.property == "drain_instant":
            return sorted(state["owes"][task]) if "owes" in state else []
        notified = state["notified"][task] if "notified" in state else frozenset()
        return sorted(state["owes"][task] | notified)

    def _of_list(self, task: int, owed: List, call: int, end: int) -> Blame | None:
        cpu, zone = owed
        lists = f"CPU {cpu}'s page in zone {zone}"
        own = self._trace.scope.drainers[task] == cpu
        sent = [n for n in range(call, end) if cpu in self._new_requests(task, n)]
        if not own and sent:
            return self._called(task, owed, sent[-1], end)
        read = self._mask_read(task, cpu, call, end, own=own)
        if read is None:
            return self._never_looked(task, owed, call, end)
        index, mask = read
        cleared = self._cleared(mask, cpu, index)
        how = "never drained" if own else "never called for"
        if cleared is None:
            return self._never_looked(task, owed, call, end)
        why = self._why_cleared(cleared, cpu)
        early = f", before d{task} called" if cleared < call else ""
        return Blame(
            cleared + 1,
            f"{lists} was {how}: {why}{self._who(cleared)} cleared CPU {cpu}'s bit in {self._where(cleared)}"
            f"{early}, and d{task} found no bit in step {index + 1}.",
        )

    def _called(self, task: int, owed: List, sent: int, end: int) -> Blame:
        """The CPU was called, and its list has not been emptied all the same."""
        cpu, zone = owed
        answered = next(
            (n for n in range(sent, end) if cpu in self._answers(task, n)),
            None,
        )
        if answered is None:
            return Blame(
                end + 1,
                f"d{task} called CPU {cpu} in step {sent + 1} and returned in step {end + 1} "
                f"without its answer.",
            )
        return Blame(
            answered + 1,
            f"CPU {cpu} was called in step {sent + 1} and answered in step {answered + 1} with zone {zone} "
            f"not drained.",
        )

    def _never_looked(self, task: int, owed: List, call: int, end: int) -> Blame | None:
        """Nobody has cleared the CPU's bit: it was never set, or there is no mask."""
        cpu, zone = owed
        looks = [n for n in range(call, end) if self._looks_at(n, task) == owed]
        if not looks:
            return Blame(
                end + 1, f"d{task} returned without ever looking at CPU {cpu}'s list of zone {zone}."
            )
        last = looks[-1]
        before = self._steps[last][1]
        if before["pcp"][cpu][zone] == 0:
            linked = before.get("linking", ())
            why = " (a page was linked and not counted yet)" if linked and linked[cpu] == zone else ""
            return Blame(
                last + 1,
                f"d{task} found CPU {cpu}'s list of zone {zone} empty in {self._where(last)}{why}, "
                f"so it did not call CPU {cpu}.",
            )
        return None

    def useless(self) -> Blame | None:
        """Who set the bit of a CPU that was called with all its lists empty."""
        last = len(self._steps) - 1
        for task, _ in enumerate(self._trace.scope.drainers):
            for cpu in sorted(self._new_requests(task, last)):
                call = self._last(f"d{task}:call", last)
                for mask in self._program.masks:
                    setter = self._changed(mask, cpu, last, gained=True)
                    if setter is not None and call is not None:
                        early = f", before d{task} called" if setter < call else ""
                        who = self._who(setter)
                        then = "" if who == f"d{task}" else f", and d{task} went by that bit"
                        return Blame(
                            setter + 1,
                            f"{who} set CPU {cpu}'s bit in {self._where(setter)}{early}{then}.",
                        )
        return None

    def lost(self, found: tuple[int, int] | None) -> Blame | None:
        """The step after which a call could not return any more."""
        if found is None:
            return None
        number, task = found
        return Blame(
            number,
            f"Up to {self._where(number - 1)} d{task} could still have returned; after it, whatever anybody "
            f"does, it cannot.",
        )

    def _last(self, label: str, before: int) -> int | None:
        return next((n for n in range(before - 1, -1, -1) if self._trace.labels[n] == label), None)

    def _new_requests(self, task: int, index: int) -> frozenset[int]:
        _, before, after = self._steps[index]
        found: frozenset[int] = after["awaiting"][task] - before["awaiting"][task]
        return found

    def _answers(self, task: int, index: int) -> frozenset[int]:
        _, before, after = self._steps[index]
        found: frozenset[int] = before["awaiting"][task] - after["awaiting"][task]
        return found

    def _mask_read(self, task: int, cpu: int, call: int, end: int, *, own: bool) -> tuple[int, str] | None:
        """The first look at a static mask that found no bit of the CPU; of the own CPU, the last one."""
        found = [
            (n, mask)
            for n in range(call, end)
            if (mask := self._teller.mask_read(self._steps[n][0]))
            and self._steps[n][0].startswith(f"d{task}:")
            and cpu not in self._steps[n][1][mask]
        ]
        return (found[-1] if own else found[0]) if found else None

    def _cleared(self, mask: str, cpu: int, before: int) -> int | None:
        """The last step that took a CPU out of a mask."""
        return self._changed(mask, cpu, before, gained=False)

    def _changed(self, mask: str, cpu: int, before: int, *, gained: bool) -> int | None:
        for number in range(before - 1, -1, -1):
            _, old, new = self._steps[number]
            if (cpu in old[mask], cpu in new[mask]) == (not gained, gained):
                return number
        return None

    def _why_cleared(self, index: int, cpu: int) -> str:
        """What the same task found just before it cleared a bit, if it looked at a list of that CPU."""
        actor = self._steps[index][0].partition(":")[0]
        for number in range(index - 1, -1, -1):
            if self._steps[number][0].startswith(f"{actor}:"):
                looked = self._looks_at(number, int(actor[1:])) if actor[0] == "d" else None
                if looked is not None and looked[0] == cpu:
                    return f"zone {looked[1]} was empty in step {number + 1}, so "
                return ""
        return ""

    def _looks_at(self, index: int, task: int) -> List | None:
        """The list whose count a step of the task reads."""
        label, before, _ = self._steps[index]
        return self._teller.list_read(label, before) if label.startswith(f"d{task}:") else None

    def _who(self, index: int) -> str:
        """Whose step it is, as a sentence names them."""
        actor = self._steps[index][0].partition(":")[0]
        return actor if actor[0] == "d" else f"the handler of CPU {actor[1:]}"

    def _where(self, index: int) -> str:
        """A step by its number, and its line if it has one."""
        place = self._teller.place(self._steps[index][0])
        if place is None:
            return f"step {index + 1}"
        file = "" if place[0] == self._trace.source.name else f"{Path(place[0]).name} "
        return f"step {index + 1} ({file}line {place[1]})"
