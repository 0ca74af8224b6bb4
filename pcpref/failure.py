"""Failures: where an implementation leaves the specification, by a shortest walk.

The story has that walk as a table with a lane for each CPU, what is different at its end, and the walk once
more as a test that can be run.
"""

from __future__ import annotations

import textwrap
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from .protocol import Implementation
from .suite import ConformanceFailure, Suite, changed_parts, readable

WIDTH = 80

MOST_STEPS = 300_000
"""How many steps the search for a shorter walk may make: some seconds on the reference machine."""

_TOLD_BY_THE_LANE = ("at", "irq_at")


def failure(suite: Suite, path: str, implementation: Implementation) -> str | None:
    """Walk one path of a suite; the story of a shortest failing walk, or None when all is well."""
    try:
        suite.walk(suite.paths[path], implementation)
    except ConformanceFailure as found:
        return story(suite, shortest(suite, implementation, found))
    return None


def shortest(
    suite: Suite, implementation: Implementation, found: ConformanceFailure, most_steps: int = MOST_STEPS
) -> ConformanceFailure:
    """The failure of a walk that is as short as can be found in so many steps.

    All transitions are tried in breadth-first order. If none fails that lies nearer than the failure, this
    implementation remembers more than it shows; then loops are cut out of its walk as long as it fails.
    """
    best = _tried(suite, implementation, _direct(suite, found)) or found
    for labels in _walks_in_order(suite, len(best.labels), most_steps):
        shorter = _tried(suite, implementation, labels)
        if shorter is not None:
            return shorter
    return _without_loops(suite, implementation, best)


def _direct(suite: Suite, found: ConformanceFailure) -> list[str]:
    """A shortest walk to the transition after which the failure was seen."""
    if not found.labels:
        return []
    *_, before, _ = suite.states_along(found.labels)
    return [*suite.way_to(before), found.labels[-1]]


def _tried(suite: Suite, implementation: Implementation, labels: Sequence[str]) -> ConformanceFailure | None:
    try:
        suite.walk(labels, implementation)
    except ConformanceFailure as found:
        return found
    return None


def _walks_in_order(suite: Suite, below: int, most_steps: int) -> Iterator[list[str]]:
    """A walk to each transition, the shortest first, of less than `below` labels."""
    ways: dict[int, list[str]] = {0: []}
    queue = deque([0])
    while queue:
        state = queue.popleft()
        if len(ways[state]) + 1 >= below:
            return
        for label, target in suite.edges[state].items():
            most_steps -= len(ways[state]) + 1
            if most_steps < 0:
                return
            yield [*ways[state], label]
            if target not in ways:
                ways[target] = [*ways[state], label]
                queue.append(target)


def _without_loops(
    suite: Suite, implementation: Implementation, found: ConformanceFailure
) -> ConformanceFailure:
    """The same failure without the loops that it does not need, the longest tried first."""
    states = list(suite.states_along(found.labels))
    for length in range(len(found.labels) - 1, 0, -1):
        for start in range(len(found.labels) - length):
            if states[start] == states[start + length]:
                labels = [*found.labels[:start], *found.labels[start + length :]]
                shorter = _tried(suite, implementation, labels)
                if shorter is not None:
                    return _without_loops(suite, implementation, shorter)
    return found


def story(suite: Suite, found: ConformanceFailure) -> str:
    """A failure as a text of 80 columns."""
    head = f"{suite.variant}, scope {suite.scope_name}: the implementation leaves the specification"
    if not found.labels:
        return "\n".join([f"{head} at the start:", *found.rows, "", *_as_a_test(suite, found.labels)])
    count = f"{len(found.labels)} step" + ("s" if len(found.labels) > 1 else "")
    return "\n".join(
        [
            f"{head}\nin {count}, the last of which shows it:",
            *_table(suite, found.labels),
            "Afterwards:",
            *found.rows,
            "",
            *_as_a_test(suite, found.labels),
        ]
    )


