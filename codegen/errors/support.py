"""N: in the language, but not yet supported by what comes after the parser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .diagnostic import Diagnostic

if TYPE_CHECKING:
    from ..source import Span

__all__ = ["not_checked", "not_yet_supported"]


def not_yet_supported(span: Span, what: str, advice: str) -> Diagnostic:
    """N501: a construct that no backend can express yet; the variant cannot be checked."""
    return Diagnostic("N501", "error", span, f"not yet supported: {what}", advice)


def not_checked(span: Span, what: str, advice: str) -> Diagnostic:
    """N502: a statement about the variant that no engine checks; everything else is checked."""
    return Diagnostic("N502", "warning", span, f"not checked: {what}", advice)
