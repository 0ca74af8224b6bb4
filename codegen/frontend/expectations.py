"""Check the expectations of a variant: properties and scopes that exist."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from .. import ast, errors
from ..source import Span


@dataclass(frozen=True)
class Vocabulary:
    """The properties and scopes that exist, and the scopes that are planned, each with what it waits for."""

    properties: Collection[str]
    scopes: Collection[str]
    planned_scopes: Mapping[str, str]


def check_expectations(variant: ast.Variant, vocabulary: Vocabulary) -> list[errors.Diagnostic]:
    """Each expectation names a property and scopes that exist, and none is there twice."""
    problems: list[errors.Diagnostic] = []
    invariants = {invariant.name.text for invariant in variant.invariants}
    known_scopes = {*vocabulary.scopes, *vocabulary.planned_scopes}
    first: dict[tuple[str, str], Span] = {}
    for expectation in variant.expectations:
        name = expectation.property
        if name.text in invariants and name.text not in vocabulary.properties:
            problems.append(_planned("invariant", name, "invariants that are proved"))
        elif name.text not in vocabulary.properties:
            problems.append(errors.unknown_property(name.span, {*vocabulary.properties, *invariants}))
        for scope in expectation.scopes:
            if scope.text in vocabulary.planned_scopes:
                problems.append(_planned("scope", scope, vocabulary.planned_scopes[scope.text]))
            elif scope.text not in known_scopes:
                problems.append(errors.unknown_scope(scope.span, known_scopes))
            key = name.text, scope.text
            if key in first:
                problems.append(errors.expected_twice(scope.span, name.text, first[key]))
            else:
                first[key] = scope.span
    return problems


def _planned(what: str, name: ast.Name, reason: str) -> errors.Diagnostic:
    advice = f"it waits for {reason}; the other expectations are checked"
    return errors.not_yet_checked(name.span, f"{what} `{name.text}`", advice)
