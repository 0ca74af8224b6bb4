"""Format: files => those that would change, with their new text."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import unified_diff
from pathlib import Path

from pcpdrain.codegen.errors import DrainErrors
from pcpdrain.codegen.errors.diagnostic import Diagnostic
from pcpdrain.codegen.formatting import format_source
from pcpdrain.codegen.source import Source, read_source


def reformatted(files: Iterable[Path]) -> list[tuple[Source, str]]:
    """The files that are not in the one style, each with what they should be.

    Raises:
        DrainErrors: what keeps some of the files from being read, all of it.
    """
    changed: list[tuple[Source, str]] = []
    failures: list[Diagnostic] = []
    for path in dict.fromkeys(files):
        try:
            source = read_source(path)
            text = format_source(source)
        except DrainErrors as error:
            failures.extend(error.diagnostics)
            continue
        if text != source.text:
            changed.append((source, text))
    if failures:
        raise DrainErrors(failures)
    return changed


def difference(source: Source, text: str) -> str:
    """The change as a patch."""
    before = source.text.splitlines(keepends=True)
    if before and not before[-1].endswith("\n"):
        before[-1] += "\n\\ No newline at end of file\n"
    return "".join(unified_diff(before, text.splitlines(keepends=True), source.name, source.name))
