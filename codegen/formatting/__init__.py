"""Format: source text => the same words and comments in the one style, or the error that prevents it.

Only blanks and line ends change, so what a file means cannot.
"""

from __future__ import annotations

from ..frontend.parse import parse
from ..source import Source
from .layout import lay_out
from .write import write

__all__ = ["format_source"]


def format_source(source: Source) -> str:
    """The text of a file in the one style; formatting it again changes nothing.

    Raises:
        errors.DrainErrors: the text is not a `.drain` file.
    """
    parse(source)  # says best what is wrong
    return write(source.text, lay_out(source.text))
