"""Confirming: two engines have checked the same; only what both say is a verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pcpdrain.codegen.properties import PROPERTIES

from .results import Finding


def confirmed_by(explored: Sequence[Finding], checked: Sequence[Finding]) -> list[Finding]:
    """The findings of `checked`; no verdict where the others, of the same checks, say something else.

    What only one of them has decided stays as it is: that the other was not run is told beside.
    """
    others = {(finding.variant, finding.scope, finding.property): finding for finding in explored}
    found = []
    for finding in checked:
        other = others.get((finding.variant, finding.scope, finding.property))
        if other is None or not (finding.decided and other.decided):
            found.append(finding)
        elif differences := "; ".join(_differences(finding, other)):
            found.append(replace(finding, found="unknown", trace=None, reason=differences))
        else:
            found.append(replace(finding, confirmed_by=other.engine))
    return found


def _differences(one: Finding, other: Finding) -> Iterator[str]:
    """What two engines say differently. Which run without end is shown does not matter, nor its length."""
    names = ["found", "states", "transitions", "depth"]
    if PROPERTIES[one.property].temporal:
        names = ["found", "states"]
    for name in names:
        mine, theirs = getattr(one, name), getattr(other, name)
        if mine != theirs:
            yield f"{name}: {one.engine} says {mine}, {other.engine} says {theirs}"


def at_first(explored: Sequence[Finding]) -> str:
    """One line for those who do not want to wait for the other engine."""
    expected = [finding for finding in explored if finding.expected is not None]
    met = sum(finding.met for finding in expected)
    return f"explorer: {met} of {len(expected)} expectations met; TLC goes through the same states"


def told(explored: Sequence[Finding], found: Sequence[Finding]) -> str:
    """One line: in how many checks the explorer says the same, or why it was not run."""
    for finding in explored:
        if not finding.decided:
            return f"{finding.found.replace('_', ' ')}: {finding.reason}"
    same = sum(finding.confirmed_by is not None for finding in found)
    return f"says the same as TLC in {same} of {len(explored)} checks"
