"""Branches: what the generated suites alone make the generated Python and the reference machine do."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pcpdrain.codegen.library import SPEC
from pcpdrain.codegen.pipeline import Compiled
from pcpdrain.codegen.scopes import Scope
from pcpdrain.pcpref.suite import Suite

from ..conformance import write_suite
from ..engines.explorer import explored_graph
from ..engines.java import EngineMissing

PCPREF = SPEC.parent / "pcpref"

REFUSALS = ("raise \\w+Error\\(", "raise NotEnabled\\(")
"""Lines that only something broken can reach: what the reference machine refuses is for its own tests."""

DRIVERS = ("suite.py", "failure.py", "protocol.py", "scope.py", "program.py", "errors.py")
"""Files of pcpref that drive or describe the machine, and are no part of it."""

_STEP = re.compile(r'yield (?:until\()?"(?P<step>[^"]+)"')


@dataclass(frozen=True)
class Branches:
    """Branches as `file:line -> line`: those that were taken, and all that the functions entered have.

    Those of a generated program follow the name of the step that was made last before them: `step (...)`.
    """

    taken: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()

    def __or__(self, other: Branches) -> Branches:
        return Branches(self.taken | other.taken, self.known | other.known)

    @property
    def missing(self) -> list[str]:
        """Those that were not taken, in order."""
        return sorted(self.known - self.taken)

    def unexplained(self, reasons: Container[str]) -> list[str]:
        """Those that were not taken, without those for whose line, or step, there is a reason."""
        return [arrow for arrow in self.missing if place(arrow) not in reasons]


@dataclass(frozen=True)
class Coverage:
    """Branches of a variant's generated Python, and of the functions of pcpref that its suites enter."""

    program: Branches
    reference: Branches


def place(arrow: str) -> str:
    """The line, or the step, that a branch leaves."""
    return arrow.partition(" ")[0]


def covered_branches(compiled: Compiled, scopes: Sequence[Scope]) -> Coverage:
    """Run the suites of a variant at these scopes, and nothing else, under coverage.

    Raises:
        EngineMissing: the Python package coverage is not there, or no C compiler.
    """
    try:
        from coverage import Coverage as Tracer
    except ImportError:
        raise EngineMissing("the Python package coverage is not there", "pip install coverage") from None
    with tempfile.TemporaryDirectory(prefix="pcpdrain-", ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        suites = [_suite(compiled, scope, folder) for scope in scopes]
        include = [f"{folder}/*/program.py", f"{PCPREF}/*.py"]
        tracer = Tracer(branch=True, data_file=None, config_file=False, include=include)
        tracer.exclude("|".join(REFUSALS))
        tracer.start()
        try:
            for suite in suites:
                machine = suite.implementation()
                for labels in suite.paths.values():
                    suite.walk(labels, machine)
        finally:
            tracer.stop()
        report = folder / "report.json"
        tracer.json_report(outfile=str(report))
        return _read(json.loads(report.read_text(encoding="utf-8")), [suite.folder for suite in suites])


def _suite(compiled: Compiled, scope: Scope, folder: Path) -> Suite:
    graph = explored_graph(compiled.program, scope)
    (folder / scope.name).mkdir()
    return write_suite(compiled.program, scope, graph, folder / scope.name)


def _read(report: dict[str, Any], folders: Sequence[Path]) -> Coverage:
    """Each suite of a variant has a copy of the same program: together they take what any of them takes."""
    program = reference = Branches()
    for name, file in report["files"].items():
        path = Path(name).resolve()
        if path.parent in folders:
            steps = _steps(path.read_text(encoding="utf-8"))
            program |= _branches(file, partial(_arrow_of_step, steps, path.name))
        elif path.parent == PCPREF and path.name not in DRIVERS:
            for function, found in file["functions"].items():
                if function and found["executed_lines"]:  # '' is the module itself, which is imported
                    reference |= _branches(found, partial(_arrow, path.name))
    return Coverage(program, reference)


def _branches(found: Mapping[str, Any], named: Callable[[Sequence[int]], str]) -> Branches:
    taken = frozenset(map(named, found["executed_branches"]))
    return Branches(taken, taken.union(map(named, found["missing_branches"])))


def _steps(program: str) -> list[str]:
    """For each line of a program, the step that it makes or follows: lines are no names that last."""
    steps, last = [], "the start"
    for line in program.splitlines():
        found = _STEP.search(line)
        last = found["step"] if found else last
        steps.append(last)
    return steps


def _arrow_of_step(steps: Sequence[str], name: str, branch: Sequence[int]) -> str:
    return f"{steps[branch[0] - 1]} ({_arrow(name, branch)})"


def _arrow(name: str, branch: Sequence[int]) -> str:
    source, target = branch
    return f"{name}:{source} -> {'end' if target < 0 else target}"
