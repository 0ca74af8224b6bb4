"""Validate: ask TLC whether the specification can do what event traces say, many of them in one run."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from pcpdrain.codegen.backends.tla.trace import Event, TraceModel, emit_traces
from pcpdrain.codegen.ir.steps import Program
from pcpdrain.codegen.scopes import Scope

from ..engines.tlc import EngineFailed, TlcResult, run_tlc
from .event_traces import EventTrace

TIME_LIMIT = 600.0
"""Seconds for one run of TLC; a trace of 5,000 events takes it about ten."""

JAVA_OPTIONS = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss64m")
"""TLC evaluates a long sequence, such as all the events, by recursion."""


def refused_at(
    program: Program, scope: Scope, traces: Sequence[Sequence[Event]], timeout: float = TIME_LIMIT
) -> list[int | None]:
    """For each trace the index of the first event that the specification cannot follow; None if it accepts.

    Raises:
        EngineFailed, EngineMissing: TLC gave no verdict.
    """
    model = emit_traces(program, scope, traces)
    told = run_traces(model, timeout).told
    return [next((i for i, number in enumerate(path) if number not in told), None) for path in model.paths]


def run_traces(model: TraceModel, timeout: float = TIME_LIMIT) -> TlcResult:
    """One run of TLC. With `until` its counterexample is what was asked for.

    Raises:
        EngineFailed, EngineMissing: TLC gave no verdict.
    """
    with tempfile.TemporaryDirectory(prefix="pcpdrain-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        for file, text in model.files.items():
            (folder / file).write_text(text, encoding="utf-8")
        (folder / "traces.cfg").write_text(model.config, encoding="utf-8")
        result = run_tlc(folder, model.module, "traces.cfg", timeout=timeout, java_options=JAVA_OPTIONS)
    if result.outcome == "deadlock":
        raise EngineFailed("TLC: a deadlock where none was looked for")
    return result.verdict()


def validate(traces: Sequence[EventTrace], timeout: float = TIME_LIMIT) -> list[int | None]:
    """As `refused_at`, for traces of any variants and scopes; one run of TLC for each pair of these."""
    groups: dict[tuple[str, Scope], list[int]] = {}
    for number, trace in enumerate(traces):
        groups.setdefault((trace.program.source.text, trace.scope), []).append(number)
    found: dict[int, int | None] = {}
    for (_, scope), numbers in groups.items():
        claims = [traces[number].claims() for number in numbers]
        answers = refused_at(traces[numbers[0]].program, scope, claims, timeout)
        found.update(zip(numbers, answers, strict=True))
    return [found[number] for number in range(len(traces))]
