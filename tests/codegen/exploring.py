"""Explore the reference machine: see `tools.exploring`; here every variable must be known, ghosts too."""

from __future__ import annotations

from collections.abc import Sequence

from pcpdrain.codegen.graph import LabelledGraph, differences
from pcpdrain.pcpref.protocol import Implementation
from pcpdrain.tools.exploring import TooManyStates
from pcpdrain.tools.exploring import explore as explore_variables

__all__ = ["TooManyStates", "differences", "explore"]


def explore(machine: Implementation, variables: Sequence[str], most_states: int = 3000) -> LabelledGraph:
    """The labelled graph of a machine with exactly these variables."""
    machine.reset()
    assert machine.observe().keys() == set(variables)
    return explore_variables(machine, variables, most_states)
