"""Suites: walk an implementation along the paths of a specification's state graph, and compare at every step.

A suite is a folder that the compiler wrote: `graph.json`, `paths.json` and, for the reference machine,
`program.py`.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from .errors import ScopeError
from .machine import Machine
from .program import Program
from .protocol import Implementation
from .scope import Scope

FORMAT = "pcpdrain-suite 1"
IMPLEMENTATION_VARIABLE = "PCPDRAIN_IMPLEMENTATION"
"""`package.module:factory` of another implementation; the factory is called with the suite."""


class ConformanceFailure(AssertionError):
    """The implementation is not where the specification is."""


class SuiteError(Exception):
    """The folder holds no suite, or one of another version."""


@dataclass(frozen=True)
class Suite:
    """A loaded suite. States are numbers; `states[i]` holds for each variable the number of its value."""

    folder: Path
    variant: str
    class_name: str
    scope: Scope
    places: dict[str, str]
    variables: tuple[str, ...]
    values: tuple[tuple[object, ...], ...]
    states: list[list[int]]
    edges: list[dict[str, int]]
    paths: dict[str, list[str]]
    _enabled: dict[frozenset[str], frozenset[str]] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> Suite:
        """Read a suite.

        Raises:
            SuiteError: a file is missing, damaged or of another version.
        """
        graph, paths = _read(folder / "graph.json"), _read(folder / "paths.json")
        labels = graph["labels"]
        scope = {name: value for name, value in graph["scope"].items() if name != "name"}
        return cls(
            folder=folder,
            variant=graph["variant"],
            class_name=graph["class"],
            scope=_scope(folder, scope),
            places=graph["places"],
            variables=tuple(graph["variables"]),
            values=tuple(tuple(decode(value) for value in known) for known in graph["values"]),
            states=graph["states"],
            edges=[{labels[label]: target for label, target in out} for out in graph["edges"]],
            paths={name: [labels[label] for label in path] for name, path in paths["paths"].items()},
        )

    def implementation(self) -> Implementation:
        """What is tested: the reference machine, or what PCPDRAIN_IMPLEMENTATION names."""
        named = os.environ.get(IMPLEMENTATION_VARIABLE)
        if not named:
            return Machine(self.scope, load_program(self.folder / "program.py", self.class_name))
        module, _, factory = named.partition(":")
        made: Implementation = getattr(importlib.import_module(module), factory)(self)
        self.not_observed(made)
        return made

    def not_observed(self, implementation: Implementation) -> frozenset[str]:
        """The variables that the implementation says it does not have; these are not compared.

        Raises:
            SuiteError: its `not_observed` is no set of names of this suite's variables.
        """
        names: object = getattr(implementation, "not_observed", frozenset())
        if not isinstance(names, frozenset | set) or not all(isinstance(name, str) for name in names):
            raise SuiteError(f"not_observed is {names!r}, but should be a frozenset of names of variables")
        unknown = names.difference(self.variables)
        if unknown:
            raise SuiteError(
                f"not_observed names {', '.join(sorted(unknown))}, which {self.variant} does not have; "
                f"its variables are {', '.join(sorted(self.variables))}"
            )
        return frozenset(names)

    def transitions_not_taken(self) -> list[str]:
        """The transitions that no path takes, as `state label`."""
        left = {(state, label) for state, out in enumerate(self.edges) for label in out}
        for path in self.paths.values():
            state = 0
            for label in path:
                left.discard((state, label))
                state = self.edges[state][label]
        return [f"{state} {label}" for state, label in sorted(left)]

    def run(self, path: str, implementation: Implementation) -> None:
        """Walk one path; raises ConformanceFailure at the first difference."""
        self.walk(self.paths[path], implementation)

    def walk(self, labels: Sequence[str], implementation: Implementation) -> None:
        """Walk some labels from the initial state, comparing state and enabled set at every state."""
        implementation.reset()
        state = 0
        difference = self._difference(state, implementation)
        if difference:
            raise ConformanceFailure(f"initial state of {self.variant}:\n{difference}")
        for label in labels:
            before, state = state, self.edges[state][label]
            implementation.step(label)
            difference = self._difference(state, implementation)
            if difference:
                raise ConformanceFailure(self._story(before, label, difference))

    def _difference(self, state: int, implementation: Implementation) -> str:
        """What the implementation shows otherwise than the specification; empty when nothing."""
        observed = implementation.observe()
        expected = self.states[state]
        not_observed = self.not_observed(implementation)
        rows = []
        for name, known, index in zip(self.variables, self.values, expected, strict=True):
            if name in not_observed:
                continue
            if name not in observed or observed[name] != known[index]:
                seen = readable(observed[name]) if name in observed else "not observed"
                rows.append(f"  {name}: specification {readable(known[index])}, implementation {seen}")
        wanted, enabled = self.edges[state].keys(), implementation.enabled()
        if wanted != enabled:
            rows.extend(
                f"  {label}: possible only in the implementation" for label in sorted(enabled - wanted)
            )
            rows.extend(
                f"  {label}: possible only in the specification" for label in sorted(wanted - enabled)
            )
        return "\n".join(rows)

    def _story(self, before: int, label: str, difference: str) -> str:
        """A failure as the shortest walk to the same transition, with the lines that steps come from."""
        rows = [f"{self.variant}: the implementation leaves the specification at the last step of"]
        for number, step in enumerate([*self.way_to(before), label], 1):
            _, _, event = step.partition(":")
            rows.append(f"  {number:3} {step:<60} {self.places.get(event, '')}".rstrip())
        return "\n".join([*rows, "where afterwards", difference])

    def way_to(self, state: int) -> list[str]:
        """The labels of a shortest walk from the initial state."""
        path: list[str] = []
        while state:
            state, label = self._before[state]
            path.append(label)
        return path[::-1]

    @cached_property
    def _before(self) -> dict[int, tuple[int, str]]:
        before: dict[int, tuple[int, str]] = {}
        queue = deque([0])
        while queue:
            state = queue.popleft()
            for label, target in self.edges[state].items():
                if target and target not in before:
                    before[target] = (state, label)
                    queue.append(target)
        return before


def load_program(path: Path, class_name: str) -> type[Program]:
    """The `Program` class of a generated module, from its file."""
    spec = importlib.util.spec_from_file_location(f"generated_{class_name}", path)
    if spec is None or spec.loader is None:
        raise SuiteError(f"{path} is no Python module")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    program: type[Program] = getattr(module, class_name)
    return program


def decode(value: Any) -> object:
    """A canonical value from its JSON form: arrays are tuples, `{"set": [...]}` is a set."""
    if isinstance(value, list):
        return tuple(decode(member) for member in value)
    if isinstance(value, dict):
        return frozenset(decode(member) for member in value["set"])
    return value


def readable(value: object) -> str:
    """A canonical value for people: sets in order."""
    if isinstance(value, frozenset):
        return "{" + ", ".join(sorted(map(readable, value))) + "}"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(readable, value)) + ")"
    return str(value)


def _scope(folder: Path, parameters: dict[str, Any]) -> Scope:
    try:
        return Scope.from_parameters(parameters)
    except ScopeError as error:
        raise SuiteError(f"{folder / 'graph.json'}: {error}") from None


def _read(path: Path) -> Any:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SuiteError(f"{path}: {error}") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise SuiteError(f"{path}: not a suite of this version ({FORMAT}); generate it again")
    return data
