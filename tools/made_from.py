"""Made from: the digests of all that verdicts depend on, kept beside them, so that stale ones are noticed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path

from pcpdrain.codegen.library import SPEC
from pcpdrain.codegen.source import Source

from .files import write_atomically

_ROOT = SPEC.parent

_FOLDERS = {
    "spec": (".drain", ".tla", ".toml"),
    "codegen": (".py", ".lark", ".j2", ".h"),
    "pcpref": (".py",),
    "tools/engines": (".py",),
}
"""Where the files are that a verdict depends on, and what kinds of files these are."""

_MORE = tuple(
    f"tools/{name}.py"
    for name in (
        "check", "confirming", "exploring_jobs", "judging", "planning", "replay", "results", "traces",
    )
)  # fmt: skip

_PAGES = ("benchmarks", "numbers", "review", "scorecard")
"""What is written in docs, as people read it."""

_ONLY_TOLD = ("spec/review.toml", *(f"codegen/templates/{page}.md.j2" for page in _PAGES))
"""What speaks of verdicts, or of other things, and has no part in them."""


def digests() -> dict[str, str]:
    """The SHA-256 of each file of the project that a verdict depends on."""
    paths = [
        path
        for folder, kinds in _FOLDERS.items()
        for path in (_ROOT / folder).rglob("*")
        if path.suffix in kinds and path.is_file()
    ]
    named = {path.relative_to(_ROOT).as_posix(): path for path in [*paths, *(_ROOT / name for name in _MORE)]}
    return {name: _digest(named[name]) for name in sorted(named) if name not in _ONLY_TOLD}


def elsewhere(sources: Iterable[Source]) -> dict[str, str]:
    """The SHA-256 of each variant that is no file of the project."""
    own = {(SPEC / folder).resolve() for folder in ("variants", "broken")}
    return {s.name: s.digest for s in sources if s.path is None or s.path.resolve().parent not in own}


def manifest_file(results: Path) -> Path:
    """Where it is kept what results were made from; in the form of sha256sum."""
    return results.with_suffix(".sha256")


def write_manifest(results: Path, made_from: Mapping[str, str]) -> None:
    """Keep what the results in a file were made from. `made_from` was taken before they were.

    Raises:
        OutputError: the file cannot be written.
    """
    lines = {results.name: _digest(results), **made_from}
    text = "".join(f"{digest}  {name}\n" for name, digest in lines.items())
    write_atomically(manifest_file(results), text)


def changed_since(results: Path) -> list[str]:
    """The files that are not as they were when the results were made, the results themselves among them.

    Raises:
        OSError: one cannot be read.
    """
    text = manifest_file(results).read_text(encoding="utf-8")
    kept = {name: digest for line in text.splitlines() for digest, _, name in [line.partition("  ")]}
    now = {results.name: _digest(results), **digests()}
    return sorted(name for name in kept.keys() | now.keys() if kept.get(name) != now.get(name))


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()
