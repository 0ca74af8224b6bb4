"""Traces: a counterexample as labelled steps, as a file that says all that is needed to run it again.

A trace carries the source text, the scope and the property; of the states only the first is whole, then what each step changes. A
variable that is not there was not seen: a trace of a real kernel need not know them all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pcpdrain.codegen.backends.suite import encode
from pcpdrain.codegen.graph import Value
from pcpdrain.codegen.scopes import Scope
from pcpdrain.codegen.source import Source
from pcpdrain.pcpref.suite import decode

from .files import write_atomically

FORMAT = "pcpdrain-trace 1"

State = Mapping[str, Any]


class TraceError(Exception):
    """A file that is no trace, or one of another version; the message says what was expected."""


@dataclass(frozen=True)
class Trace:
    """A run from the initial state. `states[0]` is the initial state, `states[i + 1]` the one after `labels[i]`."""

    variant: str
    source: Source
    scope: Scope
    property: str
    engine: str
    labels: tuple[str, ...]
    states: tuple[State, ...]

    def to_json(self) -> dict[str, Any]:
        """The trace as plain data."""
        steps = []
        for label, before, after in zip(self.labels, self.states[:-1], self.states[1:], strict=True):
            changes = {name: encode(value) for name, value in after.items() if before.get(name) != value}
            steps.append({"label": label, **_actor(label, self.scope), "changes": changes})
        return {
            "format": FORMAT,
            "variant": self.variant,
            "source": {"name": self.source.name, "sha256": self.source.digest, "text": self.source.text},
            "scope": {key: value for key, value in vars(self.scope).items() if key not in ("why", "suites")},
            "property": self.property,
            "engine": self.engine,
            "initial": {name: encode(value) for name, value in self.states[0].items()},
            "steps": steps,
        }

    @classmethod
    def from_json(cls, data: Any) -> Trace:
        """The trace that `to_json` made.

        Raises:
            TraceError: it is something else.
        """
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise TraceError(f"not a trace of this version ({FORMAT})")
        try:
            states: list[dict[str, Any]] = [{name: decode(value) for name, value in data["initial"].items()}]
            for step in data["steps"]:
                states.append(states[-1] | {name: decode(value) for name, value in step["changes"].items()})
            scope = data["scope"]
            return cls(
                variant=str(data["variant"]),
                source=Source(str(data["source"]["name"]), str(data["source"]["text"])),
                scope=Scope(**{**scope, "drainers": tuple(scope["drainers"])}),
                property=str(data["property"]),
                engine=str(data["engine"]),
                labels=tuple(str(step["label"]) for step in data["steps"]),
                states=tuple(states),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise TraceError(f"a damaged trace: {error}") from None


def _actor(label: str, scope: Scope) -> dict[str, int]:
    """Whose step it is: the task and its CPU, or the CPU."""
    actor = label.partition(":")[0]
    number = int(actor[1:])
    return {"task": number, "cpu": scope.drainers[number]} if actor[0] == "d" else {"cpu": number}


def write_trace(path: Path, trace: Trace) -> None:
    """Write a trace file, whole or not at all."""
    write_atomically(path, json.dumps(trace.to_json(), indent=1) + "\n")


def read_trace(path: Path) -> Trace:
    """Read a trace file.

    Raises:
        TraceError: it cannot be read, or holds no trace.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TraceError(f"{path}: {error}") from None
    try:
        return Trace.from_json(data)
    except TraceError as error:
        raise TraceError(f"{path}: {error}") from None


def trace_of(
    program_name: str,
    source: Source,
    scope: Scope,
    violated: str,
    engine: str,
    steps: Sequence[tuple[str | None, State]],
    names: tuple[Mapping[str, str], Mapping[str, str]],
) -> Trace:
    """A checker's counterexample in the project's words; `names` maps its operators to labels and its variables to keys."""
    labels, keys = names
    states = tuple({keys[name]: value for name, value in state.items()} for _, state in steps)
    return Trace(
        program_name, source, scope, violated, engine, tuple(labels[str(operator)] for operator, _ in steps[1:]), states
    )


def changes(before: State, after: State) -> dict[str, Value]:
    """The variables that a step changed, with their new values."""
    return {name: value for name, value in after.items() if before.get(name) != value}
