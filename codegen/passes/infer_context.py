"""Infer context: the irqs, preemption and locks at every step, and the mistakes that follow from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from .. import errors
from ..ir import expr as x
from ..ir.context import HANDLER_START, TASK_START, Context
from ..ir.tree import (
    Branch,
    Effect,
    ForEach,
    Inline,
    Jump,
    Loop,
    MaskOp,
    Node,
    Process,
    Scope,
    SetLocal,
    StepPoint,
)
from ..source import Source, Span

_OF_TASKS = {
    "preempt_disable", "preempt_enable", "local_irq_disable", "local_irq_enable", "spin_lock", "spin_unlock",
    "mutex_lock", "mutex_unlock", "cond_resched", "send_call", "wait_call",
}  # fmt: skip
"""What an IPI handler may not do: it cannot sleep or wait, and what a step switches or holds is a task's."""


@dataclass
class Contexts:
    """The context before each step, by step name, and what there is to say."""

    at: dict[str, Context] = field(default_factory=dict)
    diagnostics: list[errors.Diagnostic] = field(default_factory=list)


def infer_context(process: Process, *, handler: bool = False) -> Contexts:
    """Follow every path of a process; errors and warnings are collected, not raised."""
    found = Contexts()
    inference = _Inference(found, process.root.span.source)
    inference.call(process.root.body, HANDLER_START if handler else TASK_START, process.root.span)
    return found


@dataclass
class _Exits:
    """Contexts at the jumps out of the innermost loop or call."""

    breaks: list[Context] = field(default_factory=list)
    continues: list[Context] = field(default_factory=list)


