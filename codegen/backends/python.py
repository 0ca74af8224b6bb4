"""The Python backend: the stepped tree as a class of generators, with the loops and ifs of the source.

The class runs on the reference machine: each `yield` names the step that comes next, and everything up to
the following `yield` is that step. What a local means at a step is said in tables below the routines, so
that the routines stay readable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ..ir import expr as x
from ..ir.steps import Machine, Program
from ..ir.tree import (
    Branch,
    Effect,
    ForEach,
    Inline,
    Instance,
    Jump,
    LocalKind,
    Loop,
    MaskOp,
    Node,
    Scope,
    SetLocal,
    StepPoint,
)
from ..render import render

_INFIX = {"||": "or", "&&": "and", "/": "//"}
_OPPOSITE = {"<": ">=", ">": "<=", "<=": ">", ">=": "<", "==": "!=", "!=": "=="}
_MASK_METHODS = {
    "cpumask_set_cpu": "set_cpu", "cpumask_clear_cpu": "clear_cpu", "cpumask_clear": "clear",
    "cpumask_setall": "setall", "cpumask_copy": "assign", "cpumask_and": "and_", "cpumask_or": "or_",
    "cpumask_andnot": "andnot",
}  # fmt: skip
_VALUE_TYPES = {LocalKind.BOOL: "bool", LocalKind.INT: "int", LocalKind.CPU: "int"}
_INDENT = "    "


def emit_python(program: Program) -> str:
    """The text of a module with one `Program` class, named after the variant."""
    return render(
        "program.py.j2",
        program=program,
        class_name=class_name(program.name),
        source_name=Path(program.source.name).name,
        routines=list(_routines(program)),
        mutexes=program.mutexes,
        statics=program.masks + program.locks,
        counts=_counts(program),
        imports=_imports(program),
        tables=_tables(program),
        uses=_runtime_names(program),
    )


def class_name(variant: str) -> str:
    """`last_zone_decides` becomes `LastZoneDecides`."""
    return "".join(part[:1].upper() + part[1:] for part in variant.split("_"))


def _runtime_names(program: Program) -> list[str]:
    guarded = any(s.guard for m in _machines(program) for s in m.steps.values())
    instances = [i for m in _machines(program) for i in m.process.instances]
    handlers = any("Handler" in instance.parameters.values() for instance in instances)
    optional = {
        "Allocation": any(step.allocates for step in program.task.steps.values()),
        "Cpumask": program.masks
        or any(local.kind == "cpumask" for i in instances for local in i.locals.values()),
        "Handler": handlers,
        "Mutex": program.mutexes,
        "Spinlock": set(program.locks) - program.mutexes,
        "until": guarded,
    }
    return sorted(
        ["Kernel", "Program", "Steps", *(name for name, used in optional.items() if used)], key=str.lower
    )


def _imports(program: Program) -> list[str]:
    """The lines of what is imported from Python's own library."""
    if all(instance.result is None for m in _machines(program) for instance in m.process.instances):
        return []
    return ["from collections.abc import Generator", "from typing import Any"]


def _machines(program: Program) -> list[Machine]:
    return [machine for machine in (program.task, program.handler) if machine is not None]


def _routines(program: Program) -> Iterator[tuple[str, list[str]]]:
    """Head and body of each routine, once; a handler that a task also runs inline is the same method."""
    done: set[str] = set()
    for machine in _machines(program):
        for instance in machine.process.instances:
            if instance.name not in done:
                done.add(instance.name)
                yield _head(instance), _Writer(instance).lines()


def _head(instance: Instance) -> str:
    values = (f"{value.name.rpartition('.')[2]}: {_VALUE_TYPES[value.kind]}" for value in instance.values)
    references = (f"{name}: {kind}" for name, kind in instance.parameters.items())
    gives = "Steps" if instance.result is None else "Generator[Any, Any, bool]"
    return f"{instance.name}({', '.join(['self', 'kernel: Kernel', *references, *values])}) -> {gives}"


def _counts(program: Program) -> dict[str, str]:
    return {name: step.counts for name, step in program.task.steps.items() if step.counts}


def _tables(program: Program) -> list[tuple[str, dict[str, object]]]:
    tables: list[tuple[str, dict[str, object]]] = []
    for prefix, machine in (("", program.task), ("IRQ_", program.handler)):
        if machine is None:
            continue
        tables.append((f"{prefix}LOCALS", {v.name: v.kind.default for v in machine.locals}))
        kept = {v.name for v in machine.locals}
        live = {name: tuple(local for local in s.live if local in kept) for name, s in machine.steps.items()}
        tables.append((f"{prefix}LIVE", {name: names for name, names in live.items() if names}))
    return tables


