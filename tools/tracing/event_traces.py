"""Event traces: a run as it was seen from outside, event by event, to be validated against the specification.

In contrast to a counterexample (`traces`) it need not be complete: an event says what was seen and no more.
The files are read and written by `ndjson` and `itf`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pcpdrain.codegen.backends.tla.trace import Event
from pcpdrain.codegen.backends.tla.types import conforms, parse_type, places, typed_variables
from pcpdrain.codegen.errors import DrainErrors
from pcpdrain.codegen.errors.diagnostic import suggestion
from pcpdrain.codegen.graph import Value
from pcpdrain.codegen.ir.steps import Program
from pcpdrain.codegen.library import project_scopes, variant_files
from pcpdrain.codegen.pipeline import compile_source
from pcpdrain.codegen.scopes import Scope
from pcpdrain.codegen.source import Source, read_source
from pcpdrain.pcpref.suite import readable

from ..chosen import broken_files
from ..traces import TraceError, scope_of, source_of

Found = TypeVar("Found")

MOST_CPUS = 16
"""Masks with any contents have a label for each set of CPUs."""

MOST_EVENTS = 100_000
"""Longer files are refused before TLC is asked. Traces of 5,000 events have been validated."""

_INT = parse_type("Int")
_LONGEST_SHOWN = 60


@dataclass(frozen=True)
class SeenEvent:
    """What was seen of one step and of the state after it; the first one of a trace is of the start alone.

    None stands for what was not seen. `time` is in any unit that grows. `seen` holds the values of
    variables, or of elements of variables (`pcp[0][1]`). `zone` and `count` are of the list of `cpu`: it
    has so many pages after the step.
    """

    label: str | None = None
    seen: Mapping[str, Value] = ()  # type: ignore[assignment]
    cpu: int | None = None
    task: int | None = None
    time: float | None = None
    zone: int | None = None
    count: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "seen", dict(self.seen))

    def claim(self) -> Event:
        """The event as the specification is asked about it."""
        seen = dict(self.seen)
        if self.count is not None:
            seen[f"pcp[{self.cpu}][{self.zone}]"] = self.count
        return Event(self.label, seen, self.cpu, self.task)


@dataclass(frozen=True)
class EventTrace:
    """The events of a run of a variant at a scope. `name` tells whose trace it is, in messages."""

    program: Program
    scope: Scope
    events: tuple[SeenEvent, ...]
    name: str = ""

    def claims(self) -> list[Event]:
        """The events as the specification is asked about them."""
        return [event.claim() for event in self.events]

    def origin(self) -> dict[str, Any]:
        """The variant, its source and the scope, as plain data."""
        source = self.program.source
        return {
            "variant": self.program.name,
            "scope": self.scope.bounds(),
            "source": {"name": Path(source.name).name, "sha256": source.digest, "text": source.text},
        }


def read_origin(data: Any) -> tuple[Program, Scope]:
    """The variant and the scope that `EventTrace.origin` describes.

    Without a source the variant is the project's of that name; a scope may be one of the project's, by name.

    Raises:
        TraceError: something else is there.
    """
    if not isinstance(data, dict):
        raise TraceError("a damaged trace: its header is no table")
    try:
        variant, place = data["variant"], data["scope"]
        scope = _named("scope", place, project_scopes().ready) if isinstance(place, str) else scope_of(place)
        source = source_of(data["source"]) if "source" in data else _source(variant)
    except KeyError as error:
        raise TraceError(f"a damaged trace: {error} is missing in its header") from None
    except (TypeError, AttributeError, ValueError) as error:
        raise TraceError(f"a damaged trace: {error}") from None
    if scope.cpus > MOST_CPUS:
        raise TraceError(f"a trace of {scope.cpus} CPUs; up to {MOST_CPUS} can be validated")
    program = _compiled(source)
    if program.name != variant:
        raise TraceError(f"a damaged trace: it is of {shown(variant)}, its source of {program.name}")
    return program, scope


def _source(variant: Any) -> Source:
    files = {path.stem: path for path in [*variant_files(), *broken_files()]}
    return read_source(_named("variant", variant, files))


def _named(what: str, name: Any, known: Mapping[str, Found]) -> Found:
    if not isinstance(name, str) or name not in known:
        near = suggestion(str(name), known, f"`{what}` names one of the project, or the trace has its own")
        raise TraceError(f"unknown {what} {shown(name)}; {near}")
    return known[name]


@cache
def _compiled(source: Source) -> Program:
    try:
        return compile_source(source).program
    except DrainErrors as error:
        first = str(error).partition("\n")[0]
        raise TraceError(f"the variant in the trace does not compile: {first}") from None


class Sense:
    """Whether what a file says of an event can be meant: types and names, not whether it can happen."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._keys = {variable.key: variable for variable in typed_variables(program)}
        self._time: float | None = None

    @property
    def types(self) -> dict[str, str]:
        """The type of each variable, by key, as in the TLA+."""
        return {key: variable.annotation for key, variable in self._keys.items()}

    def event(self, event: SeenEvent) -> SeenEvent:
        """The event itself.

        Raises:
            TraceError: it cannot be meant; the message has a hint.
        """
        for name in ("cpu", "task", "zone", "count"):
            number = getattr(event, name)
            if number is not None and not conforms(number, _INT):
                raise TraceError(f"`{name}` is {shown(number)}; it must be a whole number")
        if (event.zone is None) != (event.count is None) or (event.count is not None and event.cpu is None):
            raise TraceError("`zone` and `count` go together, and need a `cpu`: that list has so many pages")
        if event.label is not None and not isinstance(event.label, str):
            raise TraceError(f'`label` is {shown(event.label)}; it must be a text such as "c1:take d0"')
        self._check_time(event.time)
        self._check_seen(event.seen)
        return event

    def _check_time(self, time: Any) -> None:
        if time is None:
            return
        if isinstance(time, bool) or not isinstance(time, int | float):
            raise TraceError(f"`time` is {shown(time)}; it must be a number")
        if self._time is not None and not time >= self._time:
            raise TraceError(f"time goes back, from {self._time} to {time}; put the events in order of time")
        self._time = time

    def _check_seen(self, seen: Mapping[str, Any]) -> None:
        found = places(self._program, seen)
        for key, value in seen.items():
            if key not in found:
                variable = key.partition("[")[0]
                if variable in self._keys:
                    raise TraceError(
                        f"`{key}` is no element of {variable}, {self._keys[variable].annotation}"
                    )
                near = suggestion(variable, self._keys, "`pcpdrain compile VARIANT --to tla` shows all")
                raise TraceError(f"{self._program.name} has no variable `{variable}`; {near}")
            if not conforms(value, found[key].type):
                wanted = self._keys[found[key].variable.key].annotation
                raise TraceError(
                    f"`{key}` cannot be {shown(value)}; {found[key].variable.key} is of type {wanted}"
                )


def shown(value: object) -> str:
    """A value of a file in a message, not too long and on one line."""
    text = readable(value) if isinstance(value, tuple | frozenset) else repr(value)
    text = re.sub(r"\s+", " ", text)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def changes(before: Mapping[str, Value], after: Mapping[str, Value]) -> dict[str, Value] | None:
    """What differs, if all that was seen before is seen again; else None."""
    if not before or not before.keys() <= after.keys():
        return None
    return {key: value for key, value in after.items() if key not in before or before[key] != value}


def numbered(events: Iterable[SeenEvent]) -> tuple[SeenEvent, ...]:
    """The events as a tuple, if there are not too many of them, and at least the first."""
    found = tuple(events)
    if not found:
        raise TraceError(
            "a trace without events; the first line after the header tells the start, `{}` if unseen"
        )
    if len(found) > MOST_EVENTS:
        raise TraceError(f"a trace of {len(found)} events; cut it after {MOST_EVENTS}")
    return found
