"""TLC messages: the framed output of ``tlc2.TLC -tool`` => a list of messages, and what they say together.

With ``-tool`` every message of TLC stands between two marks that carry its number and severity. Only the
numbers below are read; they are the same from TLC 2.15 (2020) on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from .values import Value, ValueSyntaxError, parse_state

Outcome = Literal["holds", "violated", "deadlock", "error"]

VERDICT_STATUS: dict[Outcome, tuple[int, ...]] = {"holds": (0,), "violated": (12, 13), "deadlock": (11,)}
"""The exit status of TLC that goes with each verdict (12 safety, 13 liveness)."""

VERSION = 2262
FINISHED = 2186
SUCCESS = 2193
STATISTICS = 2199
PROGRESS = 2200
DEPTH = 2194
STATE = 2217
STUTTERING = 2218
BACK_TO_STATE = 2122
DEADLOCK = 2114
TRACE_FOLLOWS = 2121
LASSO_FOLLOWS = 2264
INVARIANT_VIOLATED = 2110
INVARIANT_VIOLATED_INITIALLY = 2107
ACTION_PROPERTY_VIOLATED = 2112
TEMPORAL_PROPERTY_VIOLATED = 2116
_VIOLATIONS = (
    INVARIANT_VIOLATED,
    INVARIANT_VIOLATED_INITIALLY,
    ACTION_PROPERTY_VIOLATED,
    TEMPORAL_PROPERTY_VIOLATED,
)
TOLD = -1
"""Our number for a line PrintT(<<"told", number, level>>) of a model, which stands outside of all frames."""
_ERROR = 1
"""The severity of errors (0 plain, 2 bug, 3 warning, 4 state)."""

_START = re.compile(r"@!@!@STARTMSG (-?\d+):(\d+) @!@!@")
_END = re.compile(r"@!@!@ENDMSG (-?\d+) @!@!@")
_STATISTICS = re.compile(
    r"([\d,]+) states generated.*?, ([\d,]+) distinct states found.*?, ([\d,]+) states left on queue"
)
_PROGRESS = re.compile(r"Progress\(([\d,]+)\)")
_NUMBERED_STATE = re.compile(r"(\d+): (.*)\n?")
_ACTION = re.compile(r"<([A-Za-z_]\w*)")
_TOLD = re.compile(r'<<"told", (\d+), (\d+)>>')
_BACK = re.compile(r"(\d+): Back to state:?\s*<([A-Za-z_]\w*)")

TraceState = tuple["str | None", dict[str, Value]]
"""(operator of the action that led here, or None in the first state; the state)."""


@dataclass(frozen=True)
class Message:
    """One framed message; the text of messages inside it is part of its own."""

    code: int
    severity: int
    text: str


@dataclass
class Framing:
    """Cuts lines into messages, as they come. ``loose``: lines outside any frame (the parser's, Java's)."""

    loose: list[str] = field(default_factory=list)
    open: list[tuple[int, int, list[str]]] = field(default_factory=list)

    def feed(self, line: str) -> Message | None:
        """Take one line; the message that it completes, if it completes an outermost one."""
        start, end = _START.search(line), _END.search(line)
        if start is not None:
            before = line[: start.start()].strip()
            if before:
                (self.open[-1][2] if self.open else self.loose).append(before)
            self.open.append((int(start.group(1)), int(start.group(2)), []))
        elif end is not None and self.open:
            code, severity, body = self.open.pop()
            if not self.open:
                return Message(code, severity, "\n".join(body))
            self.open[-1][2].extend(body)
        elif self.open:
            self.open[-1][2].append(line)
        else:
            self.loose.append(line)
            if _TOLD.fullmatch(line.strip()):
                return Message(TOLD, 0, line.strip())
        return None


@dataclass(frozen=True)
class Progress:
    """How far a run has come."""

    depth: int
    generated: int
    distinct: int
    queued: int


def read_progress(message: Message) -> Progress | None:
    """The progress that a message reports, if it is such a message."""
    if message.code != PROGRESS:
        return None
    depth, counts = _PROGRESS.search(message.text), _STATISTICS.search(message.text)
    if depth is None or counts is None:
        return None
    return Progress(_number(depth.group(1)), *(_number(count) for count in counts.groups()))


def _number(text: str) -> int:
    return int(text.replace(",", ""))


@dataclass(frozen=True)
class Violation:
    """One violation that TLC shows. `told`: the numbers that the model has told since the one before."""

    property: str
    """Its name ("temporal properties" if TLC does not tell which)."""
    told: tuple[int, ...]
    trace: tuple[TraceState, ...]
    """The counterexample, as (operator that led here, state)."""
    loop: int | None
    """Where its last step leads back to, as an index; the last one if nothing happens any more."""


@dataclass(frozen=True)
class Findings:
    """What all the messages of one run say. None where TLC did not say it."""

    version: str | None
    finished: bool
    success: bool
    deadlock: bool
    violations: tuple[Violation, ...]
    told: dict[int, int]
    """The numbers that the model has told, each with the level of the search then."""
    error: str | None
    """The first error that is not one of the verdicts above, on one line."""
    generated: int | None
    distinct: int | None
    queued: int | None
    depth: int | None


@dataclass
class _Behaviour:
    """A counterexample as its messages come in."""

    property: str
    told: tuple[int, ...]
    trace: list[TraceState] = field(default_factory=list)
    loop: int | None = None

    def back_to(self, text: str) -> None:
        """The last step, which leads back to a state that was there before."""
        found = _BACK.match(text)
        number = int(found.group(1)) if found else 0
        if found is None or not 1 <= number <= len(self.trace):
            raise ValueSyntaxError(f"expected a way back to a state: {text[:200]!r}")
        self.loop = number - 1
        self.trace.append((found.group(2), self.trace[self.loop][1]))

    def done(self) -> Violation:
        """The counterexample as far as it was shown."""
        return Violation(self.property, self.told, tuple(self.trace), self.loop)


def read_messages(messages: Iterable[Message]) -> Findings:
    """Put the messages together. ValueSyntaxError if a state in the trace cannot be read."""
    first: dict[int, Message] = {}
    error = None
    shown: list[_Behaviour] = []
    told: dict[int, int] = {}
    since: list[int] = []
    known: dict[str, Value] = {}
    for message in messages:
        first.setdefault(message.code, message)
        if message.code == TOLD and (found := _TOLD.fullmatch(message.text)):
            number, level = map(int, found.groups())
            told.setdefault(number, level)
            since.append(number)
        elif message.code in _VIOLATIONS:
            name = re.match(r"(?:Invariant|Action property|Property) (\w+)", message.text)
            shown.append(_Behaviour(name.group(1) if name else "temporal properties", tuple(since)))
            since = []
            if message.code == INVARIANT_VIOLATED_INITIALLY:
                shown[-1].trace.append((None, parse_state(message.text.partition("\n")[2], known)))
        elif message.code == DEADLOCK:
            shown.append(_Behaviour("deadlock", ()))
        elif message.code == STATE and shown:
            shown[-1].trace.append(_trace_state(message.text, known))
        elif message.code == STUTTERING and shown:
            shown[-1].loop = len(shown[-1].trace) - 1
        elif message.code == BACK_TO_STATE and shown:
            shown[-1].back_to(message.text)
        elif message.severity in (_ERROR, 2) and message.code not in (TRACE_FOLLOWS, LASSO_FOLLOWS):
            error = error or " ".join(message.text.split())
    counts = _STATISTICS.search(first[STATISTICS].text) if STATISTICS in first else None
    generated, distinct, queued = (
        (_number(count) for count in counts.groups()) if counts else (None, None, None)
    )
    depth = re.search(r"search is ([\d,]+)", first[DEPTH].text) if DEPTH in first else None
    return Findings(
        version=first[VERSION].text.strip() if VERSION in first else None,
        finished=FINISHED in first,
        success=SUCCESS in first,
        deadlock=DEADLOCK in first,
        violations=tuple(behaviour.done() for behaviour in shown),
        told=told,
        error=error,
        generated=generated,
        distinct=distinct,
        queued=queued,
        depth=_number(depth.group(1)) if depth else None,
    )


def _trace_state(text: str, known: dict[str, Value]) -> TraceState:
    """One state of a counterexample: a line with its number and action, then the state."""
    head = _NUMBERED_STATE.match(text)
    if head is None:
        return (None, parse_state(text, known))
    action = _ACTION.match(head.group(2))
    initial = head.group(1) == "1" or action is None
    return (None if initial or action is None else action.group(1), parse_state(text[head.end() :], known))
