"""Corrupt: copies of an event trace in each of which one thing is not as it was seen.

Each copy ends some events after the change: a recorded trace that ends there is one, too, and what is wrong
shows soon or never.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from pcpdrain.codegen.backends.tla.labels import labelled
from pcpdrain.codegen.backends.tla.types import Function, Scalar, SetOf, Tuple, Type, typed_variables
from pcpdrain.codegen.graph import Value
from pcpdrain.codegen.ir.steps import IDLE, Machine, Program
from pcpdrain.codegen.scopes import Scope

from .event_traces import EventTrace, SeenEvent

TAIL = 5
"""How many events follow the last that is not as recorded."""

NO_SUCH_STEP = "d0:no_such_step"


@dataclass(frozen=True)
class Corruption:
    """One change: its kind, the event where it is, in words, and the trace with it."""

    kind: str
    at: int
    what: str
    trace: EventTrace


def corruptions(trace: EventTrace, random: Random, of_each: int = 1) -> Iterator[Corruption]:
    """For each event some corruptions of every kind, `of_each` of those that one event has many of.

    The same random numbers give the same corruptions. Some of them are runs, too.
    """
    labels = [known.label for known in labelled(trace.program, trace.scope)]
    values = _Values(trace.program, trace.scope)
    events = trace.events
    for at, event in enumerate(events):
        for key, value in event.seen.items():
            for place, wrong in values.sample(key, value, random, of_each):
                seen = {**event.seen, key: wrong}
                yield _one("value", trace, at, f"{key}{place}", replace(event, seen=seen))
                if at:
                    # Only this was seen, and not which step it was: rather often that can be.
                    alone = SeenEvent(seen={key: wrong}, time=event.time)
                    yield _one("value alone", trace, at, f"{key}{place}", alone)
        if event.count is not None:
            yield _one(
                "count", trace, at, "count", replace(event, count=event.count + random.choice((-1, 1)))
            )
        if not at:
            continue
        for label in [*random.sample(labels, min(of_each, len(labels))), NO_SUCH_STEP]:
            if label != event.label:
                yield _one("label", trace, at, f"label {label}", replace(event, label=label))
        yield _one("label unseen", trace, at, "no label", SeenEvent(seen=event.seen, time=event.time))
        cpu, task = random.randrange(trace.scope.cpus), random.randrange(len(trace.scope.drainers) + 1)
        bare = replace(event, zone=None, count=None)
        for kind, moved in (("cpu", replace(bare, cpu=cpu)), ("task", replace(bare, task=task))):
            if (moved.cpu, moved.task) != (event.cpu, event.task):
                what = f"CPU {moved.cpu}, task {moved.task}"
                yield _one(kind, trace, at, what, moved)
                yield _one(f"{kind} alone", trace, at, what, replace(moved, label=None, seen={}))
        yield _many("twice", trace, at, [*events[: at + 1], *events[at:]])
        if at + 1 < len(events):
            yield _many("dropped", trace, at, [*events[:at], *events[at + 1 :]])
            yield _many("swapped", trace, at, [*events[:at], events[at + 1], event, *events[at + 2 :]])


def _one(kind: str, trace: EventTrace, at: int, what: str, event: SeenEvent) -> Corruption:
    events = (*trace.events[:at], event, *trace.events[at + 1 : at + 1 + TAIL])
    return Corruption(kind, at, what, replace(trace, events=events))


def _many(kind: str, trace: EventTrace, at: int, events: Sequence[SeenEvent]) -> Corruption:
    """Another order of events. Their times are as before: it is not by these that it should be seen."""
    timed = tuple(replace(event, time=number) for number, event in enumerate(events[: at + 2 + TAIL]))
    return Corruption(kind, at, f"event {kind}", replace(trace, events=timed))


class _Values:
    """Other values of a variable's type, each with one thing in it changed."""

    def __init__(self, program: Program, scope: Scope) -> None:
        self._types: Mapping[str, Type] = {v.key: v.type for v in typed_variables(program)}
        self._positions = {"at": _steps(program.task), "irq_at": _steps(program.handler)}
        self._scope = scope

    def sample(self, key: str, value: Value, random: Random, most: int) -> list[tuple[str, Value]]:
        """Some of the changes, each with its place in the value."""
        found = list(self._changed(value, self._types[key], self._positions.get(key, ())))
        return random.sample(found, min(most, len(found)))

    def _changed(self, value: Value, kind: Type, texts: Sequence[str]) -> Iterator[tuple[str, Value]]:
        match kind, value:
            case Function(result), tuple():
                for index, element in enumerate(value):
                    for place, wrong in self._changed(element, result, texts):
                        yield f"[{index}]{place}", (*value[:index], wrong, *value[index + 1 :])
            case SetOf(member), frozenset():
                for each in self._members(member):
                    yield f" {each}", value ^ {each}
            case Scalar("Bool"), bool():
                yield "", not value
            case Scalar("Int"), int():
                yield from (("", value + 1), ("", value - 1))
            case Scalar("Str"), str():
                yield from (("", text) for text in texts if text != value)

    def _members(self, kind: Type) -> list[Value]:
        cpus = range(self._scope.cpus)
        if isinstance(kind, Tuple):
            return [(cpu, zone) for cpu in cpus for zone in range(self._scope.zones)]
        return list(cpus)


def _steps(machine: Machine | None) -> tuple[str, ...]:
    return (IDLE, *(machine.steps if machine else ()))
