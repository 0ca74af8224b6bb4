"""C: what may not be done in this context (irqs, preemption, locks)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .diagnostic import Diagnostic, listing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..source import Span

__all__ = [
    "ALLOWABLE",
    "acks_as_a_task",
    "acks_twice",
    "against_the_order",
    "allocated_twice",
    "already_held",
    "calls_with_preemption_on",
    "different_contexts",
    "drains_with_irqs_on",
    "left_behind",
    "loop_changes_context",
    "not_allocated",
    "not_freed",
    "not_held",
    "not_in_a_handler",
    "sends_to_itself",
    "sleeps_while_atomic",
    "unbalanced",
    "used_unallocated",
    "waits_for_nothing",
    "waits_with_irqs_off",
    "wrong_release",
]

ALLOWABLE = ("C303", "C309")
"""The mistakes that a variant may `allow`: what it does then means something, be it wrong."""


def sleeps_while_atomic(span: Span, what: str, context: str) -> Diagnostic:
    """C301: something that may sleep where sleeping is forbidden."""
    return Diagnostic(
        "C301", "error", span, f"`{what}` may sleep, but here: {context}", "move it out of the atomic section"
    )


def not_held(span: Span, lock: str, held: Sequence[str]) -> Diagnostic:
    """C302: a lock is released that is not held here; `held` are those that are."""
    advice = "take it on every path that leads here"
    if held:
        advice += f"; held here: {listing((f'`{other}`' for other in held), 'and')}"
    return Diagnostic("C302", "error", span, f"`{lock}` is not held here", advice)


def left_behind(span: Span, what: str) -> Diagnostic:
    """C303: a call ends with a lock held, irqs off or preemption off."""
    return Diagnostic(
        "C303", "error", span, f"the call ends with {what}", "undo it on every path before the call ends"
    )


def different_contexts(span: Span, difference: str, *, call: bool) -> Diagnostic:
    """C304: two ways meet in different contexts: a condition's branches, or the ends of a `call`."""
    if call:
        advice = "make all its ends leave the same context"
        return Diagnostic("C304", "error", span, f"the ends of this call differ: {difference}", advice)
    advice = "make both branches leave the same context"
    return Diagnostic("C304", "error", span, f"the branches of this condition meet with {difference}", advice)


def already_held(span: Span, lock: str, *, tried: bool) -> Diagnostic:
    """C305: a lock is taken that this call holds already; `tried` if it is not waited for."""
    outcome = "trying can only fail" if tried else "the call would wait for itself"
    return Diagnostic(
        "C305", "error", span, f"`{lock}` is held already", f"these locks do not nest: {outcome}"
    )


def unbalanced(span: Span, what: str, state: str, keepers: Sequence[str] = ()) -> Diagnostic:
    """C306: irqs or preemption are switched to what they are, or on while `keepers` (locks) are held."""
    advice = "pair each disable with one enable"
    if what == "spin_lock_irqsave":
        advice = "write spin_lock() and spin_unlock(), or turn irqs on before: saved flags do not nest here"
    elif keepers:
        held = listing((f"`{lock}`" for lock in keepers), "and")
        state = f"{state} off while {held} {'is' if len(keepers) == 1 else 'are'} held"
        release = "spin_unlock_irqrestore" if what == "local_irq_enable" else "spin_unlock"
        advice = f"release the lock before: {release}({keepers[0]})"
    return Diagnostic("C306", "error", span, f"`{what}`, but {state}", advice)


def loop_changes_context(span: Span, difference: str, jump: str = "") -> Diagnostic:
    """C307: one round of a loop ends in another context than it began in, or its exits differ.

    `jump` is the `break` or `continue` that makes the difference, if it is one.
    """
    advice = "leave the context as it was before the next round"
    if jump == "continue":
        message = f"with this `continue` the rounds of the loop differ: {difference}"
        return Diagnostic("C307", "error", span, message, advice)
    if jump == "break":
        message = f"this `break` and the other exits of the loop differ: {difference}"
        return Diagnostic("C307", "error", span, message, "leave the loop in one context, whatever the way")
    return Diagnostic("C307", "error", span, f"the rounds or exits of this loop differ: {difference}", advice)


def not_in_a_handler(span: Span, what: str) -> Diagnostic:
    """C308: something that only a task may do: sleep, wait, take locks, or switch irqs and preemption."""
    if what in {"send_call", "wait_call"}:
        advice = "only a task may call other CPUs"
    elif what == "cond_resched":
        advice = "only a task may sleep"
    elif what == "alloc_cpumask_var":
        advice = "only a task may allocate"
    elif "lock" in what:
        advice = "only a task may take locks: the handler could have interrupted the one that holds it"
    else:
        advice = "an IPI handler runs with irqs off from its beginning to its end, and nobody preempts it"
    return Diagnostic("C308", "error", span, f"`{what}` in an IPI handler", advice)


