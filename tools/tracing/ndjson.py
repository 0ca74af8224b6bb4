"""NDJSON: an event trace as lines of JSON, a header and then one event a line, as docs/traces.md says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pcpdrain.codegen.backends.suite import encode
from pcpdrain.codegen.graph import Value
from pcpdrain.pcpref.suite import decode

from ..traces import TraceError
from .event_traces import EventTrace, SeenEvent, Sense, changes, numbered, read_origin, shown

FORMAT = "pcpdrain-events 1"

_FIELDS = ("time", "cpu", "task", "label", "zone", "count")
_STATES = ("seen", "changed")


def write_ndjson(trace: EventTrace) -> str:
    """The text of the file; the same trace gives the same text."""
    lines = [{"format": FORMAT, **trace.origin()}]
    before: Mapping[str, Value] = {}
    for event in trace.events:
        row = {name: value for name in _FIELDS if (value := getattr(event, name)) is not None}
        changed = changes(before, event.seen)
        if changed is not None:
            row["changed"] = {key: encode(value) for key, value in changed.items()}
        elif event.seen:
            row["seen"] = {key: encode(value) for key, value in event.seen.items()}
        before = event.seen
        lines.append(row)
    return "".join(json.dumps(line, separators=(", ", ": ")) + "\n" for line in lines)


def is_ndjson(text: str) -> bool:
    """Whether a text means to be such a file."""
    return '"pcpdrain-events ' in text.partition("\n")[0]


def read_ndjson(text: str, name: str) -> EventTrace:
    """The trace in the text of a file of that name.

    Raises:
        TraceError: the text is damaged; the message begins with the name and the line.
    """
    line = 1
    try:
        head, *rest = text.split("\n")
        header = _object(head)
        if header.get("format") != FORMAT:
            raise TraceError(f"events of another version ({shown(header.get('format'))}, not {FORMAT})")
        program, scope = read_origin(header)
        sense, events = Sense(program), list[SeenEvent]()
        for row in rest:
            line += 1
            if row.strip():
                before = events[-1].seen if events else {}
                events.append(sense.event(_event(_object(row), before)))
        return EventTrace(program, scope, numbered(events), name)
    except TraceError as error:
        raise TraceError(f"{name}:{line}: {error}") from None


def _object(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        raise TraceError("not JSON, or cut off; each line is one {...}") from None
    if not isinstance(found, dict):
        raise TraceError(f"{shown(found)} is no event; each line is one {{...}}")
    return found


def _event(row: dict[str, Any], before: Mapping[str, Value]) -> SeenEvent:
    unknown = sorted(row.keys() - {*_FIELDS, *_STATES})
    if unknown:
        raise TraceError(f"unknown field `{unknown[0]}`; an event has {', '.join([*_FIELDS, *_STATES])}")
    if "seen" in row and "changed" in row:
        raise TraceError("both `seen` and `changed`; one of them says what was seen")
    if "changed" in row and not before:
        raise TraceError("`changed`, but nothing was seen at the event before; use `seen`")
    seen = _values(row.get("seen", {})) if "changed" not in row else {**before, **_values(row["changed"])}
    return SeenEvent(seen=seen, **{field: row.get(field) for field in _FIELDS})


def _values(values: Any) -> dict[str, Any]:
    if not isinstance(values, dict):
        raise TraceError(f'{shown(values)} where variables with their values should be, {{"at": ["idle"]}}')
    try:
        return {key: decode(value) for key, value in values.items()}
    except (KeyError, TypeError, RecursionError):
        raise TraceError('a value of no known form; a set is {"set": [...]}') from None
