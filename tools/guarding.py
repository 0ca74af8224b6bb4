"""Guarding: which guard keeps a step from being possible in a state, for each labelled step of a variant."""

from __future__ import annotations

from collections.abc import Mapping

from pcpdrain.codegen.backends.tla import emit_module
from pcpdrain.codegen.backends.tla.evaluate import Evaluator
from pcpdrain.codegen.backends.tla.guards import Guard, guards
from pcpdrain.codegen.backends.tla.labels import labelled
from pcpdrain.codegen.backends.tla.model import hand_written
from pcpdrain.codegen.backends.tla.types import typed_variables
from pcpdrain.codegen.graph import Value
from pcpdrain.codegen.ir.steps import Program
from pcpdrain.codegen.scopes import Scope

from .tracing.guard_words import words


class Guarding:
    """The guards of all steps of a variant at a scope, evaluated as they stand in the TLA+."""

    def __init__(self, program: Program, scope: Scope) -> None:
        files = {**hand_written(), "variant": emit_module(program)}
        self._scope = scope
        self._names = {variable.key: variable.name for variable in typed_variables(program)}
        self._evaluator = Evaluator(files, frozenset(self._names.values()), scope)
        self._guards = {step.label: guards(files, step.action) for step in labelled(program, scope)}

    @property
    def labels(self) -> list[str]:
        """All steps that there are at the scope, possible or not."""
        return list(self._guards)

    def failing(self, label: str, state: Mapping[str, Value]) -> Guard | None:
        """The first guard of a step that does not hold in a state, given by keys; None if all hold."""
        named = self._named(state)
        return next((g for g in self._guards[label] if not self._evaluator.holds(g, named)), None)

    def words(self, guard: Guard, state: Mapping[str, Value]) -> str:
        """Why a guard does not hold in a state, as a kernel engineer would say it."""
        return words(guard, self._named(state), self._scope)

    def _named(self, state: Mapping[str, Value]) -> dict[str, Value]:
        """The state by the names in TLA+."""
        return {name: state[key] for key, name in self._names.items() if key in state}
