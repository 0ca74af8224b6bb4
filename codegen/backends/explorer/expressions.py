"""IR expressions as C, inside a step of one actor: `s` is the state before the step."""

from __future__ import annotations

from dataclasses import dataclass

from ...ir import expr as x
from .layout import handler_local, static, task_local
from .layout import mask as mask_of

_INFIX = {
    "||": "||", "&&": "&&", "==": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=",
    "+": "+", "-": "-", "*": "*", "and": "&", "or": "|",
}  # fmt: skip
_CALLS = {"/": "floor_div", "%": "floor_mod", "next": "next_cpu", "weight": "weight"}
_NULLARY = {"all_cpus": "ALL_CPUS", "nr_cpus": "NR_CPUS", "nr_zones": "NR_ZONES"}


@dataclass(frozen=True)
class Actor:
    """Who does the step: the C variable of its number, and how to find its CPU and its locals."""

    number: str
    cpu: str
    is_task: bool

    def local(self, name: str) -> str:
        """The member of a local of this actor."""
        member = task_local(name) if self.is_task else handler_local(name)
        return f"{member}[{self.number}]"

    def table(self, step: str) -> str:
        """The table of the numbers of a step's labels."""
        return ("TASK_" if self.is_task else "IRQ_") + step.replace(".", "__")


TASK = Actor("d", "HOME[d]", is_task=True)
HANDLER = Actor("c", "c", is_task=False)


def show(expr: x.Expr, actor: Actor) -> str:
    """The expression in C; all that has an operator is in parentheses."""
    match expr:
        case x.Const(value):
            return str(mask_of(value) if isinstance(value, frozenset) else int(value))
        case x.Local(name):
            return f"s->{actor.local(name)}"
        case x.SelfCpu():
            return actor.cpu
        case x.StaticMask(name):
            return f"s->{static(name)}"
        case x.OnlineMask():
            return "s->online"
        case x.PcpCount(cpu, zone):
            return f"s->pcp[{show(cpu, actor)}][{show(zone, actor)}]"
        case x.LockFree(lock):
            return f"(s->{static(lock)} < 0)"
        case x.Outcome(part):
            return part
        case x.Access(_, target):
            return show(target, actor)
        case x.Apply(op, args):
            return _apply(op, [show(arg, actor) for arg in args])


def _apply(op: str, args: list[str]) -> str:
    match op, args:
        case "-", [inner]:
            return f"(-{inner})"
        case _, [left, right] if op in _INFIX:
            return f"({left} {_INFIX[op]} {right})"
        case _, _ if op in _CALLS:
            return f"{_CALLS[op]}({', '.join(args)})"
        case "!", [inner]:
            return f"(!{inner})"
        case "test", [cpu, mask]:
            return f"has({mask}, {cpu})"
        case "with", [mask, cpu]:
            return f"({mask} | bit({cpu}))"
        case "without", [mask, cpu]:
            return f"({mask} & ~bit({cpu}))"
        case "andnot", [left, right]:
            return f"({left} & ~{right})"
        case "empty", [mask]:
            return f"({mask} == 0)"
        case "ite", [condition, then, other]:
            return f"({condition} ? {then} : {other})"
    return _NULLARY[op]