class _Inference:
    def __init__(self, found: Contexts, source: Source) -> None:
        self.found = found
        self.source = source
        self.loops: list[_Exits] = []
        self.returns: list[list[tuple[Context, Span]]] = []
        self.calls: list[Inline] = []

    def report(self, diagnostic: errors.Diagnostic) -> None:
        """Keep a message. One about a library routine is shown where the variant calls into the library."""
        place = diagnostic.span
        own = [call for call in self.calls if call.span.source is self.source]
        if place.source is not self.source and own:
            inner = f"{Path(place.source.name).name}:{place.line}"
            diagnostic = replace(diagnostic, span=own[-1].span, message=f"{diagnostic.message} (at {inner})")
        self.found.diagnostics.append(diagnostic)

    def call(self, body: Sequence[Node], start: Context, span: Span) -> None:
        """The outermost routine: whatever way it ends, nothing may be left behind."""
        for context, place in self.ends(body, start, span):
            if context.leftovers():
                self.report(errors.left_behind(place, context.leftovers()))

    def ends(self, body: Sequence[Node], start: Context, span: Span) -> list[tuple[Context, Span]]:
        """The contexts in which a routine ends, with the place of each end."""
        self.returns.append([])
        loops, self.loops = self.loops, []
        through = self.nodes(body, start)
        self.loops = loops
        ends = self.returns.pop()
        if through is not None:
            ends.append((through, span.source.span(span.end - 1, span.end)))
        return ends

    def nodes(self, nodes: Sequence[Node], context: Context | None) -> Context | None:
        """The context after a sequence, or None when its end is never reached."""
        for node in nodes:
            if context is None:
                return None
            context = self.node(node, context)
        return context

    def node(self, node: Node, context: Context) -> Context | None:
        match node:
            case Effect():
                return self.effect(node, context)
            case Branch():
                return self.branch(node, context)
            case Loop(body, step, span):
                return self.loop(body, step, span, context, may_skip=False)
            case ForEach(_, _, body, step, span):
                return self.loop(body, step, span, context, may_skip=True)
            case Scope(_, body):
                return self.nodes(body, context)
            case Inline():
                return self.inline(node, context)
            case Jump():
                self.jump(node, context)
                return None
            case SetLocal() | MaskOp():
                self.mark(node.step, context)
                return context

    def mark(self, step: StepPoint | None, context: Context) -> None:
        if step is not None:
            self.found.at[step.name] = context

    def jump(self, node: Jump, context: Context) -> None:
        if node.kind == "return":
            self.returns[-1].append((context, node.span))
        elif node.kind == "break":
            self.loops[-1].breaks.append(context)
        else:
            self.loops[-1].continues.append(context)

    def branch(self, node: Branch, context: Context) -> Context | None:
        self.mark(node.step, context)
        taken = context
        if node.trylock:
            if context.handler:
                self.report(errors.not_in_a_handler(node.span, written(node.span)))
            elif node.trylock in context.locks:
                self.report(errors.already_held(node.span, node.trylock, tried=True))
                return self.nodes(node.other, context)
            else:
                taken = replace(context, locks=context.locks | {node.trylock})
        then, other = self.nodes(node.then, taken), self.nodes(node.other, context)
        if then is None or other is None:
            return then if other is None else other
        if then != other:
            self.report(errors.different_contexts(node.span, then.difference(other), call=False))
            return None
        return then

    def loop(
        self, body: Sequence[Node], step: StepPoint | None, span: Span, context: Context, *, may_skip: bool
    ) -> Context | None:
        self.mark(step, context)
        exits = _Exits()
        self.loops.append(exits)
        through = self.nodes(body, context)
        self.loops.pop()
        rounds = [*exits.continues, *([through] if through is not None else [])]
        leaves = [*exits.breaks, *([context] if may_skip else [])]
        for begin, others in ((context, rounds), (leaves[0] if leaves else context, leaves[1:])):
            wrong = next((other for other in others if other != begin), None)
            if wrong is not None:
                self.report(errors.loop_changes_context(span, begin.difference(wrong)))
                return None
        return leaves[0] if leaves else None

    def inline(self, node: Inline, context: Context) -> Context | None:
        self.calls.append(node)
        ends = self.ends(node.instance.body, context, node.instance.span)
        self.calls.pop()
        if not ends:
            return None
        first = ends[0][0]
        for other, _ in ends[1:]:
            if other != first:
                self.report(errors.different_contexts(node.span, first.difference(other), call=True))
                return None
        return first

    def effect(self, node: Effect, context: Context) -> Context | None:
        self.mark(node.step, context)
        span = node.step.span
        if context.handler and node.op in _OF_TASKS:
            self.report(errors.not_in_a_handler(span, written(span)))
            return context
        match node.op:
            case "spin_lock" | "mutex_lock":
                if node.op == "mutex_lock" and context.atomic:
                    self.report(errors.sleeps_while_atomic(span, "mutex_lock", str(context)))
                if node.name in context.locks:
                    self.report(errors.already_held(span, node.name, tried=False))
                    return None
                return replace(context, locks=context.locks | {node.name})
            case "spin_unlock" | "mutex_unlock":
                if node.name not in context.locks:
                    self.report(errors.not_held(span, node.name))
                return replace(context, locks=context.locks - {node.name})
            case "preempt_disable":
                return replace(context, preempt=context.preempt + 1)
            case "preempt_enable":
                if context.preempt == 0:
                    self.unbalanced(span, "preemption is on")
                return replace(context, preempt=max(0, context.preempt - 1))
            case "local_irq_disable" | "local_irq_enable":
                off = node.op == "local_irq_disable"
                if off == context.irqs_off:
                    self.unbalanced(span, f"irqs are {'off' if off else 'on'}")
                return replace(context, irqs_off=off)
        self.demand(node, context)
        return context

    def unbalanced(self, span: Span, state: str) -> None:
        """Report a switch to what is, unless it is part of releasing a lock that is not held."""
        if not any(known.code == "C302" and known.span == span for known in self.found.diagnostics):
            self.report(errors.unbalanced(span, written(span), state))

    def demand(self, node: Effect, context: Context) -> None:
        """What an effect needs of its context."""
        span = node.step.span
        if node.op == "cond_resched" and context.atomic:
            self.report(errors.sleeps_while_atomic(span, node.op, str(context)))
        if node.op == "drain_zone_pages":
            if node.args[0] != x.SelfCpu():
                advice = "write smp_processor_id(), and send a handler to the other CPUs"
                self.report(errors.not_yet_supported(span, "draining another CPU's list", advice))
            elif not context.irqs_off:
                self.report(errors.drains_with_irqs_on(span))
        if node.op not in ("send_call", "wait_call"):
            return
        if context.preempt == 0 and not context.irqs_off:
            self.report(errors.calls_with_preemption_on(span, node.op))
        elif node.op == "wait_call" and context.irqs_off:
            self.report(errors.waits_with_irqs_off(span))


def written(call: Span) -> str:
    """The name of a call as it stands in the source: taking a lock is several steps under one name."""
    return call.text.partition("(")[0].strip()