def _table(suite: Suite, labels: Sequence[str]) -> Iterator[str]:
    """The walk: one lane for each CPU, the line of each step, and what it changes in the specification."""
    lanes = [_lane(suite, label) for label in labels]
    cells = [_cell(label) for label in labels]
    lines = [_place(suite, label) for label in labels]
    heads = [f"CPU {cpu}" for cpu in range(suite.scope.cpus)]
    widths = [
        max(len(head), *(len(cell) for cell, lane in zip(cells, lanes, strict=True) if lane == cpu), 0)
        for cpu, head in enumerate(heads)
    ]
    line_width = max(map(len, [*lines, "line"]))
    number_width = len(str(len(labels)))
    used = number_width + sum(widths) + line_width + len(widths) + 2
    room = max(WIDTH - used, 20)

    def row(number: str, in_lanes: Sequence[str], line: str, changes: str) -> Iterator[str]:
        front = " ".join(
            [
                number.rjust(number_width),
                *(cell.ljust(width) for cell, width in zip(in_lanes, widths, strict=True)),
                line.ljust(line_width),
            ]
        )
        first, *rest = textwrap.wrap(changes, room, break_long_words=False) or [""]
        yield f"{front} {first}".rstrip()
        yield from (" " * (len(front) + 1) + more for more in rest)

    yield from row("", heads, "line", "changes in the specification")
    states = list(suite.states_along(labels))
    for number in range(len(labels)):
        changes = ", ".join(_changes(suite, states[number], states[number + 1]))
        in_lanes = [cells[number] if lane == lanes[number] else "" for lane in range(suite.scope.cpus)]
        yield from row(str(number + 1), in_lanes, lines[number], changes)
    files = sorted({line.partition(":")[0] for line in lines if line})
    legend = ", ".join(f"{short}:N is line N of {short or suite.variant}.drain" for short in files)
    yield from textwrap.wrap(legend, WIDTH)


def _lane(suite: Suite, label: str) -> int:
    """The CPU on which a step happens; the boot is told with the first."""
    actor = label.partition(":")[0]
    if actor == "boot":
        return 0
    return suite.scope.drainers[int(actor[1:])] if actor[0] == "d" else int(actor[1:])


def _place(suite: Suite, label: str) -> str:
    """The line of a step: `:9` in the variant's own file, `smp:19` in another."""
    file, _, line = suite.places.get(_event(label).partition(" ")[0], "").partition(":")
    stem = Path(file).stem
    return f"{'' if stem == suite.variant else stem}:{line}" if line else ""


def _event(label: str) -> str:
    return label.partition(":")[2]


def _cell(label: str) -> str:
    """A step in its lane: a task's with its number, the CPU's own without."""
    actor, event = label.partition(":")[0], _event(label).rpartition(".")[2]
    return f"{actor} {event}" if actor[0] == "d" else event


def _changes(suite: Suite, before: int, after: int) -> Iterator[str]:
    for number, name in enumerate(suite.variables):
        if name not in _TOLD_BY_THE_LANE and suite.states[before][number] != suite.states[after][number]:
            old, new = suite.value(before, number), suite.value(after, number)
            short = name.rpartition(".")[2]
            yield from (f"{part}={readable(value)}" for part, _, value in changed_parts(short, old, new))


def _as_a_test(suite: Suite, labels: Sequence[str]) -> Iterator[str]:
    """The walk as a test function, to be put into a file as it is."""
    yield "As a test:"
    yield ""
    yield "from pathlib import Path"
    yield "from pcpdrain.pcpref.suite import Suite"
    yield ""
    yield f"def test_{suite.variant}_{suite.scope_name}_shortest_failure() -> None:"
    yield f"    suite = Suite.load(Path({str(suite.folder)!r}))"
    yield "    walk = ["
    yield from (f"        {label!r}," for label in labels)
    yield "    ]"
    yield "    suite.walk(walk, suite.implementation())"
