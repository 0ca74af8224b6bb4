"""Review: the questions of the review with the verdicts and counterexamples that answer them, as one page.

What is asked and how it is explained is written by hand (`questions`); every verdict and every run comes from
the results of a check. An answer says what it takes to be found, and the page is not made if that differs.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from rich.console import Console

from pcpdrain.codegen.library import SPEC, project_scopes
from pcpdrain.codegen.pipeline import compile_source
from pcpdrain.codegen.properties import PROPERTIES
from pcpdrain.codegen.render import render
from pcpdrain.codegen.scopes import Scope

from .files import reason
from .made_from import changed_since, manifest_file
from .questions import Check, Question, Review, ReviewError, read_questions
from .sentences import guilt
from .show import lanes
from .step_numbers import Run, StepError, numbered_steps
from .traces import Trace, TraceError
from .words import Teller

QUESTIONS = SPEC / "review.toml"

_IS = {"holds": "holds", "violated": "is violated"}

_FIRST = "run `make check-spec` first"

_WIDTH = 104
"""Columns of a counterexample: about what a page shows of a block of code without a scroll bar."""

_Key = tuple[str, str, str]
_Results = Mapping[_Key, Mapping[str, Any]]


def review_page(results: Path) -> str:
    """The page, from the results of a check of all variants.

    Raises:
        ReviewError: there are no such results, they are of other sources, or they contradict an answer.
    """
    review = read_questions(QUESTIONS)
    return page(review, read_results(results))


def read_results(results: Path) -> _Results:
    """The findings of a check, by variant, scope and property, if they are of the sources as they are now.

    Raises:
        ReviewError: they are not, or cannot be read.
    """
    try:
        rows = json.loads(results.read_text(encoding="utf-8"))
        changed = changed_since(results)
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        why = f"{_FIRST}: there is no file" if missing else f"{reason(error)}:"
        raise ReviewError(f"{why} {error.filename}") from None
    except ValueError:
        raise ReviewError(f"{_FIRST}: {results} or {manifest_file(results)} is damaged") from None
    if changed:
        listed = ", ".join(changed[:3]) + (f" and {len(changed) - 3} more" if len(changed) > 3 else "")
        raise ReviewError(f"{_FIRST}: {results} is not of the files as they are now ({listed})")
    return {(row["variant"], row["scope"], row["property"]): row for row in rows}


def page(review: Review, results: _Results) -> str:
    """The page that these questions and these findings make.

    Raises:
        ReviewError: a finding is missing, has no verdict, or is not what an answer claims.
    """
    wrong = [line for question in review.questions for line in _disagreements(question, results)]
    if wrong:
        raise ReviewError("\n".join(["the page cannot be made:", *wrong]))
    sources: set[str] = set()
    sections = [_section(question, results, sources) for question in review.questions]
    used = {check.scope for question in review.questions for check in question.checks}
    scopes = [(scope.name, bounds(scope)) for scope in project_scopes().ready.values() if scope.name in used]
    asked = {check.property for question in review.questions for check in question.checks}
    properties = [known for name, known in PROPERTIES.items() if name in asked]
    return render("review.md.j2", review=review, sections=sections, scopes=scopes, properties=properties)


def _section(question: Question, results: _Results, sources: set[str]) -> dict[str, Any]:
    """A question with all that stands below it; `sources` are the variants that the page has shown."""
    runs = [_run(check, results, sources) for check in question.checks if check.shown]
    try:
        answer = numbered_steps(question.answer, [run["told"] for run in runs])
    except StepError as error:
        raise ReviewError(f"the page cannot be made:\n  {question.key}: {error}") from None
    return {
        "question": question,
        "anchor": anchor(question.title),
        "verdicts": _verdicts(question),
        "checks": [{"check": check, "found": _found(check, results)} for check in question.checks],
        "answer": answer,
        "runs": runs,
    }


def _disagreements(question: Question, results: _Results) -> Iterator[str]:
    """What the results do not say as the answer of a question claims, or do not say at all."""
    for check in question.checks:
        place = f"{check.variant}, {check.scope}: {check.property}"
        row = results.get(_key(check))
        found = None if row is None else str(row["found"])
        if row is None:
            yield f"  {question.key}: {_FIRST}: there is no result for {place}"
        elif found not in ("holds", "violated"):
            why = f" ({row['reason']})" if row.get("reason") else ""
            yield f"  {question.key}: {place} has no verdict: {str(found).replace('_', ' ')}{why}"
        elif found != check.claims:
            yield f"  {question.key}: {place} {_IS[found]}; the answer claims that it {_IS[check.claims]}"


def _verdicts(question: Question) -> str:
    """How many of a question's checks hold and how many are violated."""
    violated = sum(check.claims == "violated" for check in question.checks)
    holds = len(question.checks) - violated
    parts = [f"{holds} hold{'s' if holds == 1 else ''}"] if holds else []
    return ", ".join([*parts, f"{violated} violated"] if violated else parts)


