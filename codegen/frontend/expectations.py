"""Check the expectations of a variant: properties and scopes that exist."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from .. import ast, errors
from ..source import Span


@dataclass(frozen=True)
class Vocabulary:
    """The properties and scopes that exist, and the scopes that are planned, each with what it waits for.

    `provable` are the properties that can be proved by induction.
    """

    properties: Collection[str]
    provable: Collection[str]
    scopes: Collection[str]
    planned_scopes: Mapping[str, str]


def check_expectations(variant: ast.Variant, vocabulary: Vocabulary) -> list[errors.Diagnostic]:
    """Each expectation, and each proof, names a property and scopes that exist, and none is there twice."""
    problems: list[errors.Diagnostic] = []
    invariants = {invariant.name.text for invariant in variant.invariants} - {*vocabulary.properties}
    lines: tuple[ast.Expectation | ast.Proved, ...]
    for lines in (variant.expectations, variant.proofs):
        first: dict[tuple[str, str], Span] = {}
        for line in lines:
            name = line.property
            if name.text in invariants and isinstance(line, ast.Expectation):
                problems.append(errors.invariant_not_proved(name.span, line.verdict))
            elif name.text not in {*vocabulary.properties, *invariants}:
                problems.append(errors.unknown_property(name.span, {*vocabulary.properties, *invariants}))
            elif isinstance(line, ast.Proved) and name.text not in {*vocabulary.provable, *invariants}:
                problems.append(errors.not_provable(name.span, {*vocabulary.provable, *invariants}))
            for scope in line.scopes:
                problems.extend(_scope(scope, vocabulary))
                key = name.text, scope.text
                if key in first:
                    problems.append(errors.expected_twice(scope.span, name.text, first[key]))
                else:
                    first[key] = scope.span
    return problems


def _scope(scope: ast.Name, vocabulary: Vocabulary) -> Iterator[errors.Diagnostic]:
    if scope.text in vocabulary.planned_scopes:
        advice = f"it waits for {vocabulary.planned_scopes[scope.text]}; the other expectations are checked"
        yield errors.not_checked(scope.span, f"scope `{scope.text}`", advice)
    elif scope.text not in vocabulary.scopes:
        known = {*vocabulary.scopes, *vocabulary.planned_scopes}
        yield errors.unknown_scope(scope.span, known)
