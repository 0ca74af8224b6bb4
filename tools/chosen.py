"""Chosen: names and files on the command line => compiled variants, scopes and properties."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import click

from pcpdrain.codegen.errors import DrainErrors
from pcpdrain.codegen.errors.diagnostic import Diagnostic, listing, suggestion
from pcpdrain.codegen.library import SPEC, project_scopes, variant_files
from pcpdrain.codegen.pipeline import Compiled, compile_file
from pcpdrain.codegen.properties import PROPERTIES
from pcpdrain.codegen.scopes import Scope
from pcpdrain.codegen.source import Source

BUDDY = "buddy"
"""What stands for the buddy allocator's own module among variants."""


class Chosen(list[Compiled]):
    """Compiled variants. `everything`: none was named; `buddy`: Buddy.tla was."""

    everything = False
    buddy = False


def broken_files() -> list[Path]:
    """All variants in `spec/broken`, by name: each is wrong on purpose, to show that a property can fail."""
    return sorted((SPEC / "broken").glob("*.drain"))


def is_broken(source: Source) -> bool:
    """Whether a variant is one of those that are broken on purpose."""
    return source.path is not None and source.path.resolve().parent == (SPEC / "broken").resolve()


def chosen_properties(names: Sequence[str]) -> list[str]:
    """The named properties, or all."""
    _refuse_unknown("property", names, PROPERTIES, {})
    return [name for name in PROPERTIES if not names or name in names]


def chosen_scopes(names: Sequence[str], *, suites: Collection[str] = ()) -> list[Scope]:
    """The named scopes; without names all, or those with suites of these sizes."""
    known = project_scopes()
    _refuse_unknown("scope", names, known.ready, known.planned)
    return [
        scope
        for scope in known.ready.values()
        if (scope.name in names if names else scope.suites in suites or not suites)
    ]


def sized_scopes(names: Sequence[str], size: str | None, otherwise: Collection[str] = ()) -> list[Scope]:
    """The named scopes, or those with suites of a size; without either those of the sizes `otherwise`.

    Raises:
        click.UsageError: both were given.
    """
    if names and size:
        raise click.UsageError("--size chooses among scopes, and --scope names them: give one of the two")
    return chosen_scopes(names, suites=[size] if size else otherwise)


def compile_chosen(variants: Sequence[str], *, broken: bool = True, warn: bool = True) -> Chosen:
    """Compile all variants named or given as files, or all of the project; all their errors are shown.

    All of the project are with those that are `broken` on purpose, or without. Their warnings are shown if
    they are to `warn`.
    """
    paths = chosen_files(variants, broken=broken)
    compiled = Chosen()
    compiled.everything = not variants
    compiled.buddy = BUDDY in variants
    failures: list[Diagnostic] = []
    for path in paths:
        try:
            compiled.append(compile_shown(path, brief=not variants) if warn else compile_file(path))
        except DrainErrors as error:
            failures.extend(error.diagnostics)
    if failures:
        raise DrainErrors(failures)
    if not compiled and not compiled.buddy:
        raise click.UsageError("there are no variants to work on")
    first: dict[str, Path] = {}
    for unit, path in zip(compiled, paths, strict=True):
        other = first.setdefault(unit.program.name, path)
        if other is not path:
            raise click.UsageError(
                f"{other} and {path} both hold a variant called {unit.program.name}; rename one of them"
            )
    return compiled


def chosen_files(variants: Sequence[str], *, broken: bool = True) -> list[Path]:
    """The files of variants that are named or given as files, each once; without any those of the project."""
    named = _named()
    everybody = named if broken else [path.stem for path in variant_files()]
    paths: dict[Path, Path] = {}
    for variant in variants or everybody:
        if variant != BUDDY:
            path = variant_path(variant, named)
            paths.setdefault(path.absolute(), path)
    return list(paths.values())


def _named() -> dict[str, Path]:
    """The project's variants by name, those that are broken on purpose after the others."""
    return {path.stem: path for path in [*variant_files(), *broken_files()]}


def variant_path(variant: str, named: Mapping[str, Path] | None = None) -> Path:
    """The file of a variant that is given by its name or as a file."""
    named = _named() if named is None else named
    if variant in named:
        return named[variant]
    path = Path(variant)
    if not path.exists() and path.suffix != ".drain" and path.name == variant:
        _refuse_unknown("variant", [variant], named, {})
    return path


def compile_shown(path: Path, *, brief: bool = False) -> Compiled:
    """Compile a file and show its warnings, `brief`ly on one line each."""
    if not str(path).isprintable():
        raise click.UsageError(f"{str(path)!a}: a file name with control characters")
    compiled = compile_file(path)
    for warning in compiled.warnings:
        text = warning.render()
        click.echo(text.partition("\n")[0] if brief else text, err=True)
    return compiled


def _refuse_unknown(
    what: str, given: Sequence[str], known: Iterable[str], planned: Mapping[str, str]
) -> None:
    """Refuse a name that does not exist, with the nearest one that does, and one that cannot be used yet."""
    for name in given:
        if name in planned:
            raise click.UsageError(f"{what} `{name}` cannot be checked yet: it waits for {planned[name]}")
        if name not in known:
            near = suggestion(name, known, f"known: {listing(known, 'and')}")
            raise click.UsageError(f"unknown {what} `{name}`; {near}")
