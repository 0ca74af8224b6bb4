"""The pipeline: a `.drain` file => a compiled program. Read this to see what happens in which order."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from . import ast, errors
from .frontend.check import Vocabulary, check, check_library
from .frontend.parse import parse
from .ir.steps import ACK, RETURN, Machine, Program
from .ir.tree import Process
from .ir.validate import validate_machine, validate_tree
from .library import load_libraries, project_scopes
from .passes.claims import unplaced
from .passes.infer_context import Contexts, infer_context
from .passes.instantiate import instantiate
from .passes.lower import lower
from .properties import PROPERTIES, PROVABLE
from .source import Source, read_source


@dataclass(frozen=True)
class Compiled:
    """What the compiler knows of a variant."""

    variant: ast.Variant
    program: Program
    warnings: tuple[errors.Diagnostic, ...]


@cache
def checked_libraries() -> tuple[ast.Library, ...]:
    """The library routines of `spec/lib`, checked."""
    libraries = load_libraries()
    for library in libraries:
        check_library(library, [other for other in libraries if other is not library])
    return libraries


@cache
def vocabulary() -> Vocabulary:
    """The properties and scopes that a variant may speak of."""
    scopes = project_scopes()
    return Vocabulary(
        properties=tuple(PROPERTIES),
        provable=PROVABLE,
        scopes=tuple(scopes.ready),
        planned_scopes=scopes.planned,
    )


def compile_file(path: Path) -> Compiled:
    """Compile one file.

    Raises:
        errors.DrainErrors: all errors of the first phase that found any.
    """
    return compile_source(read_source(path))


def compile_source(source: Source) -> Compiled:
    """Compile one source text; see `compile_file`."""
    try:
        return _compile(source)
    except RecursionError:
        raise errors.DrainErrors([errors.too_deep(source)]) from None


def _compile(source: Source) -> Compiled:
    unit = parse(source)
    if isinstance(unit, ast.Library):
        raise errors.DrainErrors([errors.not_a_variant(unit.name.span)])
    warnings = check(unit, checked_libraries(), vocabulary())
    task_process, handler_process, sent = instantiate(unit, checked_libraries())
    allowed = {allow.code.text for allow in unit.allowed}
    task, of_task = _flatten(task_process, RETURN, allowed)
    handler, of_handler = _flatten(handler_process, ACK, allowed) if handler_process else (None, None)
    messages = [*warnings, *of_task.diagnostics, *(of_handler.diagnostics if of_handler else ())]
    program = Program(
        name=unit.name.text,
        title=unit.title,
        origins=tuple(origin.text for origin in unit.origins),
        source=source,
        masks=tuple(s.name.text for s in unit.statics if s.type in ("cpumask", "cpumask_var")),
        locks=tuple(s.name.text for s in unit.statics if s.type in ("spinlock", "mutex")),
        mutexes=frozenset(s.name.text for s in unit.statics if s.type == "mutex"),
        counters=tuple(counter.name.text for counter in unit.counters),
        handler_name=next(iter(sent), ""),
        task=task,
        handler=handler,
        expectations=unit.expectations,
        invariants=tuple(
            invariant
            for invariants in (*(library.invariants for library in checked_libraries()), unit.invariants)
            for invariant in invariants
        ),
        uninitialised=tuple(s.name.text for s in unit.statics if s.uninitialised is not None),
        return_irqs_off=any(context.irqs_off for context in of_task.ends),
    )
    unplaced_labels = list(unplaced(program, unit))
    if unplaced_labels:
        raise errors.DrainErrors(unplaced_labels)
    return Compiled(unit, program, errors.DrainErrors(messages).diagnostics)


def _flatten(process: Process, end: str, allowed: Collection[str]) -> tuple[Machine, Contexts]:
    """From a tree to a step machine; `end` tells a task's process from a handler's."""
    validate_tree(process)
    contexts = infer_context(process, handler=end == ACK, allowed=allowed)
    failures = [d for d in contexts.diagnostics if d.severity == "error"]
    if failures:
        raise errors.DrainErrors(failures)
    machine = lower(process, contexts.at, end)
    validate_machine(machine, end)
    return machine, contexts
