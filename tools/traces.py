"""Traces: a counterexample as labelled steps, as a file that says all that is needed to run it again.

A trace carries the source text, the scope and the property; of the states only the first is whole, then what
each step changes. A variable that is not there was not seen: a trace of a real kernel need not know them all.
A run that never ends is a lasso: `loop` tells to which state the last step leads back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pcpdrain.codegen.backends.suite import encode
from pcpdrain.codegen.properties import GHOSTS, PROPERTIES
from pcpdrain.codegen.scopes import Scope
from pcpdrain.codegen.source import MAX_BYTES, Source
from pcpdrain.pcpref.suite import decode

from .files import reason

FORMAT = "pcpdrain-trace 2"

_READ = ("pcpdrain-trace 1", FORMAT)
"""The formats that are read: 1 knew neither a loop nor the bounds that a scope has by default."""

_LARGEST = {"cpus": 64, "zones": 16, "pages": 4096, "high": 4096, "batch": 4096, "calls": 4096}
"""Far above every scope: a larger bound in a trace is a damaged one, not a machine to build."""

_SWITCHES = ("signals", "alloc_fails", "count_window")

_DEFAULTS = {"calls": 0, "leavers": [], **dict.fromkeys(_SWITCHES, False)}
"""What a scope of format 1 does not say."""

_LONGEST_FILE = 64 * 1024 * 1024
"""Bytes of the largest trace that is read."""

State = Mapping[str, Any]


class TraceError(Exception):
    """A file that is no trace, or one of another version; the message says what was expected."""


@dataclass(frozen=True)
class Trace:
    """A run. `states[0]` is the initial state, `states[i + 1]` the one after `labels[i]`.

    A run without end has a `loop`, the index of a state that equals the last one, ghosts aside: from there on
    the steps repeat for ever. If that is the last state itself, nothing more happens.
    """

    variant: str
    source: Source
    scope: Scope
    property: str
    engine: str
    labels: tuple[str, ...]
    states: tuple[State, ...]
    loop: int | None = None

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
            "scope": self.scope.bounds(),
            "property": self.property,
            "engine": self.engine,
            "loop": self.loop,
            "initial": {name: encode(value) for name, value in self.states[0].items()},
            "steps": steps,
        }

    @classmethod
    def from_json(cls, data: Any) -> Trace:
        """The trace that `to_json` made.

        Raises:
            TraceError: it is something else.
        """
        if not isinstance(data, dict) or not str(data.get("format")).startswith("pcpdrain-trace "):
            raise TraceError(
                "not a trace of pcpdrain; `pcpdrain check` writes them into `traces` beside its results"
            )
        if data["format"] not in _READ:
            raise TraceError(f"a trace of another version ({data['format']}, not {FORMAT}); make it again")
        try:
            states: list[dict[str, Any]] = [{name: decode(value) for name, value in data["initial"].items()}]
            for step in data["steps"]:
                states.append(states[-1] | {name: decode(value) for name, value in step["changes"].items()})
            violated = data["property"]
            if violated not in PROPERTIES:
                raise TraceError(f"a damaged trace: there is no property {violated!r}")
            loop = _loop(data.get("loop"), states)
            if (loop is not None) != PROPERTIES[violated].temporal:
                raise TraceError(f"a damaged trace: loop is {loop}, and the property is {violated}")
            labels = tuple(str(step["label"]) for step in data["steps"])
            if not all(label.isprintable() for label in labels):
                raise TraceError("a damaged trace: a label with control characters")
            return cls(
                variant=str(data["variant"]),
                source=source_of(data["source"]),
                scope=scope_of(data["scope"]),
                property=violated,
                engine=str(data["engine"]),
                labels=labels,
                states=tuple(states),
                loop=loop,
            )
        except KeyError as error:
            raise TraceError(f"a damaged trace: {error} is missing") from None
        except (TypeError, AttributeError, ValueError) as error:
            raise TraceError(f"a damaged trace: {error}") from None


def source_of(data: Mapping[str, Any]) -> Source:
    """The source in a trace, if it is the one that was checked."""
    name, text = str(data["name"]), str(data["text"])
    if not name.isprintable() or len(text.encode()) > MAX_BYTES:
        raise TraceError("a damaged trace: its source is no source of a variant")
    source = Source(name, text)
    if source.digest != data["sha256"]:
        raise TraceError("a damaged trace: its source is not the one it was made from (sha256)")
    return source


def _loop(loop: Any, states: Sequence[State]) -> int | None:
    """The state to which a lasso leads back, if its last step does lead back there."""
    if loop is None:
        return None
    if not _whole(loop) or not 0 <= loop < len(states) or _seen(states[loop]) != _seen(states[-1]):
        raise TraceError(f"a damaged trace: its last step does not lead back to state {loop!r}")
    return int(loop)


def _seen(state: State) -> State:
    """A state without its ghosts: no step reads these."""
    return {name: value for name, value in state.items() if name not in GHOSTS}


def scope_of(data: Mapping[str, Any]) -> Scope:
    """The scope in a trace, if one can build that machine."""
    data = {**_DEFAULTS, **data}

    def require(key: str, possible: bool) -> None:
        if not possible:
            raise TraceError(f"a damaged trace: a scope cannot have {key} = {data[key]!r}")

    for key, largest in _LARGEST.items():
        require(key, _whole(data[key]) and (0 if key == "calls" else 1) <= data[key] <= largest)
    drainers, leavers = data["drainers"], data["leavers"]
    require("drainers", _cpus(drainers, data["cpus"]) and bool(drainers))
    require("leavers", _cpus(leavers, data["cpus"]) and not set(leavers) & set(drainers))
    for key in _SWITCHES:
        require(key, isinstance(data[key], bool))
    if not str(data["name"]).isprintable():
        raise TraceError("a damaged trace: a scope whose name has control characters")
    return Scope(
        name=str(data["name"]),
        drainers=tuple(drainers),
        leavers=tuple(leavers),
        **{key: data[key] for key in (*_LARGEST, *_SWITCHES)},
    )


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _cpus(value: object, cpus: int) -> bool:
    return isinstance(value, list) and all(_whole(cpu) and cpu in range(cpus) for cpu in value)


def _actor(label: str, scope: Scope) -> dict[str, int]:
    """Whose step it is: the task and its CPU, or the CPU; nobody's, when the machine boots."""
    actor = label.partition(":")[0]
    if actor == "boot":
        return {}
    number = int(actor[1:])
    return {"task": number, "cpu": scope.drainers[number]} if actor[0] == "d" else {"cpu": number}


def read_trace(path: Path) -> Trace:
    """Read a trace file.

    Raises:
        TraceError: it cannot be read, or holds no trace.
    """
    try:
        with path.open("rb") as file:
            read = file.read(_LONGEST_FILE + 1)
        if len(read) > _LONGEST_FILE:
            raise TraceError("far too large for a trace")
        return Trace.from_json(json.loads(read.decode("utf-8")))
    except OSError as error:
        raise TraceError(f"{path}: {reason(error)}") from None
    except (ValueError, RecursionError):
        raise TraceError(f"{path}: not a trace: it is not JSON, or is cut off") from None
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
    loop: int | None = None,
) -> Trace:
    """A checker's counterexample in the project's words.

    `names` maps its operators to labels and its variables to keys. For `loop` see `Trace`.
    """
    labels, keys = names
    states = tuple({keys[name]: value for name, value in state.items()} for _, state in steps)
    return Trace(
        program_name,
        source,
        scope,
        violated,
        engine,
        tuple(labels[str(operator)] for operator, _ in steps[1:]),
        states,
        loop,
    )
