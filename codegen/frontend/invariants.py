"""Check invariants: the places that clauses name, and the names and kinds in their formulas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .. import ast, errors
from ..source import Span
from .builtins import Kind
from .calls import walk
from .formulas import Formulas
from .reserved import PLACES
from .symbols import KIND_OF_TYPE, Names, Role, Symbol

Routines = Mapping[str, ast.Routine]


def labels(own: Sequence[ast.Routine], problems: list[errors.Diagnostic]) -> dict[str, ast.Routine]:
    """The routine of each label; a label names one statement of the whole file."""
    found: dict[str, tuple[ast.Routine, Span]] = {}
    for routine in own:
        for label in _labels_in(routine):
            if label.text in PLACES:
                reason = "invariants call a place so that every call or handler has"
                problems.append(errors.reserved_name(label.span, label.text, reason))
            elif label.text in found:
                problems.append(errors.duplicate_label(label.span, found[label.text][1]))
            else:
                found[label.text] = routine, label.span
    return {label: routine for label, (routine, _) in found.items()}


def check_invariants(
    unit: ast.Variant | ast.Library, routines: Routines, names: Names, properties: Iterable[str]
) -> list[errors.Diagnostic]:
    """Check all invariants of a file; `names` are those at its top level, `routines` all that it can call."""
    problems: list[errors.Diagnostic] = []
    clauses = _Clauses(problems, labels(unit.routines, []), routines)
    first: dict[str, Span] = {}
    for invariant in unit.invariants:
        name = invariant.name
        if name.text in properties:
            reason = "it is a property that every variant has"
            problems.append(errors.reserved_name(name.span, name.text, reason))
        elif name.text in first:
            problems.append(errors.duplicate_name(name.span, "an invariant", first[name.text]))
        first.setdefault(name.text, name.span)
        for clause in invariant.clauses:
            clauses.check(clause, names)
    return problems


@dataclass(frozen=True)
class _Clauses:
    """The check of clauses, with the labels of this file and the routines that a place may name."""

    problems: list[errors.Diagnostic]
    labels: Mapping[str, ast.Routine]
    routines: Routines

    def check(self, clause: ast.InvariantClause, names: Names) -> None:
        """Check the places, then the formula as each of them sees it."""
        if not clause.places or clause.where == "outside":
            for place in clause.places:
                self._routine(place)
            self._formula(clause, names, self._hidden())
            return
        for place in clause.places:
            known, routine = self._routine(place)
            if not known:
                continue
            inside = names.inner()
            if routine is not None:
                _add_variables(routine, inside)
            self._formula(clause, inside, {} if routine is not None else self._hidden())

    def _formula(self, clause: ast.InvariantClause, names: Names, hidden: Mapping[str, str]) -> None:
        Formulas(self.problems, hidden=hidden).truth(clause.formula, names)

    def _routine(self, place: ast.Place) -> tuple[bool, ast.Routine | None]:
        """Whether the place is known, and the routine that it is in; `idle` and its like are in none."""
        label = place.label.text
        if place.routine is None:
            routine = self.labels.get(label)
            known = routine is not None or label in PLACES
        else:
            routine = self.routines.get(place.routine.text)
            if routine is None:
                advice = "write `routine.label`, or the label alone for one of this file"
                self.problems.append(
                    errors.unknown_name(place.routine.span, "routine", self.routines, advice)
                )
                return False, None
            known = label in {name.text for name in _labels_in(routine)}
        if not known:
            own = [*self.labels, *PLACES]
            self.problems.append(errors.unknown_label(place.span, label, own, self._elsewhere()))
        return known, routine

    def _elsewhere(self) -> list[str]:
        """The labels of other files, as a clause names them."""
        return [
            f"{routine.name.text}.{label.text}"
            for routine in self.routines.values()
            for label in _labels_in(routine)
            if self.labels.get(label.text) is not routine
        ]

    def _hidden(self) -> dict[str, str]:
        """The variables that only a labelled place can speak of, each with its routine."""
        hidden: dict[str, str] = {}
        for routine in {id(routine): routine for routine in self.labels.values()}.values():
            inside = Names()
            _add_variables(routine, inside)
            hidden |= dict.fromkeys(inside.own, routine.name.text)
        return hidden


def _labels_in(routine: ast.Routine) -> Iterator[ast.Name]:
    for node in walk(routine.body):
        if isinstance(node, ast.Labelled):
            yield node.label


def _add_variables(routine: ast.Routine, names: Names) -> None:
    """Make the parameters and locals of the routine that holds a label known to the clauses about it."""

    def add(name: ast.Name, kind: Kind, role: Role) -> None:
        names.own.setdefault(name.text, Symbol(name.text, kind, role, name.span))

    for param in routine.params:
        add(param.name, KIND_OF_TYPE[param.type], Role.PARAMETER)
    for node in walk(routine.body):
        if isinstance(node, ast.Local):
            add(node.name, KIND_OF_TYPE[node.type], Role.LOCAL)
        elif isinstance(node, ast.ForEach):
            zones = node.kind == "for_each_populated_zone"
            add(node.variable, Kind.ZONE if zones else Kind.CPU, Role.LOOP)
