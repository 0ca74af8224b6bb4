"""Infer context: irqs, preemption, locks and allocated masks at every step, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
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
    walk,
)
from ..source import Source, Span
from .masks import allocated_masks, used_locals
from .switches import SWITCHES, Switches, written

_OF_TASKS = (*SWITCHES, "cond_resched", "send_call", "wait_call")
"""What an IPI handler may not do: it cannot sleep or wait, and what a step switches or holds is a task's."""

_ON_LISTS = ("drain_zone_pages", "forget_zone_pages", "duplicate_zone_pages")
"""What empties or reads a whole pcp list."""


@dataclass
class Contexts:
    """The context before each step, by step name, those at the ends, and what there is to say."""

    at: dict[str, Context] = field(default_factory=dict)
    ends: list[Context] = field(default_factory=list)
    diagnostics: list[errors.Diagnostic] = field(default_factory=list)


def infer_context(process: Process, *, handler: bool = False, allowed: Collection[str] = ()) -> Contexts:
    """Follow every path of a process; errors and warnings are collected, not raised.

    Errors of the `allowed` codes are warnings.
    """
    found = Contexts()
    inference = _Inference(found, process.root.span.source, allowed, allocated_masks(process))
    inference.call(process.root.body, HANDLER_START if handler else TASK_START, process.root.span)
    return found


@dataclass
class _Exits:
    """Contexts at the jumps out of a loop and their places; in front of it `scopes` scopes were open."""

    scopes: int
    breaks: list[tuple[Context, Span]] = field(default_factory=list)
    continues: list[tuple[Context, Span]] = field(default_factory=list)


