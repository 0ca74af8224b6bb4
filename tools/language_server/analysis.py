"""Analysis: the text in an editor => what the compiler says to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pcpdrain.codegen import ast, errors
from pcpdrain.codegen.errors import Diagnostic, DrainErrors
from pcpdrain.codegen.frontend.check import check_library
from pcpdrain.codegen.frontend.parse import parse
from pcpdrain.codegen.ir.steps import Machine, Program, Step
from pcpdrain.codegen.ir.tree import Inline, walk
from pcpdrain.codegen.pipeline import checked_libraries, compile_source
from pcpdrain.codegen.source import MAX_BYTES, Source, decode_source


@dataclass(frozen=True)
class Analysis:
    """A text, what is wrong with it, and its steps if it is a variant that compiles."""

    source: Source
    diagnostics: tuple[Diagnostic, ...]
    program: Program | None

    def steps_at(self, offset: int) -> list[tuple[str, Step]]:
        """The steps of which a place is part; else those that a call there begins with; else its line's.

        With each goes who does it, a task or a handler.
        """
        if self.program is None:
            return []
        machines = (("task", self.program.task), ("handler", self.program.handler))
        steps = [
            (who, step)
            for who, machine in machines
            if machine is not None
            for step in machine.steps.values()
            if step.span.source.name == self.source.name
        ]
        line = self.source.line_col(offset)[0]
        own = [(who, step) for who, step in steps if step.span.start <= offset <= step.span.end]
        first = [
            (who, step) for who, machine in machines if machine for step in self._called(machine, offset)
        ]
        return own or first or [(who, step) for who, step in steps if step.span.line == line]

    def _called(self, machine: Machine, offset: int) -> Iterator[Step]:
        """The first step of each routine that is called at a place, wherever that routine is."""
        for node in walk(machine.process.root.body):
            if isinstance(node, Inline) and node.span.source.name == self.source.name:
                points = (getattr(inner, "step", None) for inner in walk(node.instance.body))
                first = next((point for point in points if point is not None), None)
                if first is not None and node.span.start <= offset <= node.span.end:
                    yield machine.steps[first.name]


def analyse(name: str, text: str, path: Path | None = None) -> Analysis:
    """Everything that the compiler finds in a text."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # half a character is none
    shown = Source(name, whole, path)
    try:
        return _analyse(name, whole, path)
    except DrainErrors as error:
        return Analysis(shown, error.diagnostics, None)
    except RecursionError:
        return Analysis(shown, (errors.too_deep(shown),), None)


def _analyse(name: str, text: str, path: Path | None) -> Analysis:
    data = text.encode("utf-8")
    if len(data) > MAX_BYTES:
        raise DrainErrors([errors.too_large(Source(name, ""), len(data), MAX_BYTES)])
    source = decode_source(name, data, path)
    unit = parse(source)
    if isinstance(unit, ast.Library):
        others = [library for library in checked_libraries() if library.name.text != unit.name.text]
        return Analysis(source, check_library(unit, others), None)
    compiled = compile_source(source)
    return Analysis(source, compiled.warnings, compiled.program)
