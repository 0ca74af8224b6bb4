"""ITF: an event trace in the Informal Trace Format, which Apalache writes and reads.

Apalache tells no labels, and gives a constant or a variable its name in TLA+. What else an event has is
under the "#meta" of its state.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pcpdrain.codegen.backends.tla.types import (
    Function,
    SetOf,
    Tuple,
    Type,
    TypedVariable,
    conforms,
    typed_variables,
)
from pcpdrain.codegen.graph import Value
from pcpdrain.codegen.ir.steps import Program

from ..traces import TraceError
from .event_traces import EventTrace, SeenEvent, Sense, numbered, read_origin, shown

_FIELDS = ("label", "time", "cpu", "task", "zone", "count")
_STATES = re.compile(r'"states"\s*:\s*\[\s*')
_DESCRIPTION = "https://apalache-mc.org/docs/adr/015adr-trace.html"


def write_itf(trace: EventTrace) -> str:
    """The text of the file, one state a line. Elements of variables are left out: ITF has none."""
    variables = [v for v in typed_variables(trace.program) if any(v.key in e.seen for e in trace.events)]
    head = {
        "#meta": {
            "format": "ITF",
            "format-description": _DESCRIPTION,
            "varTypes": {variable.name: variable.annotation for variable in variables},
            **trace.origin(),
        },
        "vars": [variable.name for variable in variables],
    }
    states = []
    for index, event in enumerate(trace.events):
        told = {name: value for name in _FIELDS if (value := getattr(event, name)) is not None}
        state = {v.name: _encode(event.seen[v.key], v.type) for v in variables if v.key in event.seen}
        states.append(json.dumps({"#meta": {"index": index, **told}, **state}))
    return json.dumps(head)[:-1] + ', "states": [\n' + ",\n".join(states) + "\n]}\n"


def _encode(value: Value, kind: Type) -> Any:
    match kind, value:
        case SetOf(member), frozenset():
            return {"#set": sorted((_encode(each, member) for each in value), key=json.dumps)}
        case Function(result), tuple():
            return {"#map": [[_number(n), _encode(each, result)] for n, each in enumerate(value)]}
        case Tuple(parts), tuple():
            return {"#tup": [_encode(each, part) for each, part in zip(value, parts, strict=True)]}
    return _number(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _number(value: int) -> dict[str, str]:
    return {"#bigint": str(value)}


def read_itf(text: str, name: str) -> EventTrace:
    """The trace in the text of a file of that name.

    Raises:
        TraceError: the text is damaged; the message begins with the name and the line.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise TraceError(f"{name}:{line}: not JSON, or cut off; `pcpdrain record` writes traces") from None
    index = -1
    try:
        if not isinstance(data, dict) or not isinstance(data.get("states"), list):
            raise TraceError("neither ITF nor events; `pcpdrain record` writes traces of both forms")
        program, scope = read_origin(data.get("#meta"))
        sense, keys = Sense(program), {v.name: v.key for v in typed_variables(program)}
        events = list[SeenEvent]()
        for state in data["states"]:
            index += 1
            events.append(sense.event(_event(state, keys)))
        return EventTrace(program, scope, numbered(events), name)
    except TraceError as error:
        line = _line(text, index) if index >= 0 else 1
        raise TraceError(f"{name}:{line}: {error}") from None


def read_states(text: str, program: Program) -> list[dict[str, Value]]:
    """The states of a counterexample of Apalache, by the keys of an observed state; constants are left out.

    Raises:
        TraceError: the text is damaged, or a variable is missing or of another type.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise TraceError("not JSON, or cut off") from None
    if not isinstance(data, dict) or not isinstance(data.get("states"), list) or not data["states"]:
        raise TraceError("not ITF: it has no states")
    variables = list(typed_variables(program))
    return [_state(state, variables, number) for number, state in enumerate(data["states"], 1)]


def _state(state: Any, variables: Sequence[TypedVariable], number: int) -> dict[str, Value]:
    if not isinstance(state, dict):
        raise TraceError(f"{shown(state)} is no state")
    found: dict[str, Value] = {}
    for variable in variables:
        if variable.name not in state:
            raise TraceError(f"state {number} has no variable {variable.name}")
        value = _decode(state[variable.name])
        if not conforms(value, variable.type):
            raise TraceError(
                f"in state {number}, {variable.name} is {shown(value)}, not {variable.annotation}"
            )
        found[variable.key] = value
    return found


def _event(state: Any, keys: Mapping[str, str]) -> SeenEvent:
    if not isinstance(state, dict) or not isinstance(state.get("#meta", {}), dict):
        raise TraceError(f'{shown(state)} is no state; a state is {{"VARIABLE": VALUE, ...}}')
    told = state.get("#meta", {})
    seen = {keys.get(name, name): _decode(value) for name, value in state.items() if name != "#meta"}
    return SeenEvent(seen=seen, **{field: told.get(field) for field in _FIELDS})


def _decode(value: Any) -> Any:
    match value:
        case {"#bigint": str(digits)} if re.fullmatch(r"-?\d{1,12}", digits):
            return int(digits)
        case {"#set": list(members)}:
            return frozenset(map(_decode, members))
        case {"#tup": list(parts)}:
            return tuple(map(_decode, parts))
        case {"#map": list(pairs)} if all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
            function = {_decode(argument): _decode(result) for argument, result in pairs}
            if len(function) == len(pairs) and function.keys() == set(range(len(pairs))):
                return tuple(function[number] for number in range(len(pairs)))
            raise TraceError(f"{shown(value)} is no function from 0..n-1, as all of this project are")
        case bool() | int() | str():
            return value
    raise TraceError(f'{shown(value)} is no value of ITF, as {{"#bigint": "4"}} or {{"#set": []}} are')


def _line(text: str, index: int) -> int:
    """The line in which a state begins."""
    found = _STATES.search(text)
    place, decoder = found.end() if found else 0, json.JSONDecoder()
    for _ in range(index):
        _, place = decoder.raw_decode(text, place)
        place += len(text[place:]) - len(text[place:].lstrip(" \t\r\n,"))
    return text.count("\n", 0, place) + 1
