"""D220 to D239: expressions and statements whose parts do not fit together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .diagnostic import Diagnostic

if TYPE_CHECKING:
    from ..source import Span

__all__ = [
    "assigned_kind",
    "bad_divisor",
    "condition_elsewhere",
    "condition_handed_on",
    "condition_not_bool",
    "condition_without_end",
    "different_kinds",
    "invariant_only",
    "jump_outside_loop",
    "not_a_local_mask",
    "not_a_routine",
    "not_assignable",
    "not_called",
    "online_mask_written",
    "return_value",
    "return_without_value",
    "statement_as_value",
    "value_as_statement",
    "wrong_argument_count",
    "wrong_argument_kind",
    "wrong_operand",
]


def _error(code: str, span: Span, message: str, advice: str) -> Diagnostic:
    return Diagnostic(code, "error", span, message, advice)


def wrong_argument_count(span: Span, name: str, signature: Sequence[str], given: int) -> Diagnostic:
    """D220: too few or too many arguments."""
    count = len(signature)
    wanted = f"{count} argument{'' if count == 1 else 's'}" if count else "no arguments"
    return _error(
        "D220", span, f"`{name}` takes {wanted}, not {given}", f"write: {name}({', '.join(signature)})"
    )


def wrong_argument_kind(span: Span, which: str, wanted: str, given: str, advice: str) -> Diagnostic:
    """D221: an argument of another kind than the parameter."""
    return _error("D221", span, f"{which} must be {wanted}, and this is {given}", advice)


def condition_not_bool(span: Span, given: str, advice: str) -> Diagnostic:
    """D222: a condition that is neither true nor false."""
    return _error("D222", span, f"a condition must be a bool, and this is {given}", advice)


def wrong_operand(span: Span, operator: str, wanted: str, given: str) -> Diagnostic:
    """D223: an operand that the operator cannot take."""
    advice = "masks are combined and asked by cpumask_ calls" if given == "a cpumask" else f"make it {wanted}"
    return _error("D223", span, f"`{operator}` needs {wanted}, and this is {given}", advice)


def different_kinds(span: Span, operator: str, left: str, right: str) -> Diagnostic:
    """D224: a comparison of things that can never be equal."""
    return _error(
        "D224", span, f"`{operator}` compares {left} with {right}", "compare things of the same kind"
    )


def bad_divisor(span: Span, operator: str) -> Diagnostic:
    """D225: division by something that might be zero."""
    message = f"`{operator}` needs a number other than zero on its right"
    return _error("D225", span, message, "write the divisor as a number, such as `/ 2`")


def not_assignable(span: Span, what: str, advice: str) -> Diagnostic:
    """D226: an assignment to something that is not a `bool` or `int` local; `what` says what it is."""
    return _error("D226", span, f"`{span.text}` is {what} and cannot be assigned", advice)


def assigned_kind(span: Span, name: str, wanted: str, given: str) -> Diagnostic:
    """D227: a value of another kind than the variable."""
    compare = wanted == "a bool" and given in {"an int", "a CPU", "a zone"}
    advice = "compare it, for example with `!= 0`" if compare else f"assign {wanted}"
    return _error("D227", span, f"`{name}` is {wanted}, and this is {given}", advice)


def online_mask_written(span: Span, by: str) -> Diagnostic:
    """D228: only hotplug changes `cpu_online_mask`; `by` is the builtin or routine that would write it."""
    advice = "copy it first: cpumask_copy(mine, cpu_online_mask)"
    return _error("D228", span, f"`{by}` would write `{span.text}`", advice)


def value_as_statement(span: Span) -> Diagnostic:
    """D229: asking something and throwing the answer away."""
    return _error(
        "D229", span, f"`{span.text}` only gives a value, which is lost here", "use the value, or remove it"
    )


def statement_as_value(span: Span) -> Diagnostic:
    """D230: using the value of something that gives none."""
    return _error("D230", span, f"`{span.text}` gives no value", "write it as a statement of its own")


def condition_elsewhere(span: Span, advice: str) -> Diagnostic:
    """D231: a trylock or a condition that is not the whole of an `if` or `while`, which shows both ways."""
    message = f"`{span.text}` can only be the whole condition of an `if` or a `while`"
    return _error("D231", span, message, advice)


def jump_outside_loop(span: Span, kind: str) -> Diagnostic:
    """D232: `break` or `continue` with nothing around it."""
    return _error("D232", span, f"`{kind}` outside of a loop", "use `return` to leave the routine")


def return_value(span: Span) -> Diagnostic:
    """D233: routines are inlined and give no value."""
    advice = "write `return;`, and keep the result in a static variable or a mask"
    return _error("D233", span, "a routine gives no value", advice)


def not_called(span: Span, what: str, advice: str) -> Diagnostic:
    """D234: a routine or builtin named as if it were a value."""
    return _error("D234", span, f"`{span.text}` is {what}, not a value", advice)


def not_a_routine(span: Span, what: str) -> Diagnostic:
    """D235: a call of something that cannot be called."""
    return _error("D235", span, f"`{span.text}` is {what} and cannot be called", "remove the parentheses")


def invariant_only(span: Span, construct: str) -> Diagnostic:
    """D236: logic that no kernel routine can compute."""
    return _error(
        "D236",
        span,
        f"`{construct}` only has a meaning in an invariant",
        "say it in an `invariant`, or write a loop",
    )


def return_without_value(span: Span) -> Diagnostic:
    """D237: `return;` in a condition."""
    advice = "write `return true;` or `return false;`"
    return _error("D237", span, "a condition gives true or false", advice)


def condition_without_end(span: Span, name: str) -> Diagnostic:
    """D238: the end of a condition can be reached, where it gives nothing."""
    message = f"the end of the condition `{name}` is reached without a value"
    return _error("D238", span, message, "end it with `return true;` or `return false;`")


def condition_handed_on(span: Span) -> Diagnostic:
    """D239: a condition is handed on that is not asked about one CPU."""
    message = f"`{span.text}` does not take one CPU, as a condition that is handed on does"
    return _error("D239", span, message, f"declare it so: condition {span.text}(cpu target)")


def not_a_local_mask(span: Span, by: str, what: str) -> Diagnostic:
    """D240: an allocation of something that is not a local mask; `what` says what it is."""
    message = f"`{by}` needs a local cpumask, and `{span.text}` is {what}"
    return _error("D240", span, message, "declare one in this routine: cpumask mine;")
