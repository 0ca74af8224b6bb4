"""Mutants of Python source: the operators of cosmic-ray, on a generated program or a module of pcpref.

Of its operators those are used that change what code does and leave it plausible: shifting where something is
added raises at once and shows nothing.
"""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator
from difflib import unified_diff
from functools import cache
from pathlib import Path
from typing import Any

import pcpdrain.pcpref

from ..engines.java import EngineMissing
from .drop_statement import drop_statement
from .mutants import Kind, Mutant

REACHED = (
    "boot", "buddy", "context", "cpu", "cpumask", "hardware", "hotplug", "ipi", "kernel", "locks", "machine",
    "observe", "pages", "pcp", "program", "scheduler", "tasks", "workload", "zone",
)  # fmt: skip
"""The modules of pcpref that show in what suites compare; the others judge, or are the suites."""

_PLAUSIBLE = {
    "Add": ("Sub",), "Sub": ("Add",), "Mul": ("Add",), "FloorDiv": ("Mul",), "Mod": ("FloorDiv",),
    "LShift": ("RShift",), "RShift": ("LShift",), "BitOr": ("BitAnd",), "BitAnd": ("BitOr",),
    "BitXor": ("BitAnd",), "Eq": ("NotEq", "LtE", "GtE"), "NotEq": ("Eq", "Lt", "Gt"), "Lt": ("LtE", "GtE"),
    "LtE": ("Lt", "Gt"), "Gt": ("GtE", "LtE"), "GtE": ("Gt", "Lt"), "Is": ("IsNot",), "IsNot": ("Is",),
    "In": ("NotIn",), "NotIn": ("In",),
}  # fmt: skip
"""By which operators each one is replaced."""

_OTHERS = (
    "AddNot", "ExceptionReplacer", "NumberReplacer", "RemoveDecorator", "ReplaceAndWithOr",
    "ReplaceBreakWithContinue", "ReplaceContinueWithBreak", "ReplaceFalseWithTrue", "ReplaceOrWithAnd",
    "ReplaceTrueWithFalse", "ReplaceUnaryOperator_Delete_Not", "ReplaceUnaryOperator_Delete_USub",
    "ZeroIterationForLoop",
)  # fmt: skip


@cache
def source_operators() -> dict[str, Any]:
    """The operators of cosmic-ray by name.

    Raises:
        EngineMissing: it is not installed.
    """
    if importlib.util.find_spec("cosmic_ray") is None:
        raise EngineMissing("the Python package cosmic-ray is not installed", "pip install cosmic-ray")
    from cosmic_ray.operators.provider import OperatorProvider

    provider = OperatorProvider()
    wanted = {f"_{old}_{new}" for old, others in _PLAUSIBLE.items() for new in others}
    return {"DropStatement": drop_statement()} | {
        name: provider[name]()
        for name in provider
        if name in _OTHERS or any(name.endswith(f"Operator{pair}") for pair in wanted)
    }


def readable(operator: str) -> str:
    """The family of an operator: `replace comparison operator`, whatever by."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", operator.partition("_")[0]).lower()


def source_mutants(kind: Kind, name: str, text: str, module: str = "") -> Iterator[Mutant]:
    """All mutants of a text, in the order of operators. What is only said of types is left alone."""
    from cosmic_ray.ast import ast_nodes, get_ast

    lines = text.splitlines()
    said = list(_annotations(text))
    nodes = list(ast_nodes(get_ast(text)))
    for operator, mutate in source_operators().items():
        occurrence = -1
        for node in nodes:
            for start, _ in mutate.mutation_positions(node):
                occurrence += 1
                if not any(begin <= start < end for begin, end in said):
                    line = lines[start[0] - 1].strip()
                    place = f"{name}:{start[0]}"
                    yield Mutant(
                        kind,
                        readable(operator),
                        place,
                        line,
                        module=module,
                        tool=operator,
                        occurrence=occurrence,
                    )


def pcpref_mutants(modules: tuple[str, ...] = REACHED) -> Iterator[Mutant]:
    """All mutants of modules of the reference machine."""
    for module in modules:
        yield from source_mutants("pcpref", f"{module}.py", pcpref_text(module), module)


def pcpref_text(module: str) -> str:
    """The source of a module of the reference machine."""
    assert pcpdrain.pcpref.__file__ is not None
    return (Path(pcpdrain.pcpref.__file__).parent / f"{module}.py").read_text(encoding="utf-8")


def mutated(mutant: Mutant, text: str) -> str:
    """The text with the mistake in it."""
    from cosmic_ray.mutating import mutate_code

    made: str | None = mutate_code(text, source_operators()[mutant.tool], mutant.occurrence)
    assert made is not None, f"{mutant.tool} has no occurrence {mutant.occurrence}"
    return made


def line_diff(before: str, after: str) -> str:
    """The lines that differ, without context."""
    rows = list(unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0))[2:]
    return "\n".join(row for row in rows if not row.startswith("@@"))


def _annotations(text: str) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Where a text speaks of types, as (line, column) pairs."""
    for node in ast.walk(ast.parse(text)):
        for said in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if isinstance(said, ast.expr):
                assert said.end_lineno is not None
                assert said.end_col_offset is not None
                yield (said.lineno, said.col_offset), (said.end_lineno, said.end_col_offset)
