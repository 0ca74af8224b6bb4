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
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from .errors import ScopeError
from .machine import Machine
from .program import Program
from .protocol import Implementation
from .scope import Scope

FORMAT = "pcpdrain-suite 2"
IMPLEMENTATION_VARIABLE = "PCPDRAIN_IMPLEMENTATION"
"""`package.module:factory` of another implementation; the factory is called with the suite."""


class ConformanceFailure(AssertionError):
    """The implementation is not where the specification is.

    `labels` were walked from the initial state; after the last of them (none: at the start) it differs as
    `rows` tell.
    """

    def __init__(self, labels: Sequence[str], rows: Sequence[str]) -> None:
        self.labels = tuple(labels)
        self.rows = tuple(rows)
        place = f"after {self.labels[-1]} (step {len(self.labels)})" if labels else "at the start"
        super().__init__("\n".join([f"the implementation leaves the specification {place}:", *rows]))


class SuiteError(Exception):
    """The folder holds no suite, or one of another version."""


@dataclass(frozen=True)
class Suite:
    """A loaded suite. States are numbers; `states[i]` holds for each variable the number of its value."""

    folder: Path
    variant: str
    class_name: str
    scope_name: str
    scope: Scope
    places: dict[str, str]
    variables: tuple[str, ...]
    values: tuple[tuple[object, ...], ...]
    states: list[list[int]]
    edges: list[dict[str, int]]
    paths: dict[str, list[str]]

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
            scope_name=graph["scope"]["name"],
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
            left.difference_update(zip(self.states_along(path), path, strict=False))
        return [f"{state} {label}" for state, label in sorted(left)]

    def walk(self, labels: Sequence[str], implementation: Implementation) -> None:
        """Walk some labels from the initial state, comparing state and enabled set at every state.

        Raises:
            ConformanceFailure: they differ somewhere, or the implementation raised an exception there.
        """
        left_out = self.not_observed(implementation)
        for number, state in enumerate(self.states_along(labels)):
            try:
                if number:
                    implementation.step(labels[number - 1])
                else:
                    implementation.reset()
                rows = self.differences(state, implementation, left_out)
            except Exception as error:
                raise ConformanceFailure(labels[:number], [f"  it raises {_told(error)}"]) from error
            if rows:
                raise ConformanceFailure(labels[:number], rows)

    def states_along(self, labels: Iterable[str]) -> Iterator[int]:
        """The states of a walk, the initial one first."""
        state = 0
        yield state
        for label in labels:
            state = self.edges[state][label]
            yield state

    def value(self, state: int, variable: int) -> object:
        """What the variable of this number has for a value in a state."""
        return self.values[variable][self.states[state][variable]]

    def differences(
        self, state: int, implementation: Implementation, left_out: frozenset[str] = frozenset()
    ) -> list[str]:
        """What the implementation shows otherwise than the specification in a state, a row for each."""
        observed = implementation.observe()
        rows: list[str] = []
        for name, known, index in zip(self.variables, self.values, self.states[state], strict=True):
            expected, seen = known[index], observed.get(name, "not observed")
            if seen == expected or name in left_out:
                continue
            for part, mine, theirs in changed_parts(name, expected, seen):
                rows.append(f"  {part}: specification {readable(mine)}, implementation {readable(theirs)}")
        wanted, enabled = self.edges[state].keys(), implementation.enabled()
        if wanted != enabled:
            for only, hand in ((enabled - wanted, "implementation"), (wanted - enabled, "specification")):
                rows.extend(f"  {label}: possible only in the {hand}" for label in sorted(only))
        return rows

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


def changed_parts(name: str, old: object, new: object) -> Iterator[tuple[str, object, object]]:
    """The parts in which two values of a variable differ, such as `pcp[1][0]`."""
    if isinstance(old, tuple) and isinstance(new, tuple) and len(old) == len(new):
        for index, (left, right) in enumerate(zip(old, new, strict=True)):
            if left != right:
                yield from changed_parts(f"{name}[{index}]", left, right)
    else:
        yield name, old, new


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


def _told(error: Exception) -> str:
    """An exception on one line, with the place that raised it."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f" ({Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno})" if place else ""
    return f"{type(error).__name__}: {' '.join(str(error).split())}{where}"


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
