"""D201 to D219, D241 and D242: names, declarations, routines and expectations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .context import ALLOWABLE
from .diagnostic import Diagnostic, listing, suggestion

if TYPE_CHECKING:
    from ..source import Span

__all__ = [
    "called_too_deeply",
    "declared_without_block",
    "duplicate_label",
    "duplicate_name",
    "entry_with_parameters",
    "expected_twice",
    "handler_with_parameters",
    "invariant_not_proved",
    "label_without_step",
    "missing_entry",
    "name_of_two_kinds",
    "not_allowable",
    "not_provable",
    "only_masks_uninitialised",
    "other_entry",
    "recursion",
    "reserved_name",
    "too_many_statements",
    "unknown_label",
    "unknown_name",
    "unknown_property",
    "unknown_scope",
    "wrong_declared_type",
]


def _error(code: str, span: Span, message: str, advice: str) -> Diagnostic:
    return Diagnostic(code, "error", span, message, advice)


def _all(words: Iterable[str]) -> str:
    return listing((f"`{word}`" for word in words), "and")


def duplicate_name(span: Span, first: str, where: Span) -> Diagnostic:
    """D201: a name that already means something here; `first` says what, `where` is its declaration."""
    file = "" if where.source is span.source else f"{Path(where.source.name).name}, "
    place = f"{file}line {where.line}"
    advice = "choose another name; hiding one is refused, since a message could then mean either"
    return _error("D201", span, f"`{span.text}` is already {first}, declared in {place}", advice)


def reserved_name(span: Span, shown: str, reason: str) -> Diagnostic:
    """D202: a name that the language, the machine or a generated file needs for itself."""
    return _error("D202", span, f"`{shown}` cannot be declared", f"choose another name: {reason}")


def unknown_name(span: Span, what: str, known: Iterable[str], otherwise: str) -> Diagnostic:
    """D203: a name that nothing declares; `what` is the kind of thing that the place wants."""
    return _error("D203", span, f"unknown {what} `{span.text}`", suggestion(span.text, known, otherwise))


def missing_entry(span: Span, entry: str) -> Diagnostic:
    """D204: a variant without the routine that it is a variant of."""
    return _error("D204", span, f"variant `{span.text}` has no `{entry}`", f"write: {entry}() {{ ... }}")


def other_entry(span: Span, entry: str | None, kind: str) -> Diagnostic:
    """D205: a routine without a keyword that is not the entry, or the entry with one.

    `entry` is None in a library.
    """
    if span.text == entry:
        message = f"`{entry}` is the call itself, not a {kind}"
        return _error("D205", span, message, f"remove the word `{kind}`")
    only = f"only `{entry}` stands without a keyword" if entry else "a library has no entry"
    return _error(
        "D205",
        span,
        f"`{span.text}` is neither a routine nor a handler",
        f"write `routine` before it; {only}",
    )


def entry_with_parameters(span: Span, entry: str) -> Diagnostic:
    """D206: the entry takes nothing."""
    return _error("D206", span, f"`{entry}` takes no parameters", f"write: {entry}()")


def recursion(span: Span, cycle: Sequence[str]) -> Diagnostic:
    """D207: routines are inlined, so none may reach itself."""
    shown = " -> ".join(f"`{name}`" for name in cycle)
    return _error("D207", span, f"`{cycle[-1]}` calls itself: {shown}", "use a loop; routines are inlined")


def unknown_label(span: Span, label: str, own: Iterable[str], others: Iterable[str]) -> Diagnostic:
    """D208: a clause of an invariant names a place that is not there; the file has its `own` places."""
    places = list(own)
    near = suggestion(span.text, [*places, *others], f"the places are {_all(places)}")
    return _error("D208", span, f"unknown label `{label}`", near)


def duplicate_label(span: Span, first: Span) -> Diagnostic:
    """D209: two statements with one label."""
    message = f"the label `{span.text}` is already at line {first.line}"
    return _error("D209", span, message, "choose another label; `at` must mean one place")


def unknown_property(span: Span, known: Iterable[str]) -> Diagnostic:
    """D210: an expectation of something that is no property."""
    words = list(known)
    otherwise = f"the properties are {_all(words)}"
    return _error("D210", span, f"unknown property `{span.text}`", suggestion(span.text, words, otherwise))


def unknown_scope(span: Span, known: Iterable[str]) -> Diagnostic:
    """D211: an expectation in something that is no scope."""
    words = list(known)
    otherwise = f"the scopes are {_all(words)}"
    return _error("D211", span, f"unknown scope `{span.text}`", suggestion(span.text, words, otherwise))


def expected_twice(span: Span, property_name: str, first: Span) -> Diagnostic:
    """D212: one property at one scope with two expectations, be they equal or not."""
    message = f"`{property_name}` in `{span.text}` is already expected at line {first.line}"
    return _error("D212", span, message, "keep one of the two")


def invariant_not_proved(span: Span, verdict: str) -> Diagnostic:
    """D243: an expectation that an invariant holds, or is violated."""
    message = f"the invariant `{span.text}` is expected as `{verdict}`"
    advice = "an invariant is an argument, and is proved or is not: write `proved in`"
    return _error("D243", span, message, advice)


def not_provable(span: Span, known: Iterable[str]) -> Diagnostic:
    """D245: a property that inductive proofs do not speak of."""
    message = f"`{span.text}` cannot be proved by induction here"
    return _error("D245", span, message, f"what can be proved is {_all(known)}")


def label_without_step(span: Span, *, used: bool) -> Diagnostic:
    """D244: a clause about a place that no step is at; `used` tells that the variant comes by it."""
    if used:
        why = "what the statement does belongs to the step before it"
        advice = "label a statement with a step; `pcpdrain steps` shows them"
    else:
        why = "the variant never comes there"
        advice = "remove it; `pcpdrain steps` shows all steps of the variant"
    return _error("D244", span, f"no step is at `{span.text}`: {why}", advice)


def wrong_declared_type(span: Span, declared: str, allowed: Iterable[str]) -> Diagnostic:
    """D213: a type that this sort of declaration (`declared`, as in "a static variable") cannot have."""
    return _error(
        "D213", span, f"{declared} cannot be of type `{span.text}`", f"it may be {listing(allowed)}"
    )


def name_of_two_kinds(span: Span, here: str, first: str, where: Span) -> Diagnostic:
    """D214: two blocks of a routine use one name for different kinds; it is one variable in traces."""
    message = f"`{span.text}` is {here} here and {first} at line {where.line}"
    return _error("D214", span, message, "choose another name; in a trace the two would be one variable")


def declared_without_block(span: Span) -> Diagnostic:
    """D215: a declaration as the whole body of an `if`, a loop or a label."""
    message = f"`{span.text}` is declared where only a statement can stand"
    return _error("D215", span, message, "put it in a block `{ ... }`; it would be gone at once")


def handler_with_parameters(span: Span, name: str) -> Diagnostic:
    """D216: a handler runs for an IPI, which carries nothing."""
    advice = "use static variables, or make it a `routine`"
    return _error("D216", span, f"the handler `{name}` has parameters, but an IPI carries none", advice)


def called_too_deeply(span: Span, limit: int) -> Diagnostic:
    """D217: a longer chain of calls than is inlined."""
    return _error(
        "D217", span, f"calls are nested more than {limit} deep here", "call fewer routines from routines"
    )


def too_many_statements(span: Span, count: int, limit: int) -> Diagnostic:
    """D218: more statements than any state graph can follow, once routines are inlined."""
    message = f"`{span.text}` has {count} statements when all it calls is inlined, more than {limit}"
    return _error("D218", span, message, "call fewer routines, or call them in a loop")


def only_masks_uninitialised(span: Span, declared: str) -> Diagnostic:
    """D241: a lock that begins with any contents."""
    message = f"a {declared} cannot be `uninitialised`"
    return _error("D241", span, message, "only a mask begins with any contents; a lock must be free")


def not_allowable(span: Span) -> Diagnostic:
    """D242: `allow` of something that no variant may do, or that is no code at all."""
    advice = f"the codes that a variant may allow are {_all(ALLOWABLE)}"
    return _error("D242", span, f"`{span.text}` cannot be allowed", advice)
