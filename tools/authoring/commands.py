"""The commands for who writes a variant: new, fmt, lsp."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..failures import reports_failures


@click.command(short_help="Write a variant to begin with.")
@click.argument("name", metavar="NAME")
@reports_failures
def new(name: str) -> None:
    """Write NAME.drain into this folder: a variant that checks, with comments, to be changed.

    A file that is there already is left alone.
    """
    from pcpdrain.codegen.library import variant_files

    from ..chosen import broken_files
    from ..files import OutputError, write_atomically
    from .start import NameRefused, new_variant

    try:
        text = new_variant(name, {path.stem for path in [*variant_files(), *broken_files()]})
    except NameRefused as error:
        raise click.UsageError(str(error)) from None
    path = Path(f"{name}.drain")
    if path.exists() or path.is_symlink():
        raise OutputError(f"{path} is there already; it is left as it is")
    write_atomically(path, text)
    click.echo(f"{path}: now `pcpdrain check {path}`")


@click.command(short_help="Format variants and libraries.")
@click.argument("files", nargs=-1, required=True, metavar="FILE.drain...", type=click.Path(path_type=Path))
@click.option("--check", "only_check", is_flag=True, help="Write nothing; name the files that would change.")
@click.option("--diff", "show_diff", is_flag=True, help="Write nothing; show what would change.")
@reports_failures
def fmt(files: tuple[Path, ...], only_check: bool, show_diff: bool) -> None:
    """Bring .drain files to the one style. Only blanks and line ends change; comments stay.

    A file that is not in the language is left alone, and so are all others then.
    With --check or --diff, exits with 0 exactly when nothing would change.
    """
    from ..files import write_together
    from .format import difference, reformatted

    changed = reformatted(files)
    if show_diff:
        for source, text in changed:
            click.echo(difference(source, text), nl=False)
    elif only_check:
        for source, _ in changed:
            click.echo(f"{source.name}: not formatted; `pcpdrain fmt {source.name}` does it", err=True)
    else:
        write_together({Path(source.name): text for source, text in changed})
        for source, _ in changed:
            click.echo(source.name)
    sys.exit(1 if changed and (only_check or show_diff) else 0)


def reads_a_terminal() -> bool:
    """Whether a person is at the other end of stdin."""
    return sys.stdin.isatty()


@click.command(short_help="Serve an editor (language server protocol).")
@reports_failures
def lsp() -> None:
    """Answer an editor on stdin and stdout, in the language server protocol.

    An editor starts this, not a person. tools/editors has an extension for VS Code; any other editor that
    knows the protocol will do.
    """
    if reads_a_terminal():
        raise click.UsageError("an editor is to be at the other end of stdin, not a terminal")
    from ..language_server.server import make_server

    make_server().start_io()