class _Inference:
    def __init__(
        self, found: Contexts, source: Source, allowed: Collection[str], to_allocate: frozenset[str]
    ) -> None:
        self.found = found
        self.source = source
        self.allowed = allowed
        self.to_allocate = to_allocate
        self.switches = Switches(self.report)
        self.loops: list[_Exits] = []
        self.returns: list[list[tuple[Context, Span]]] = []
        self.calls: list[Inline] = []
        self.scopes: list[Scope] = []

    def report(self, diagnostic: errors.Diagnostic) -> None:
        """Keep a message. One about a library routine is shown where the variant calls into the library."""
        place = diagnostic.span
        own = [call for call in self.calls if call.span.source is self.source]
        if place.source is not self.source and own:
            inner = f"{Path(place.source.name).name}:{place.line}"
            diagnostic = replace(diagnostic, span=own[-1].span, message=f"{diagnostic.message} (at {inner})")
        if diagnostic.code in self.allowed:
            diagnostic = replace(diagnostic, severity="warning")
        self.found.diagnostics.append(diagnostic)

    def call(self, body: Sequence[Node], start: Context, span: Span) -> None:
        """The outermost routine: whatever way it ends, nothing may be left behind."""
        for context, place in self.ends(body, start, span):
            self.found.ends.append(context)
            if context.leftovers():
                self.report(errors.left_behind(place, context.leftovers()))

    def ends(self, body: Sequence[Node], start: Context, span: Span) -> list[tuple[Context, Span]]:
        """The contexts in which a routine ends, with the place of each end."""
        self.returns.append([])
        loops, self.loops = self.loops, []
        scopes, self.scopes = self.scopes, []
        through = self.nodes(body, start)
        self.loops, self.scopes = loops, scopes
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
        self.used(node, context)
        match node:
            case Effect():
                return self.effect(node, context)
            case Branch():
                return self.branch(node, context)
            case Loop(body, step, span):
                return self.loop(body, step, span, context, may_skip=False)
            case ForEach(_, _, body, step, span):
                return self.loop(body, step, span, context, may_skip=True)
            case Scope():
                return self.scope(node, context)
            case Inline():
                return self.inline(node, context)
            case Jump():
                self.jump(node, context)
                return None
            case MaskOp("free_cpumask_var", x.Local(name, shown)):
                if name not in context.allocated:
                    self.report(errors.not_allocated(node.span, shown))
                return replace(context, allocated=context.allocated - {name})
            case SetLocal() | MaskOp():
                self.mark(node.step, context)
                return context

    def mark(self, step: StepPoint | None, context: Context) -> None:
        if step is not None:
            self.found.at[step.name] = context

    def used(self, node: Node, context: Context) -> None:
        """A mask that is allocated at all is used only where it is allocated; a message for each place."""
        locals_used, span = used_locals(node)
        for name in locals_used.keys() & (self.to_allocate - context.allocated):
            assert span is not None
            known = len(self.found.diagnostics)
            self.report(errors.used_unallocated(span, name.rpartition(".")[2], locals_used[name]))
            last = self.found.diagnostics[-1]
            if any(d.code == last.code and d.span == last.span for d in self.found.diagnostics[:known]):
                self.found.diagnostics.pop()

    def scope(self, node: Scope, context: Context) -> Context | None:
        self.scopes.append(node)
        after = self.nodes(node.body, context)
        self.scopes.pop()
        return after and self.leave([node], after, node.end)

    def leave(self, scopes: Sequence[Scope], context: Context, place: Span | None) -> Context:
        """The context outside of some blocks; what they have allocated must be freed."""
        variables = [variable.name for scope in scopes for variable in scope.variables]
        for name in variables:
            if name in context.allocated:
                assert place is not None, "only declared masks are allocated, in a block of the source"
                self.report(errors.not_freed(place, name.rpartition(".")[2]))
        return replace(context, allocated=context.allocated - {*variables})

    def jump(self, node: Jump, context: Context) -> None:
        if node.kind == "return":
            self.returns[-1].append((self.leave(self.scopes, context, node.span), node.span))
            return
        loop = self.loops[-1]
        context = self.leave(self.scopes[loop.scopes :], context, node.span)
        (loop.breaks if node.kind == "break" else loop.continues).append((context, node.span))

    def branch(self, node: Branch, context: Context) -> Context | None:
        self.mark(node.step, context)
        taken, missed = context, context
        acquires = bool(node.trylock) or node.allocates is not None
        if acquires and context.handler:
            self.report(errors.not_in_a_handler(node.span, written(node.span)))
        elif node.trylock:
            got = self.switches.tried(node, context)
            if got is None:
                return self.nodes(node.other, context)
            taken = got
        if node.allocates is not None:
            mask = {node.allocates.name}
            if mask <= context.allocated:
                self.report(errors.allocated_twice(node.span, node.allocates.shown))
            taken = replace(context, allocated=context.allocated | mask)
            missed = replace(context, allocated=context.allocated - mask)
        then, other = self.nodes(node.then, taken), self.nodes(node.other, missed)
        if then is None or other is None:
            return then if other is None else other
        if then != other:
            self.report(errors.different_contexts(node.span, then.difference(other), call=False))
            return None
        return then.join(other)

    def loop(
        self, body: Sequence[Node], step: StepPoint | None, span: Span, context: Context, *, may_skip: bool
    ) -> Context | None:
        begin = replace(context, sent=context.sent or sends(body))
        self.mark(step, begin)
        exits, rounds = self.round(body, begin, span)
        if any(again.answered for again, _ in rounds) and not begin.answered:
            # What the first round has answered, the next one has behind it: look at the body again.
            begin = replace(begin, answered=True)
            exits, rounds = self.round(body, begin, span)
        leaves = [*([(begin, span)] if may_skip else []), *exits.breaks]
        leaves.sort(key=lambda leave: leave[1].text.startswith("break"))
        kinds = ((begin, rounds, "continue"), (leaves[0][0] if leaves else begin, leaves[1:], "break"))
        for first, others, jump in kinds:
            for other, place in others:
                if other != first:
                    kind = jump if place.text.startswith(jump) else ""
                    self.report(errors.loop_changes_context(place, first.difference(other), kind))
                    return None
        return reduce(Context.join, [leave for leave, _ in leaves]) if leaves else None

    def round(
        self, body: Sequence[Node], context: Context, span: Span
    ) -> tuple[_Exits, list[tuple[Context, Span]]]:
        """One round of a loop: how it may be left, and in which contexts the next may begin."""
        exits = _Exits(len(self.scopes))
        self.loops.append(exits)
        through = self.nodes(body, context)
        self.loops.pop()
        return exits, [*exits.continues, *([(through, span)] if through is not None else [])]

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
        return reduce(Context.join, [end for end, _ in ends])

    def effect(self, node: Effect, context: Context) -> Context | None:
        self.mark(node.step, context)
        span = node.step.span
        if context.handler and node.op in _OF_TASKS:
            self.report(errors.not_in_a_handler(span, written(span)))
            return context
        if node.op in SWITCHES:
            return self.switches.after(node, context)
        self.demand(node, context)
        return replace(
            context,
            sent=context.sent or node.op == "send_call",
            answered=context.answered or node.op == "ack_call",
        )

    def demand(self, node: Effect, context: Context) -> None:
        """What an effect needs of its context."""
        span = node.step.span
        if node.op == "cond_resched" and context.atomic:
            self.report(errors.sleeps_while_atomic(span, node.op, str(context)))
        if node.op == "ack_call":
            if not context.handler:
                self.report(errors.acks_as_a_task(span))
            elif context.answered:
                self.report(errors.acks_twice(span))
        if node.op in _ON_LISTS:
            if node.args[0] != x.SelfCpu():
                advice = "write smp_processor_id(), and send a handler to the other CPUs"
                self.report(errors.not_yet_supported(span, "draining another CPU's list", advice))
            elif not context.irqs_off:
                self.report(errors.drains_with_irqs_on(span, node.op))
        if node.op in ("send_call", "wait_call"):
            self.call_of_others(node, context)

    def call_of_others(self, node: Effect, context: Context) -> None:
        """What a call of another CPU needs: both sending and waiting may wait for an answer."""
        span, itself = node.step.span, node.args[0] == x.SelfCpu()
        if context.irqs_off:
            self.report(errors.waits_with_irqs_off(span, node.op, itself=itself))
        elif context.preempt == 0:
            self.report(errors.calls_with_preemption_on(span, node.op))
        if node.op == "send_call" and itself:
            self.report(errors.sends_to_itself(span))
        if node.op == "wait_call" and not context.sent:
            self.report(errors.waits_for_nothing(span))


def sends(body: Sequence[Node]) -> bool:
    """Whether anything in there calls another CPU."""
    return any(isinstance(node, Effect) and node.op == "send_call" for node in walk(body))
