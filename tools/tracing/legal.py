"""Legal: what the reference machine says of an event trace, without TLC and without the TLA+.

It follows all runs at once that show what the trace says. Runs that look alike in every variable are one:
which page lies where decides nothing that is seen.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from pcpdrain.codegen.backends.tla.trace import Event
from pcpdrain.pcpref.machine import Machine

_State = tuple[Hashable, ...]


class Legality:
    """Answers for one machine, which it moves about. States that it has come by are remembered."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._ways: dict[_State, tuple[str, ...]] = {}
        self._steps: dict[tuple[_State, str], _State] = {}
        self._enabled: dict[_State, tuple[str, ...]] = {}
        machine.reset()
        self._names = tuple(machine.observe())
        self._start = self._here(())

    def refused_at(self, trace: Sequence[Event]) -> int | None:
        """The index of the first event that no run of the machine can show; None if there is such a run."""
        possible = {self._start} if self._shows(self._start, trace[0].seen) else set()
        for number, event in enumerate(trace):
            if number:
                possible = {
                    after
                    for state in possible
                    for label in self._candidates(state, event)
                    if self._shows(after := self._after(state, label), event.seen)
                }
            if not possible:
                return number
        return None

    def _candidates(self, state: _State, event: Event) -> list[str]:
        """The steps that are enabled and may be the one that the event is about."""
        enabled = self._enabled_in(state)
        if event.label is not None:
            enabled = tuple(label for label in enabled if label == event.label)
        return [label for label in enabled if self._is_of(label, event.cpu, event.task)]

    def _is_of(self, label: str, cpu: int | None, task: int | None) -> bool:
        who = label.partition(":")[0]
        number = int(who[1:]) if who[1:].isdigit() else None
        home = self._machine.scope.drainers[number] if who[0] == "d" and number is not None else number
        return cpu in (None, home) and task in (None, number if who[0] == "d" else None)

    def _shows(self, state: _State, seen: Mapping[str, object]) -> bool:
        values = dict(zip(self._names, state, strict=True))
        return all(_look(values, key) == value for key, value in seen.items())

    def _enabled_in(self, state: _State) -> tuple[str, ...]:
        if state not in self._enabled:
            self._go(self._ways[state])
            self._enabled[state] = tuple(sorted(self._machine.enabled()))
        return self._enabled[state]

    def _after(self, state: _State, label: str) -> _State:
        if (state, label) not in self._steps:
            way = (*self._ways[state], label)
            self._go(way)
            self._steps[state, label] = self._here(way)
        return self._steps[state, label]

    def _go(self, way: Sequence[str]) -> None:
        self._machine.reset()
        for label in way:
            self._machine.step(label)

    def _here(self, way: tuple[str, ...]) -> _State:
        observed = self._machine.observe()
        state: _State = tuple(observed[name] for name in self._names)
        self._ways.setdefault(state, way)
        return state


def _look(values: Mapping[str, object], key: str) -> object:
    """The value of a variable or of an element; None if there is no such element."""
    name, *indices = key.replace("]", "").split("[")
    found = values[name]
    for index in map(int, indices):
        if not isinstance(found, tuple) or index >= len(found):
            return None
        found = found[index]
    return found