def _key(check: Check) -> _Key:
    return check.variant, check.scope, check.property


def _found(check: Check, results: _Results) -> str:
    """The verdict, in a table."""
    if check.claims == "holds":
        return "holds"
    trace = results[_key(check)]["trace"]
    return f"**violated** in {len(trace['steps'])} steps"


def _run(check: Check, results: _Results, sources: set[str]) -> dict[str, Any]:
    """A counterexample: its routine (if the page has not shown it yet), its lanes, its closing sentence."""
    try:
        trace = Trace.from_json(results[_key(check)]["trace"])
    except TraceError as error:
        raise ReviewError(f"{check.variant}, {check.scope}: {check.property}: {error}") from None
    program = compile_source(trace.source).program
    text = io.StringIO()
    Console(file=text, width=_WIDTH, highlight=False, markup=False, emoji=False).print(lanes(trace, program))
    new = check.variant not in sources
    sources.add(check.variant)
    return {
        "check": check,
        "steps": len(trace.labels),
        "told": _told(trace, Teller(program, trace.scope.drainers, trace.property)),
        "source": numbered(trace.source.text) if new else "",
        "lanes": "\n".join(line.rstrip() for line in text.getvalue().splitlines()),
        "guilt": guilt(trace, program),
    }


def _told(trace: Trace, teller: Teller) -> Run:
    """The steps of a counterexample by which an answer may name them."""
    steps = []
    for label, before in zip(trace.labels, trace.states, strict=False):
        actor = label.partition(":")[0]
        event = teller.event(label, before).removeprefix(f"{actor}: ").removeprefix("IPI: ")
        steps.append((actor, event))
    return Run(tuple(steps))


def numbered(text: str) -> str:
    """What a variant does, with the numbers of the lines: not what is claimed of it, which comes last."""
    lines = text.splitlines()
    words = [line.split("(")[0].split(" ")[0] for line in map(str.strip, lines)]
    first = next(i for i, word in enumerate(words) if word not in ("", "variant", "origin"))
    last = next((i for i, word in enumerate(words) if word in ("invariant", "expect")), len(lines) - 1)
    while last > first and words[last - 1] in ("", "//"):
        last -= 1
    return "\n".join(
        f"{number:>3}  {line[4:] if line.startswith('    ') else line}".rstrip()
        for number, line in enumerate(lines[first:last], first + 1)
    )


def bounds(scope: Scope) -> str:
    """A scope in words: how much there is of everything, and what may happen."""
    parts = [_count(scope.cpus, "CPU"), _count(scope.zones, "zone") + f" of {_count(scope.pages, 'page')}"]
    homes = ", ".join(f"CPU {cpu}" for cpu in scope.drainers)
    parts.append(f"{_count(len(scope.drainers), 'caller')} on {homes}")
    parts.append(f"{_count(scope.calls, 'call')} each" if scope.calls else "calls without end")
    if scope.leavers:
        cpus = " and ".join(f"CPU {cpu}" for cpu in scope.leavers)
        parts.append(f"{cpus} may go offline and come back")
    if scope.signals:
        parts.append("signals")
    if scope.alloc_fails:
        parts.append("allocations may fail")
    if scope.count_window:
        parts.append("a page is linked and counted in two steps")
    return "; ".join(parts)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def anchor(title: str) -> str:
    """The name that a heading gets in a link, as the usual renderers of Markdown make it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def first_difference(old: Sequence[str], new: Sequence[str]) -> int:
    """The number of the first line in which two texts differ."""
    pairs = enumerate(zip_longest(old, new), 1)
    return next((number for number, (left, right) in pairs if left != right), 0)
