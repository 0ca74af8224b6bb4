"""Bench: what judging needs of the original, a variant at a scope; made once for all its mutants."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from pcpdrain.codegen.graph import LabelledGraph
from pcpdrain.codegen.ir.steps import Program
from pcpdrain.codegen.scopes import Scope

from ..engines.explorer import explored_graph
from .suites import Suites, suites_of

TIMES_THE_STATES = 20
"""A mutant with so many times the states of the original is looked at no further: it is another graph."""


@dataclass(frozen=True)
class Bench:
    """A variant at a scope, with its graph and suites."""

    program: Program
    scope: Scope
    seed: int = 0

    @cached_property
    def graph(self) -> LabelledGraph:
        """The original's labelled graph."""
        return explored_graph(self.program, self.scope)

    @cached_property
    def suites(self) -> Suites:
        """The suites that are made from it."""
        return suites_of(self.program, self.scope, self.graph, self.seed)

    @property
    def most_states(self) -> int:
        """How large the graph of a mutant may be."""
        return TIMES_THE_STATES * len(self.graph.states)
