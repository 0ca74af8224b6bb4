"""Declare names: no name twice where both can be seen, and none that is reserved."""

from __future__ import annotations

from dataclasses import dataclass

from .. import errors
from ..source import Span
from .reserved import reserved
from .symbols import Names, Symbol, is_builtin


@dataclass(frozen=True)
class Declarations:
    """Adds symbols to blocks, and what is wrong with them to `problems`."""

    problems: list[errors.Diagnostic]

    def declare(self, symbol: Symbol, names: Names, *, top_level: bool = False) -> None:
        """Make a symbol known in `names`. A name that cannot be declared keeps its first meaning."""
        if symbol.span is None:
            raise ValueError(f"{symbol.name} has no place")
        first = names.find(symbol.name)
        reason = "it is a builtin of the language" if is_builtin(symbol.name) else None
        reason = reason or reserved(symbol.name, top_level=top_level)
        if first is not None and first.span is None:
            reason = "it is part of the machine"
        if reason is not None:
            self.problems.append(errors.reserved_name(symbol.span, shown(symbol.span), reason))
        elif first is not None and first.span is not None:
            what = str(first.role)
            if first.span.source is not symbol.span.source:
                what += " of the library"
            self.problems.append(errors.duplicate_name(symbol.span, what, first.span))
            return
        names.own.setdefault(symbol.name, symbol)


def shown(span: Span) -> str:
    """A name as a message shows it: a very long one is cut."""
    return span.text if len(span.text) <= 70 else span.text[:60] + "..."