class _Writer:
    """Writes one routine's body."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance

    def lines(self) -> list[str]:
        lines = self.block(self.instance.body)
        if not any("yield" in line for line in lines):
            lines.append("yield from ()")
        return lines

    def block(self, nodes: Iterable[Node]) -> list[str]:
        return [line for node in nodes for line in self.node(node)]

    def indented(self, nodes: Iterable[Node]) -> list[str]:
        return [_INDENT + line for line in self.block(nodes) or ["pass"]]

    def node(self, node: Node) -> list[str]:
        match node:
            case SetLocal(target, value, step) if target == self.instance.result:
                return [*self.at(step), f"return {show(value)}"]  # the jump behind it is part of that
            case SetLocal(target, value, step):
                return [*self.at(step), f"{target.shown} = {show(value)}"]
            case MaskOp():
                return self.mask(node)
            case Effect():
                return self.effect(node)
            case Branch():
                return self.branch(node)
            case Loop(body, step):
                return ["while True:", *(_INDENT + line for line in self.at(step)), *self.indented(body)]
            case ForEach(variable, mask, body, step):
                over = "kernel.populated_zones" if mask is None else mask.shown
                head = f"for {variable.shown} in {over}:"
                return [head, *(_INDENT + line for line in self.at(step)), *self.indented(body)]
            case Jump("return") if self.instance.result is not None:
                return []
            case Jump(kind):
                return [kind]
            case Scope(_, body):
                return self.block(body)
            case Inline():
                return self.inline(node)

    def at(self, step: StepPoint | None) -> list[str]:
        return [] if step is None else [f'yield "{step.name}"']

    def mask(self, node: MaskOp) -> list[str]:
        if node.op == "declare":
            return [f"{show(node.target)} = Cpumask(kernel.nr_cpus)"]
        if node.op == "free_cpumask_var":
            return [f"{show(node.target)}.clear()"]
        arguments = ", ".join(show(argument) for argument in node.args)
        return [*self.at(node.step), f"{show(node.target)}.{_MASK_METHODS[node.op]}({arguments})"]

    def branch(self, node: Branch) -> list[str]:
        before, condition, opposite = self.question(node)
        if opposite and node.other and not node.then:
            return [*before, f"if {opposite}:", *self.indented(node.other)]
        lines = [*before, f"if {condition}:", *self.indented(node.then)]
        if node.other:
            rest = self.block(node.other)
            nested = len(node.other) == 1 and isinstance(node.other[0], Branch) and rest[0].startswith("if ")
            lines.extend([f"el{rest[0]}", *rest[1:]] if nested else ["else:", *self.indented(node.other)])
        return lines

    def question(self, node: Branch) -> tuple[list[str], str, str]:
        """The step of a branch, its condition, and where something is acquired the opposite."""
        if node.allocates is not None and node.step is not None:
            mask = f"{node.allocates.shown} = Cpumask(kernel.nr_cpus, outcome or ())"
            step = f'outcome = yield Allocation("{node.step.name}")'
            return [step, mask], "outcome is not None", "outcome is None"
        if not node.trylock:
            return self.at(node.step), show(node.condition), ""
        lock, before = f"self.{node.trylock}", self.at(node.step)
        if node.interruptible and node.step is not None:
            ready = f"lambda: {lock}.available() or kernel.signal_pending()"
            before = [f'yield until("{node.step.name}", {ready})']
        return before, f"{lock}.trylock(kernel)", f"not {lock}.trylock(kernel)"

    def inline(self, node: Inline) -> list[str]:
        values = [show(value) for _, value in node.arguments]
        arguments = ", ".join(["kernel", *node.passed, *values])
        call = f"yield from self.{node.instance.name}({arguments})"
        return [call if node.result is None else f"{node.result.shown} = {call}"]

    def effect(self, node: Effect) -> list[str]:
        arguments = ", ".join(show(argument) for argument in node.args)
        name = node.step.name
        match node.op:
            case "spin_lock" | "mutex_lock":
                return [
                    f'yield until("{name}", self.{node.name}.available)',
                    f"self.{node.name}.lock(kernel)",
                ]
            case "spin_unlock" | "mutex_unlock":
                return [f'yield "{name}"', f"self.{node.name}.unlock(kernel)"]
            case "wait_call":
                return [f'yield until("{name}", lambda: kernel.call_answered({arguments}))']
            case "send_call":
                wait = f'yield until("{name}", lambda: kernel.csd_free({arguments}))'
                handler = node.shown if node.shown in self.instance.parameters else f"self.{node.shown}"
                return [wait, f"kernel.send_call({arguments}, {handler})"]
            case "count_event":
                return [f'yield "{name}"', f'kernel.count_event("{node.name}")']
        return [f'yield "{name}"', f"kernel.{node.op}({arguments})"]


def show(expr: x.Expr) -> str:
    """An expression as Python."""
    match expr:
        case x.Const(value):
            return repr(value)
        case x.Local(_, shown):
            return shown
        case x.SelfCpu():
            return "kernel.smp_processor_id()"
        case x.StaticMask(name, shown):
            return f"self.{name}" if name == shown else shown
        case x.OnlineMask(shown):
            return "kernel.cpu_online_mask" if shown == "cpu_online_mask" else shown
        case x.PcpCount(cpu, zone):
            return f"kernel.pcp_count({show(cpu)}, {show(zone)})"
        case x.Access(_, target):
            return show(target)
        case x.Apply("weight", (x.Access("num_online_cpus"),)):
            return "kernel.num_online_cpus()"
        case x.Apply(op, args):
            return _apply(op, args)
    raise AssertionError(f"{expr} is only the condition of what acquires something")


def _apply(op: str, args: tuple[x.Expr, ...]) -> str:
    match op, args:
        case "!", (x.Apply(inner, (left, right)),) if inner in _OPPOSITE:
            return f"{_operand(left)} {_OPPOSITE[inner]} {_operand(right)}"
        case "!", (inner_expr,):
            return f"not {_operand(inner_expr)}"
        case "-", (inner_expr,):
            return f"-{_operand(inner_expr)}"
        case "test", (cpu, mask):
            return f"{show(mask)}.test_cpu({show(cpu)})"
        case "next", (cpu, mask):
            return f"{show(mask)}.next({show(cpu)})"
        case "weight" | "empty", (mask,):
            return f"{show(mask)}.{op}()"
        case "nr_cpus", ():
            return "kernel.nr_cpus"
    left, right = args
    return f"{_operand(left)} {_INFIX.get(op, op)} {_operand(right)}"


def _operand(expr: x.Expr) -> str:
    text = show(expr)
    return f"({text})" if isinstance(expr, x.Apply) and " " in text else text
