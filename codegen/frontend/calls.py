"""Who calls whom: recursion, size after inlining, the handlers that are sent, the masks that are written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass

from .. import ast, errors
from ..source import Span
from .builtins import BUILTINS, Kind

DEEPEST = 20
"""The longest chain of calls that is inlined; the kernel's own is four deep."""

MOST_STATEMENTS = 1000
"""The most statements of a routine with all that it calls; the largest variant has about forty."""

Routines = Mapping[str, ast.Routine]


@dataclass(frozen=True)
class Use:
    """One place in a routine where another is called, or a handler is handed on."""

    name: str
    span: Span
    handed_on: bool


def walk(node: object) -> Iterator[object]:
    """A node and all nodes below it, in the order of the source."""
    yield node
    for field in fields(node) if is_dataclass(node) else ():
        value = getattr(node, field.name)
        if isinstance(value, Span):
            continue
        for child in value if isinstance(value, tuple) else (value,):
            if is_dataclass(child):
                yield from walk(child)


def uses(routine: ast.Routine, routines: Routines) -> list[Use]:
    """The calls in a routine, and the handlers that it hands on: those run inside of it, or for it."""
    hidden = {param.name.text for param in routine.params}
    found: list[Use] = []
    for node in walk(routine.body):
        if isinstance(node, ast.Call) and node.name.text in routines:
            found.append(Use(node.name.text, node.name.span, handed_on=False))
        elif isinstance(node, ast.Ref) and node.name in routines and node.name not in hidden:
            found.append(Use(node.name, node.span, handed_on=True))
    return found


def check_inlining(starts: Iterable[ast.Routine], routines: Routines) -> list[errors.Diagnostic]:
    """Refuse recursion and programs that explode when routines are inlined, as seen from `starts`."""
    problems: list[errors.Diagnostic] = []
    sizes: dict[str, int] = {}

    def visit(routine: ast.Routine, path: list[str]) -> int:
        name = routine.name.text
        size = sum(isinstance(node, ast.Stmt) for node in walk(routine.body))
        for use in uses(routine, routines):
            chain = [*path, name]
            if use.name in chain:
                cycle = [*chain[chain.index(use.name) :], use.name]
                problems.append(errors.recursion(use.span, cycle))
            elif len(chain) >= DEEPEST:
                problems.append(errors.called_too_deeply(use.span, DEEPEST))
            elif use.name in sizes:
                size += sizes[use.name]
            else:
                size += visit(routines[use.name], chain)
        if size > MOST_STATEMENTS and not problems:
            problems.append(errors.too_many_statements(routine.name.span, size, MOST_STATEMENTS))
        sizes[name] = size
        return size

    for routine in starts:
        if routine.name.text not in sizes and routines.get(routine.name.text) is routine:
            visit(routine, [])
    return problems


def handlers_handed_on(entry: ast.Routine, routines: Routines) -> list[Use]:
    """The first place of each handler that the entry, or what it calls, hands on to be sent to other CPUs."""
    found: dict[str, Use] = {}
    reached = {entry.name.text}
    waiting = [entry]
    while waiting:
        for use in uses(waiting.pop(0), routines):
            if use.handed_on and routines[use.name].kind == "handler":
                found.setdefault(use.name, use)
            if use.name not in reached:
                reached.add(use.name)
                waiting.append(routines[use.name])
    return list(found.values())


def written_masks(routines: Routines) -> dict[str, frozenset[int]]:
    """For each routine, the positions of the mask parameters that it or what it calls writes."""
    written: dict[str, frozenset[int]] = {name: frozenset() for name in routines}
    changed = True
    while changed:
        changed = False
        for name, routine in routines.items():
            now = written[name] | _written_by(routine, written)
            if now != written[name]:
                written[name] = now
                changed = True
    return written


def _written_by(routine: ast.Routine, written: Mapping[str, frozenset[int]]) -> frozenset[int]:
    positions = {
        param.name.text: index for index, param in enumerate(routine.params) if param.type == "cpumask"
    }
    found: set[int] = set()
    for node in walk(routine.body) if positions else ():
        if not isinstance(node, ast.Call):
            continue
        builtin = BUILTINS.get(node.name.text)
        if builtin is not None:
            indices = {builtin.params.index(Kind.MASK)} if builtin.writes_mask else set()
        else:
            indices = set(written.get(node.name.text, frozenset()))
        for index in indices:
            argument = node.args[index] if index < len(node.args) else None
            if isinstance(argument, ast.Ref) and argument.name in positions:
                found.add(positions[argument.name])
    return frozenset(found)
