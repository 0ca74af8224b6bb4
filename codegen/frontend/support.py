"""Find what the language has but no backend can express yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .. import ast, errors
from .calls import handlers_handed_on, walk

_ADVICE = "the variant can be written, but not compiled, in this version"


def unsupported(
    variant: ast.Variant, entry: ast.Routine | None, routines: Mapping[str, ast.Routine]
) -> Iterator[errors.Diagnostic]:
    """An N501 at each construct of the variant that waits for a later version."""
    for routine in variant.routines:
        yield from unsupported_in(routine)
    if entry is not None:
        sent = handlers_handed_on(entry, routines)
        for use in sent[1:]:
            what = f"a second handler (`{use.name}`, after `{sent[0].name}`)"
            yield errors.not_yet_supported(use.span, what, "send one handler that does the work of both")


def unsupported_in(routine: ast.Routine) -> Iterator[errors.Diagnostic]:
    """An N501 at each construct of a routine that waits for a later version."""
    for node in walk(routine.body):
        if isinstance(node, ast.Atomic | ast.Assert):
            word = "atomic" if isinstance(node, ast.Atomic) else "assert"
            span = node.span.source.span(node.span.start, node.span.start + len(word))
            yield errors.not_yet_supported(span, f"`{word}`", _ADVICE)
