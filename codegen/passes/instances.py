"""Instances: the inlined copies of routines in a process, their names, and what they are called with."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from .. import ast
from ..ir import expr as x
from ..ir.tree import Instance, Node, Region, walk
from ..source import Span
from .frame import Binding, ConditionName, Frame, HandlerName

_PYTHON_TYPES = {"cpumask": "Cpumask", "handler": "Handler"}


@dataclass
class InstanceNames:
    """Names of instances: the second copy of a routine is `name_2`.

    A handler that the task also runs inline is one Python method, so the handler's process must use the
    names of that copy again, for it and for all that is called below it. Handlers have no parameters: the
    calls below it are the same in both, in the same order.
    """

    copies: Counter[str] = field(default_factory=Counter)
    below: dict[str, list[str]] = field(default_factory=dict)
    again: dict[str, list[str]] = field(default_factory=dict)

    def next(self, routine: str, caller: str) -> str:
        """The name of the next copy, which `caller` (an instance, or nothing) calls."""
        if self.again.get(caller):
            return self.again[caller].pop(0)
        self.copies[routine] += 1
        name = routine + (f"_{self.copies[routine]}" if self.copies[routine] > 1 else "")
        self.below.setdefault(caller, []).append(name)
        return name

    def for_handler(self, routine: str) -> InstanceNames:
        """For the process of a handler: where the task has a copy of it, the names of the first one."""
        if not self.copies[routine]:
            return InstanceNames(self.copies)
        return InstanceNames(self.copies, again={**self.below, "": [routine]})


@dataclass
class Routines:
    """All routines that can be called, and what one process has inlined so far."""

    routines: dict[str, ast.Routine]
    statics: dict[str, Binding]
    handlers_sent: dict[str, Span] = field(default_factory=dict)
    instances: list[Instance] = field(default_factory=list)
    labelled: list[tuple[Frame, ast.Name, tuple[Node, ...]]] = field(default_factory=list)
    names: InstanceNames = field(default_factory=InstanceNames)

    def open_frame(
        self, routine: ast.Routine, caller: str, references: dict[str, Binding], constants: dict[str, x.Const]
    ) -> Frame:
        """A new instance of a routine."""
        name = self.names.next(routine.name.text, caller)
        types = {
            parameter.name.text: _PYTHON_TYPES[parameter.type]
            for parameter in routine.params
            if parameter.name.text in references and parameter.type in _PYTHON_TYPES
        }
        instance = Instance(name, types, (), routine.span)
        if routine.kind == "condition":
            instance.result = x.Local(f"{name}.value", "value")
        self.instances.append(instance)
        return Frame(instance, routine.name.text, {**self.statics, **references, **constants})

    def regions(self) -> tuple[Region, ...]:
        """The labelled statements of all that has been inlined."""
        return tuple(
            Region(label.span.source, frame.routine, label.text, _steps(nodes), _values(frame))
            for frame, label, nodes in self.labelled
        )


def _steps(nodes: tuple[Node, ...]) -> frozenset[str]:
    points = (getattr(node, "step", None) for node in walk(nodes))
    return frozenset(point.name for point in points if point is not None)


def _values(frame: Frame) -> dict[str, x.Expr]:
    kinds = (x.Local, x.StaticMask, x.OnlineMask, x.Const)
    return {name: bound for name, bound in frame.names.items() if isinstance(bound, kinds)}


def as_python(binding: Binding) -> str:
    """How the calling routine writes a mask or handler that it passes on."""
    match binding:
        case x.Local(_, shown):
            return shown
        case x.OnlineMask(shown):
            return "kernel.cpu_online_mask" if shown == "cpu_online_mask" else shown
        case x.StaticMask(name, shown) | HandlerName(name, shown):
            return f"self.{name}" if name == shown else shown
    raise AssertionError("not passed by reference")


def passed_as(binding: Binding, parameter: str) -> Binding:
    """What a by-reference parameter stands for, shown under its own name."""
    match binding:
        case x.Local(name, _):
            return x.Local(name, parameter)
        case x.StaticMask(name, _):
            return x.StaticMask(name, parameter)
        case x.OnlineMask():
            return x.OnlineMask(parameter)
        case HandlerName(name, _):
            return HandlerName(name, parameter)
        case ConditionName():
            return binding
    raise AssertionError(f"{parameter}: not passed by reference")
