"""The commands about engines: which are here, and how to get the one that comes with no package."""

from __future__ import annotations

import sys

import click

from ..failures import reports_failures


@click.group(invoke_without_command=True, short_help="List the engines that are here, or install one.")
@click.pass_context
@reports_failures
def engines(context: click.Context) -> None:
    """List the engines, where they were found, and their versions."""
    if context.invoked_subcommand is not None:
        return
    from .listed import listed

    for line in listed():
        click.echo(line)


@engines.command(short_help="Download an engine.")
@click.argument("engine", type=click.Choice(["apalache"]))
@click.option(
    "--attempt",
    is_flag=True,
    help="Only if it is not here, with a few seconds to connect; not for a day after a failure, and not with "
    "PCPDRAIN_OFFLINE=1. Succeeds in any case.",
)
@reports_failures
def install(engine: str, attempt: bool) -> None:  # noqa: ARG001
    """Download the pinned release of ENGINE into the user's cache folder.

    A download that was broken off goes on where it ended. What comes must have the known digest.
    """
    if attempt:
        from .attempt import attempt_install

        if said := attempt_install():
            click.echo(said)
        sys.exit(0)

    from .install import install_apalache
    from .install_progress import download_progress

    with download_progress() as told:
        click.echo(install_apalache(told))
