"""The names of one routine instance while it is being built: what they stand for, its locals, its steps."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ..ir import expr as x
from ..ir.tree import Instance, LocalKind, LocalVar, StepPoint
from ..source import Span


@dataclass(frozen=True)
class HandlerName:
    """A handler passed by name. `shown` is how this routine calls it."""

    name: str
    shown: str


@dataclass(frozen=True)
class ConditionName:
    """A condition routine passed by name."""

    name: str


@dataclass(frozen=True)
class LockName:
    """A static lock; `spin` tells a spinlock from a mutex."""

    name: str
    spin: bool


@dataclass(frozen=True)
class CounterName:
    """A counter."""

    name: str


Binding = (
    x.Local | x.StaticMask | x.OnlineMask | x.Const | HandlerName | ConditionName | LockName | CounterName
)


@dataclass
class Frame:
    """One instance under construction."""

    instance: Instance
    routine: str
    names: dict[str, Binding]
    _used: Counter[str] = field(default_factory=Counter)

    def step(self, operation: str, span: Span) -> StepPoint:
        """A new step; the second of the same operation gets the suffix `_2`."""
        self._used[operation] += 1
        count = self._used[operation]
        suffix = f"_{count}" if count > 1 else ""
        return StepPoint(f"{self.instance.name}.{operation}{suffix}", span)

    def declare(self, name: str, kind: LocalKind) -> tuple[LocalVar, x.Local]:
        """A local of this instance. Blocks that follow each other may share a name for one kind of thing."""
        for number in range(1, len(self.instance.locals) + 2):
            shown = name if number == 1 else f"{name}_{number}"
            variable = self.instance.locals.setdefault(shown, LocalVar(f"{self.instance.name}.{shown}", kind))
            if variable.kind == kind:
                return variable, x.Local(variable.name, shown)
        raise AssertionError("a fresh suffix is always free")

    def temporary(self, name: str, kind: LocalKind) -> tuple[LocalVar, x.Local]:
        """A local that nothing else uses: several temporaries of one expression may be alive at once."""
        number = 1
        while (name if number == 1 else f"{name}_{number}") in self.instance.locals:
            number += 1
        return self.declare(name if number == 1 else f"{name}_{number}", kind)

    def bind(self, name: str, local: x.Local) -> None:
        """From here on `name` means this local."""
        self.names[name] = local
