"""Refusals: why a trace is refused, in plain words and within 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from pcpdrain.codegen.backends.tla.types import places
from pcpdrain.codegen.properties import GHOSTS
from pcpdrain.pcpref.suite import readable

from ..words import Teller
from .explain import Refusal
from .guard_words import words

WIDTH = 80

_MOST_STEPS = 20
"""So many possible steps of one actor are listed; masks with any contents have more."""


def refusal_text(refusal: Refusal) -> str:
    """The whole explanation, without a line break at its end."""
    lines = _wrapped(f"{refusal.trace.name}: refused at {_event(refusal)}", "")
    for sentence in _reasons(refusal):
        lines += _wrapped(sentence, "  ")
    lines += _before(refusal)
    if refusal.at:
        lines += _possible(refusal)
    return "\n".join(lines)


def _event(refusal: Refusal) -> str:
    """The event by number, label, line and time."""
    event = refusal.trace.events[refusal.at]
    if not refusal.at:
        return "what was seen of the start"
    told = [f"event {refusal.at}"]
    if event.label is not None:
        told.append(event.label)
    if refusal.claimed:
        teller = Teller(refusal.trace.program, refusal.trace.scope.drainers)
        place = teller.place(refusal.claimed) if refusal.claimed[0] in "dc" else None
        told += [f"{place[0].rpartition('/')[2]}:{place[1]}"] if place else []
    told += [f"time {event.time}"] if event.time is not None else []
    return ", ".join(told)


def _reasons(refusal: Refusal) -> Iterator[str]:
    event, scope = refusal.trace.events[refusal.at], refusal.trace.scope
    who = _who(event.cpu, event.task)
    if refusal.at and event.label is not None and refusal.claimed is None:
        yield f"{refusal.trace.program.name} has no such step at this scope."
    elif refusal.guard is not None:
        yield f"This step is not possible there: {words(refusal.guard, refusal.before, scope)}."
        yield f"(In {refusal.guard.operator}: {refusal.guard.text})"
    elif refusal.claimed and not _fits((event.cpu, event.task), refusal.whose):
        yield f"This is a step of {_who(*refusal.whose) or 'nobody'}, and the trace says {who}."
    elif refusal.impossible:
        step = f"After any step{f' of {who}' if who else ''}"
        where = "At the start" if not refusal.at else "After it" if refusal.claimed else step
        yield f"{where}, the specification does not have what was seen:"
        for key, value in refusal.impossible.items():
            yield from _differences(refusal, key, value)
    elif refusal.claimed is None and refusal.at and event.claim().seen == {}:
        yield f"No step of {who or 'anybody'} is possible there."
    else:
        yield "Each of the values seen is possible after it, but not all of them at once."


def _fits(told: tuple[int | None, int | None], real: tuple[int | None, int | None]) -> bool:
    return all(said in (None, is_so) for said, is_so in zip(told, real, strict=True))


def _who(cpu: int | None, task: int | None) -> str:
    return ", ".join([f"CPU {cpu}"] * (cpu is not None) + [f"task {task}"] * (task is not None))


def _differences(refusal: Refusal, key: str, seen: Any) -> Iterator[str]:
    """The elements that are not as in the specification; the value, if there is no state to compare."""
    state = refusal.after if refusal.at else refusal.start
    place = places(refusal.trace.program, [key])[key]
    if state is None:
        yield f"  {key} is {readable(seen)}"
        return
    value: Any = state[place.variable.name]
    for index in place.path:
        if not isinstance(value, tuple) or index >= len(value):
            yield f"  {key}: the trace says {readable(seen)}, and there is no such element"
            return
        value = value[index]
    for where, one, other in _parts(key, value, seen):
        yield f"  {where}: the trace says {readable(other)}, the specification {readable(one)}"


def _parts(where: str, one: Any, other: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        for index, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from _parts(f"{where}[{index}]", left, right)
    elif one != other:
        yield where, one, other


def _before(refusal: Refusal) -> Iterator[str]:
    """The state before, where it is not as at the start. No step reads a ghost, so these are not shown."""
    if not refusal.at:
        return
    which = "A state before it, of those that fit," if refusal.partial else "The state before it,"
    yield f"  {which} where it is not as at the start:"
    same = True
    for key, name in refusal.names().items():
        if key not in GHOSTS and refusal.before[name] != refusal.start[name]:
            same = False
            yield from _wrapped(f"{key} = {readable(refusal.before[name])}", "    ")
    if same:
        yield "    nothing"


def _possible(refusal: Refusal) -> Iterator[str]:
    yield f"  Steps that are possible there: {len(refusal.possible) or 'none'}"
    by_actor: dict[str, list[str]] = {}
    for label in refusal.possible:
        actor, _, what = label.partition(":")
        by_actor.setdefault(actor, []).append(what)
    for actor, steps in sorted(by_actor.items(), key=lambda item: (item[0][0] != "d", item[0])):
        shown = steps[:_MOST_STEPS]
        if len(steps) > len(shown):
            shown.append(f"and {len(steps) - len(shown)} more")
        # A label has blanks in it, where no line should be broken.
        text = ", ".join(step.replace(" ", "\0") for step in shown)
        for line in _wrapped(f"{actor}: {text}", "    "):
            yield line.replace("\0", " ")


def _wrapped(text: str, indent: str) -> list[str]:
    deeper = indent + " " * (len(text) - len(text.lstrip()))
    return textwrap.wrap(
        text.strip(), WIDTH, initial_indent=deeper, subsequent_indent=deeper + "  ", break_on_hyphens=False
    )