def calls_with_preemption_on(span: Span, what: str) -> Diagnostic:
    """C309: a cross-CPU call by a task that could be moved or preempted in the middle."""
    return Diagnostic("C309", "error", span, f"`{what}` with preemption on", "call preempt_disable() before")


def waits_with_irqs_off(span: Span, what: str, *, itself: bool) -> Diagnostic:
    """C310: waiting for an IPI with irqs off; a warning, so that the checker can show the deadlock.

    Sending waits, too: for the answer to the last call to that CPU.
    """
    if what == "send_call":
        message = "this waits with irqs off for the answer to the last call to that CPU"
        ending = "nobody else can give it" if itself else "two such callers wait for each other"
        return Diagnostic("C310", "warning", span, f"{message}: {ending}", "never_stuck may show it")
    if itself:
        message = "this waits with irqs off for its own CPU: nobody else can answer"
    else:
        message = "this waits for other CPUs with irqs off: two such callers wait for each other"
    return Diagnostic("C310", "warning", span, message, "never_stuck will show it")


def drains_with_irqs_on(span: Span, what: str) -> Diagnostic:
    """C311: a pcp list is emptied with irqs on, so an interrupt could change it in the middle."""
    advice = "call local_irq_disable() before, or do it in a handler"
    return Diagnostic("C311", "error", span, f"`{what}` with irqs on", advice)


def used_unallocated(span: Span, mask: str, shown: str) -> Diagnostic:
    """C312: a mask is used where it is not allocated; `shown` is its name there, maybe a parameter."""
    alias = f" (as `{shown}`)" if shown != mask else ""
    advice = f"use it only where alloc_cpumask_var({mask}) has succeeded, and before it is freed"
    return Diagnostic("C312", "error", span, f"`{mask}` is used here{alias}, but not allocated", advice)


def allocated_twice(span: Span, mask: str) -> Diagnostic:
    """C313: a mask is allocated that this call has allocated already."""
    advice = f"call free_cpumask_var({mask}) before; the first allocation would be lost"
    return Diagnostic("C313", "error", span, f"`{mask}` is allocated already", advice)


def not_freed(span: Span, mask: str) -> Diagnostic:
    """C314: the block of an allocated mask is left."""
    advice = f"call free_cpumask_var({mask}) on every path before"
    return Diagnostic("C314", "error", span, f"`{mask}` ends here and is not freed", advice)


def not_allocated(span: Span, mask: str) -> Diagnostic:
    """C315: a mask is freed that is not allocated here."""
    advice = "free it once, and only where its allocation has succeeded"
    return Diagnostic("C315", "error", span, f"`{mask}` is freed here, but not allocated", advice)


def acks_as_a_task(span: Span) -> Diagnostic:
    """C316: a task acknowledges a request, which only the handler that serves it can."""
    return Diagnostic(
        "C316", "error", span, "`ack_call` outside of an IPI handler", "a task has no request to answer"
    )


def wrong_release(span: Span, lock: str, *, restores: bool) -> Diagnostic:
    """C317: a spinlock is released by the call that does not belong to the one that took it."""
    if restores:
        message = f"`{lock}` was not taken by spin_lock_irqsave, so no flags were saved to restore"
        advice = f"write spin_unlock({lock}), or take it by spin_lock_irqsave({lock})"
    else:
        message = f"`{lock}` was taken by spin_lock_irqsave, and this leaves irqs off"
        advice = f"write spin_unlock_irqrestore({lock})"
    return Diagnostic("C317", "error", span, message, advice)


def waits_for_nothing(span: Span) -> Diagnostic:
    """C318: a wait that no send of the same call leads to; a warning, as Linux lets it pass."""
    return Diagnostic(
        "C318",
        "warning",
        span,
        "`wait_call`, but no `send_call` of this call leads here",
        "it passes at once, unless an earlier drain_all_pages() has left a call unanswered",
    )


def sends_to_itself(span: Span) -> Diagnostic:
    """C319: a request to this very CPU; a warning, as an interrupt of its own answers it."""
    return Diagnostic(
        "C319",
        "warning",
        span,
        "this CPU calls itself, by an interrupt",
        "run the handler here with irqs off, as smp_call_function_single() does",
    )


def against_the_order(span: Span, lock: str, held: str, lines: Sequence[int]) -> Diagnostic:
    """C320: a lock is waited for with another one held, and elsewhere the other way round; a warning.

    `lines` are the places that take one lock after another, from `lock` to `held`.
    """
    where = f"line{'s' if len(lines) > 1 else ''} {listing(map(str, lines), 'and')}"
    message = f"`{lock}` is waited for with `{held}` held, and in {where} it is the other way round"
    advice = "take locks in one order: two callers can wait for each other, and never_stuck may show it"
    return Diagnostic("C320", "warning", span, message, advice)


def acks_twice(span: Span) -> Diagnostic:
    """C321: a handler acknowledges its request though it may have done so before."""
    message = "`ack_call`, but on a way that leads here the request is answered already"
    return Diagnostic(
        "C321", "error", span, message, "answer once: the caller may have sent the next request"
    )
