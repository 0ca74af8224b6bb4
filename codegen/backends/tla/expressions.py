"""IR expressions as TLA+ text, inside the action of one actor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ...ir import expr as x

INFIX = {
    "||": r"\/", "&&": "/\\", "==": "=", "!=": "/=", "<": "<", "<=": "<=", ">": ">", ">=": ">=",
    "+": "+", "-": "-", "*": "*", "/": r"\div", "%": "%",
    "and": r"\cap", "or": r"\cup", "andnot": "\\",
}  # fmt: skip
_ATOMIC = (x.Const, x.Local, x.SelfCpu, x.StaticMask, x.OnlineMask, x.PcpCount, x.Outcome, x.Access)


def identifier(name: str) -> str:
    """A dotted name as a TLA+ identifier: `on_each_cpu_mask.cfd` is `on_each_cpu_mask__cfd`."""
    return name.replace(".", "__")


def string(text: str) -> str:
    """A TLA+ string."""
    return f'"{text}"'


def strings(texts: Iterable[str]) -> str:
    """A set of TLA+ strings."""
    return "{" + ", ".join(map(string, texts)) + "}"


OK, CONTENTS = "Ok", "Contents"
"""The parameters of a step that allocates. A capital cannot begin a name of a variant."""


@dataclass(frozen=True)
class Actor:
    """Who does the step: its parameter, its CPU, and how its variables are called."""

    parameter: str
    cpu: str
    prefix: str

    def variable(self, local: str) -> str:
        """The TLA+ variable of a local."""
        return self.prefix + identifier(local)


TASK = Actor("d", "Home[d]", "")
HANDLER = Actor("c", "c", "irq__")


@dataclass(frozen=True)
class Printer:
    """Prints expressions for one actor."""

    actor: Actor

    def show(self, expr: x.Expr) -> str:
        """The expression, without parentheses around it."""
        match expr:
            case x.Const(value):
                return constant(value)
            case x.Local(name):
                return f"{self.actor.variable(name)}[{self.actor.parameter}]"
            case x.SelfCpu():
                return self.actor.cpu
            case x.StaticMask(name):
                return name
            case x.OnlineMask():
                return "online"
            case x.PcpCount(cpu, zone):
                return f"pcp[{self.show(cpu)}][{self.show(zone)}]"
            case x.LockFree(lock):
                return f"({lock} = NoTask)"
            case x.Outcome(part):
                return {"ok": OK, "contents": CONTENTS}[part]
            case x.Access(_, target):
                return self.show(target)
            case x.Apply(op, args):
                return self.apply(op, args)

    def operand(self, expr: x.Expr) -> str:
        """The expression as part of another one."""
        text = self.show(expr)
        plain = isinstance(expr, _ATOMIC) or (
            isinstance(expr, x.Apply) and expr.op in ("nr_cpus", "nr_zones", "all_cpus", "weight", "next")
        )
        return text if plain else f"({text})"

    def apply(self, op: str, args: tuple[x.Expr, ...]) -> str:
        """An operation, without parentheses around it."""
        if op in INFIX and len(args) == 2:
            return f"{self.operand(args[0])} {INFIX[op]} {self.operand(args[1])}"
        match op, args:
            case "!", (inner,):
                return f"~{self.operand(inner)}"
            case "-", (inner,):
                return f"-{self.operand(inner)}"
            case "test", (cpu, mask):
                return f"{self.operand(cpu)} \\in {self.operand(mask)}"
            case "with", (mask, cpu):
                return f"{self.operand(mask)} \\cup {{{self.show(cpu)}}}"
            case "without", (mask, cpu):
                return f"{self.operand(mask)} \\ {{{self.show(cpu)}}}"
            case "weight", (mask,):
                return f"Cardinality({self.show(mask)})"
            case "empty", (mask,):
                return f"{self.operand(mask)} = {{}}"
            case "next", (cpu, mask):
                return f"NextCpu({self.show(cpu)}, {self.show(mask)})"
            case "ite", (condition, then, other):
                return f"IF {self.show(condition)} THEN {self.show(then)} ELSE {self.show(other)}"
        return {"all_cpus": "Cpus", "nr_cpus": "Cardinality(Cpus)", "nr_zones": "Cardinality(Zones)"}[op]


def constant(value: x.Value) -> str:
    """A literal."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    return "{" + ", ".join(str(cpu) for cpu in sorted(value)) + "}"
