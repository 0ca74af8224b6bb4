"""Suites: the one that the compiler makes, and weaker ones to compare it with; which of them notice a mutant.

All walk the same graph with the same code. They differ in where they go and in what they look at.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from pcpdrain.codegen.graph import LabelledGraph
from pcpdrain.codegen.ir.steps import Program
from pcpdrain.codegen.scopes import Scope
from pcpdrain.pcpref.protocol import Implementation
from pcpdrain.pcpref.suite import Suite

from ..conformance import write_suite

OURS = "suite"
"""The suite that the compiler makes: every transition is taken, states and enabled sets are compared."""

COLUMNS = ("state cover", "walks", "walks + enabled", "transition cover", OURS)
"""The suites of the kill matrix. Without `enabled` (and except for ours) only states are compared."""

Labels = Sequence[str]


class EnabledNotCompared:
    """An implementation whose enabled sets nobody looks at: it says of them what the suite wants to hear."""

    def __init__(self, suite: Suite, implementation: Implementation) -> None:
        self._suite = suite
        self._implementation = implementation
        self._state = 0

    def reset(self) -> None:
        """Go to the initial state, in the specification as well."""
        self._state = 0
        self._implementation.reset()

    def enabled(self) -> frozenset[str]:
        """What the specification has enabled."""
        return frozenset(self._suite.edges[self._state])

    def step(self, label: str) -> None:
        """Make a step of both."""
        self._implementation.step(label)
        self._state = self._suite.edges[self._state][label]

    def observe(self) -> dict[str, object]:
        """What is observed of the implementation."""
        return self._implementation.observe()


@dataclass(frozen=True)
class Suites:
    """The suites of one graph: for each column its paths, and whether enabled sets are compared."""

    suite: Suite
    program_text: str
    columns: dict[str, tuple[tuple[Labels, ...], bool]]

    def killed_by(self, make: Callable[[], Implementation]) -> dict[str, bool]:
        """For each column, whether it notices that an implementation is not the specification."""
        return {column: bool(self.failure(column, make)) for column in self.columns}

    def failure(self, column: str, make: Callable[[], Implementation]) -> str:
        """What the first test of a column that fails says; empty when all pass.

        A test fails by whatever the implementation raises.
        """
        paths, compares_enabled = self.columns[column]
        try:
            made = make()
            walked = made if compares_enabled else EnabledNotCompared(self.suite, made)
            for path in paths:
                self.suite.walk(path, walked)
        except Exception as error:  # noqa: BLE001 - a mutant may raise anything
            return f"{type(error).__name__}: {error}"
        return ""


def suites_of(program: Program, scope: Scope, graph: LabelledGraph, seed: int = 0) -> Suites:
    """All suites for a graph; the same seed gives the same random walks."""
    with tempfile.TemporaryDirectory(prefix="pcpdrain-", ignore_cleanup_errors=True) as name:
        suite = write_suite(program, scope, graph, Path(name))
        program_text = (suite.folder / "program.py").read_text(encoding="utf-8")
    ours = tuple(suite.paths.values())
    walks = tuple(random_walks(graph, map(len, ours), Random(seed)))
    chosen = {
        "state cover": (tuple(state_cover(suite)), False),
        "walks": (walks, False),
        "walks + enabled": (walks, True),
        "transition cover": (ours, False),
        OURS: (ours, True),
    }
    return Suites(suite, program_text, {column: chosen[column] for column in COLUMNS})


def random_walks(graph: LabelledGraph, lengths: Iterable[int], random: Random) -> Iterator[Labels]:
    """A random path of each length, every label of a state equally likely; it may end early."""
    for length in lengths:
        path: list[str] = []
        state = 0
        while len(path) < length and graph.edges[state]:
            label = random.choice(list(graph.edges[state]))
            path.append(label)
            state = graph.edges[state][label]
        yield path


def state_cover(suite: Suite) -> Iterator[Labels]:
    """Paths that visit every state: a shortest way to one that is far, then on while there are new ones."""
    seen: set[int] = set()
    for far in reversed(range(len(suite.edges))):  # states are numbered breadth-first
        if far in seen:
            continue
        path = suite.way_to(far)
        state = 0
        seen.add(state)
        for label in path:
            state = suite.edges[state][label]
            seen.add(state)
        while True:
            new = [label for label, target in suite.edges[state].items() if target not in seen]
            if not new:
                break
            path.append(new[0])
            state = suite.edges[state][new[0]]
            seen.add(state)
        yield path
