"""S: the text is not a `.drain` file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .diagnostic import Diagnostic, listing, suggestion

if TYPE_CHECKING:
    from ..source import Source, Span

__all__ = [
    "bad_number",
    "empty",
    "misspelt",
    "not_a_variant",
    "not_text",
    "not_utf8",
    "too_deep",
    "too_large",
    "unclosed",
    "unexpected_character",
    "unexpected_end",
    "unexpected_token",
    "unreadable",
]


def _start(source: Source) -> Span:
    return source.span(0, 0)


def unreadable(source: Source, error: OSError) -> Diagnostic:
    """S101: the operating system does not give the file."""
    reason = error.strerror or str(error)
    return Diagnostic(
        "S101", "error", _start(source), f"cannot read the file: {reason}", "name a readable .drain file"
    )


def not_utf8(span: Span, byte: int) -> Diagnostic:
    """S102: a byte that is not UTF-8."""
    return Diagnostic("S102", "error", span, f"byte 0x{byte:02x} is not UTF-8", "save the file as UTF-8")


def not_text(span: Span) -> Diagnostic:
    """S103: a zero byte: not a text file."""
    return Diagnostic("S103", "error", span, "a zero byte: this is not a text file", "name a .drain file")


def too_large(source: Source, size: int, limit: int) -> Diagnostic:
    """S104: larger than any variant could be."""
    message = f"the file has {size} bytes, more than the {limit} that are read"
    return Diagnostic(
        "S104", "error", _start(source), message, "a variant is a page of text; is this a .drain file?"
    )


def empty(source: Source) -> Diagnostic:
    """S105: nothing but blanks and comments."""
    advice = 'a variant begins with: variant NAME "what it is" {'
    return Diagnostic("S105", "error", _start(source), "the file is empty", advice)


_CHARACTERS = {
    "&": "there are no pointers: name the mask itself; a conjunction is `&&`",
    "|": "a disjunction is `||`; masks are joined by cpumask_or",
    "[": "there are no arrays",
    "]": "there are no arrays",
    "?": "write an `if`",
    "#": "there is no preprocessor",
    "'": 'there are no characters; a string stands in `"`',
    "\u201c": 'write a straight `"`',
    "\u201d": 'write a straight `"`',
    "\u00a0": "this is a no-break space; write a plain one",
    "\ufeff": "this is a byte order mark; remove it",
}
"""Characters that C, or the mail that a variant was copied from, has and the language has not."""


def unexpected_character(span: Span) -> Diagnostic:
    """S106: a character that starts nothing in the language."""
    if span.text == '"':
        return Diagnostic("S106", "error", span, "this string has no end", 'end it with `"` on the same line')
    if span.text == "/*":
        return Diagnostic("S106", "error", span, "this comment has no end", "end it with `*/`, or use `//`")
    shown = f"`{span.text}`" if span.text.isprintable() else f"U+{ord(span.text):04X}"
    advice = _CHARACTERS.get(span.text, "remove it")
    return Diagnostic("S106", "error", span, f"unexpected character {shown}", advice)


_IDIOMS = {
    "static": "write it outside of the routine, above it",
    "counter": "write it outside of the routine, above it",
    "for": "the loops are while, for_each_online_cpu, for_each_cpu and for_each_populated_zone",
    "do": "the loops are while, for_each_online_cpu, for_each_cpu and for_each_populated_zone",
    "switch": "write `if` and `else if`",
    "goto": "write a loop with `break`",
    "else": "there is no `if` that it could belong to",
}
"""Words of C that are wrong here, and what to write instead."""


def unexpected_token(span: Span, expected: Iterable[str], *, keyword: bool = False) -> Diagnostic:
    """S107: a word or sign that cannot stand here; `keyword` tells a word of the language from a name."""
    words = list(expected)
    advice = suggestion(span.text, (w for w in words if w.isidentifier()), f"expected {_summary(words)}")
    if span.text in _IDIOMS:
        advice = _IDIOMS[span.text]
    elif span.text in {"+", "-"} and "=" in words:
        advice = f"write: x = x {span.text} 1;"
    elif keyword and words == ["a name"]:
        advice = f"expected a name, and `{span.text}` is a word of the language"
    return Diagnostic("S107", "error", span, f"unexpected `{span.text}`", advice)


def _summary(expected: list[str]) -> str:
    return listing(w if w.startswith(("a ", "an ", "the ")) else f"`{w}`" for w in expected)


def unclosed(opening: Span) -> Diagnostic:
    """S108: the file ends within a brace or parenthesis."""
    closing = {"{": "}", "(": ")"}[opening.text]
    message = f"this `{opening.text}` is never closed"
    return Diagnostic("S108", "error", opening, message, f"add the missing `{closing}`")


def unexpected_end(span: Span, expected: Iterable[str]) -> Diagnostic:
    """S109: the file ends too early, outside of any brace."""
    return Diagnostic(
        "S109", "error", span, "the file ends too early", f"expected {_summary(list(expected))}"
    )


def too_deep(source: Source, span: Span | None = None) -> Diagnostic:
    """S110: nested deeper than the compiler follows; at `span`, if one place is to blame."""
    return Diagnostic(
        "S110",
        "error",
        span or _start(source),
        "the file is nested too deeply",
        "write it flatter: fewer brackets in brackets, and shorter sums",
    )


def not_a_variant(span: Span) -> Diagnostic:
    """S111: a library where a variant is wanted."""
    return Diagnostic(
        "S111", "error", span, "this is a library, not a variant", "name a file that begins with `variant`"
    )


def bad_number(span: Span, largest: int) -> Diagnostic:
    """S112: a number that C would not read as it looks."""
    if len(span.text) > 1 and span.text.startswith("0") and len(span.text) <= len(str(largest)):
        digits = span.text.lstrip("0") or "0"
        return Diagnostic(
            "S112", "error", span, "a number that begins with 0 is octal in C", f"write {digits}"
        )
    message = f"the number is larger than {largest}, the largest int"
    return Diagnostic("S112", "error", span, message, "no count in the machine comes near it")


def misspelt(span: Span, keyword: str) -> Diagnostic:
    """S113: a word that is nearly a keyword, where that keyword would make sense."""
    return Diagnostic("S113", "error", span, f"unknown word `{span.text}`", f"did you mean `{keyword}`?")
