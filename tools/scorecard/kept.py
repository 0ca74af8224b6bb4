"""Kept: a row that was measured before is not measured again while nothing that went into it has changed.

A whole card takes hours. So a run that was ended goes on where it was, and one after a small change is short.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from hashlib import sha256
from pathlib import Path

from pcpdrain.codegen.library import SPEC
from pcpdrain.codegen.scopes import Scope
from pcpdrain.codegen.source import Source

from ..engines.java import find_java, find_tla2tools, java_identity
from ..engines.run_cache import RunCache, file_digest_of, run_key
from .measure import LeftOut, Row

_FOLDERS = {
    "spec/lib": (".drain",),
    "spec/tla": (".tla",),
    "codegen": (".py", ".lark", ".j2", ".h"),
    "pcpref": (".py",),
    "tools/engines": (".py",),
}
"""Where the files are that a row depends on, besides the variant, and what kinds of files these are."""

_MORE = ("tools/check.py", "tools/conformance.py", "tools/scorecard/measure.py")


def remembered_row(
    folder: Path | None, source: Source, scope: Scope, most_states: int, make: Callable[[], Row | LeftOut]
) -> Row | LeftOut:
    """The row of a variant at a scope: one kept of the same files, engine and interpreter, or one made now.

    A row in which somebody disagrees is not kept: it is to be looked at. Nor is that one was left out, which
    soon shows again. Without a folder nothing is kept.

    Raises:
        EngineMissing: there is no Java or no TLC.
    """
    if folder is None:
        return make()
    runs = RunCache(folder)
    versions = [platform.python_version(), file_digest_of(find_tla2tools()), java_identity(find_java())]
    key = run_key(["scorecard", *versions, repr(scope.bounds()), _code()], {source.name: source.text})
    kept = runs.recall(key)
    if kept is not None and kept["states"] <= most_states:
        return Row(**kept)
    made = make()
    if isinstance(made, Row) and made.explorer == made.reference == "equal":
        runs.note(key, asdict(made), made.seconds)
    return made


@cache
def _code() -> str:
    """The digest of all of the project that takes part."""
    root = SPEC.parent
    paths = [
        path
        for folder, kinds in _FOLDERS.items()
        for path in (root / folder).rglob("*")
        if path.suffix in kinds and path.is_file()
    ]
    digest = sha256()
    for path in sorted([*paths, *(root / name for name in _MORE)]):
        digest.update(f"{path.relative_to(root).as_posix()} {file_digest_of(path)}\n".encode())
    return digest.hexdigest()
