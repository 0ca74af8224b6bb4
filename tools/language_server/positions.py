"""Positions: lines and columns in an editor's units <=> offsets in a text."""

from __future__ import annotations

from lsprotocol import types
from pygls.workspace import PositionCodec, ServerTextPosition

from pcpdrain.codegen.source import Source


class Positions:
    """The places of one text, for an editor that counts as `codec` says; lines end as the compiler's do."""

    def __init__(self, source: Source, codec: PositionCodec) -> None:
        self.source = source
        self._codec = codec
        self._lines = [f"{line}\n" for line in source.text.split("\n")]

    def offset(self, position: types.Position) -> int:
        """The offset of a place; what is outside of the text is moved to its nearest place."""
        line = min(max(position.line, 0), len(self._lines) - 1)
        if line != position.line:
            return len(self.source.text) if position.line > 0 else 0
        column = self._codec.position_from_client_units(self._lines, position).character
        start = sum(map(len, self._lines[:line]))
        return min(start + max(column, 0), start + len(self._lines[line]) - 1)

    def range(self, start: int, end: int) -> types.Range:
        """The piece of text between two offsets."""
        return types.Range(self._position(start), self._position(end))

    def _position(self, offset: int) -> types.Position:
        line, column = self.source.line_col(min(max(offset, 0), len(self.source.text)))
        return self._codec.position_to_client_units(self._lines, ServerTextPosition(line - 1, column - 1))
