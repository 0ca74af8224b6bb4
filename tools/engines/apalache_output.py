"""Apalache output: what a run of Apalache printed => its answer, or the one reason why there is none.

Its exit status says little: 0 is also that of a search in which the SMT solver gave up, or which never got as
far as it was asked to. So an answer needs every sign that belongs to it, and none that does not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from .apalache_found import too_old
from .process import Finished

Outcome = Literal["no error", "violated", "failed"]

Failure = Literal[
    "start",  # it cannot be started
    "version",  # the wrong version
    "java",  # a Java that does not run it
    "parse",
    "type",
    "evaluate",  # something that Apalache cannot evaluate: unsupported, no assignment, no configuration
    "stopped",  # at the time limit
    "killed",
    "memory",
    "disk",  # it is full
    "smt",  # the solver gave up
    "short",  # no run is as long as was asked for
    "garbage",  # not what Apalache prints
]

_TAG = re.compile(r"\s*(?P<level>[IWED])@\d\d:\d\d:\d\d\.\d{3}$")
_VERSION = re.compile(r"# APALACHE version:? (\S+)")
_OUTCOME = re.compile(r"The outcome is: (\w+)")
_AGAINST = re.compile(r"invariant \d+ violated|Found \d+ error|The outcome is: (?!NoError)")
"""What a search without an error never says."""
_EXIT = re.compile(r"EXITCODE: (?:OK|ERROR \((\d+)\))")
_MEMORY = re.compile(r"OutOfMemoryError|There is insufficient memory|out of memory", re.IGNORECASE)
_DISK = re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE)
_JAVA = re.compile(
    r"UnsupportedClassVersionError|Unrecognized option: |Could not create the Java Virtual Machine"
    r"|java: (?:command )?not found"
)
_TIMEOUT = re.compile(r"=> TIMEOUT|SMT timeout|The outcome is: (?:SmtTimeout|RuntimeError)")


@dataclass(frozen=True)
class Answer:
    """What a run says. `failure` and `reason`, one line, say why it says nothing."""

    outcome: Outcome
    failure: Failure | None
    reason: str
    version: str | None


@dataclass(frozen=True)
class _Said:
    """The lines of a run without their time, and those with an error among them."""

    lines: tuple[str, ...]
    errors: tuple[str, ...]
    version: str | None
    outcome: str | None
    exit: int | None
    """The status that the run itself tells at its end."""


def read_typecheck(finished: Finished, memory: int) -> Answer:
    """The answer of `apalache-mc typecheck`. `memory` is what it had, in megabytes."""
    said = _read(finished.lines)
    why = _no_answer(finished, said, memory)
    if why is not None:
        return why
    if finished.status == 0 and "Type checker [OK]" in said.lines:
        return Answer("no error", None, "", said.version)
    return _garbage(finished, said)


def read_check(finished: Finished, memory: int, length: int, told: Sequence[str]) -> Answer:
    """The answer of `apalache-mc check` up to a length.

    `told` is what Apalache must say on the way, such as `Set an invariant to Inv`: a run without the
    invariant that was asked for has no error either.
    """
    said = _read(finished.lines)
    why = _no_answer(finished, said, memory)
    if why is not None:
        return why
    for words in told:
        if not any(line.endswith(words) for line in said.lines):
            return _garbage(finished, said, f"it never says: {words}")
    if (finished.status, said.outcome) == (12, "Error"):
        return Answer("violated", None, "", said.version)
    if said.outcome == "ExecutionsTooShort":
        why_short = f"no run is as long as the {length} steps that were asked for, so they were not checked"
        return _failed("short", why_short, said)
    whole = f"Checker reports no error up to computation length {length}"
    if (finished.status, said.outcome) == (0, "NoError") and whole in said.lines:
        against = [*filter(_AGAINST.search, said.lines), *said.errors]
        if against:
            return _garbage(finished, said, f"it also says: {against[0][:200]}")
        return Answer("no error", None, "", said.version)
    return _garbage(finished, said)


def _read(lines: Sequence[str]) -> _Said:
    plain: list[str] = []
    errors: list[str] = []
    entry: list[str] = []  # the lines of one message: the time stands at the end of its last one
    for line in lines:
        tag = _TAG.search(line)
        plain.append(_TAG.sub("", line).strip())
        entry.append(plain[-1])
        if tag is not None:
            if tag["level"] == "E":
                errors.append(" ".join(filter(None, entry)))
            entry = []
        elif not line.strip():
            entry = entry[:-1]
    text = "\n".join(plain)
    version, outcome, ends = _VERSION.search(text), _OUTCOME.search(text), _EXIT.findall(text)
    return _Said(
        tuple(plain),
        tuple(errors),
        version[1] if version else None,
        outcome[1] if outcome else None,
        int(ends[-1] or 0) if ends else None,
    )


def _no_answer(finished: Finished, said: _Said, memory: int) -> Answer | None:
    """Why a run has no answer, whatever it was asked; None if it may have one."""
    text = "\n".join(said.lines)
    if _DISK.search(text):
        return _failed("disk", "the disk is full", said)
    if _MEMORY.search(text):
        return _failed("memory", f"Java ran out of memory ({memory} MB)", said)
    if finished.failure is not None:
        return _failed("killed" if finished.status is not None else "stopped", finished.failure, said)
    if said.version is None:
        java = next((line for line in said.lines if _JAVA.search(line)), None)
        if java is not None:
            return _failed("java", f"this Java does not run it: {java[:200]}", said)
        return _garbage(finished, said)
    if old := too_old(said.version):
        return _failed("version", old, said)
    if said.exit != finished.status:
        return _garbage(finished, said, f"it tells exit status {said.exit}")
    if _TIMEOUT.search(text):
        return _failed("smt", "the SMT solver gave up at its time limit", said)
    first = said.errors[0][:300] if said.errors else "it does not say why"
    if "Parsing error" in text or finished.status == 150:
        return _failed("parse", first.removeprefix("Parsing error: "), said)
    if finished.status == 120:
        return _failed("type", first, said)
    if finished.status in (75, 255) or (finished.status == 1 and said.errors):
        return _failed("evaluate", first, said)
    return None


def _failed(failure: Failure, reason: str, said: _Said) -> Answer:
    return Answer("failed", failure, f"Apalache: {_SAYS.get(failure, '')}{reason}", said.version)


_SAYS: Mapping[Failure, str] = {
    "parse": "cannot parse the module: ",
    "type": "the types do not fit: ",
    "evaluate": "cannot evaluate the module: ",
}
"""What kind of trouble it is, where the reason is in Apalache's own words."""


def _garbage(finished: Finished, said: _Said, but: str = "") -> Answer:
    """A run that does not answer as Apalache does."""
    line = next((line for line in reversed(said.lines) if line), "nothing")
    but = but or f"it says: {line[:200]}"
    reason = f"does not answer as Apalache does (exit status {finished.status}); {but}"
    return _failed("garbage", reason, said)
