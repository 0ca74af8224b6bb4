"""Quick start: runs TLC once, after which Java starts it sooner. `make setup` does it.

A check of few variants starts TLC for each search, which takes longer than most of the searches.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import click

from pcpdrain.codegen.backends.tla.survey import emit_survey
from pcpdrain.codegen.library import project_scopes
from pcpdrain.codegen.pipeline import compile_file

from ..check import write_model
from ..chosen import variant_path
from ..files import reason
from .java import EngineMissing, find_java, find_tla2tools
from .kept_classes import FIRST_VERSION, classes_file, options_to_keep
from .tlc import JAVA_OPTIONS, run_tlc

VARIANT, SCOPE, PROPERTY = "global_ipi", "solo_once", "drain_complete"
"""As short a run of TLC as there is; it needs what all of them need."""

TIME_LIMIT = 60.0


def keep_classes() -> str:
    """Keep the classes of the TLC that is here, unless they are kept already; or say why they are not."""
    try:
        file = classes_file(find_java(), find_tla2tools())
        if file is None:
            return f"this Java is older than {FIRST_VERSION}"
        return "" if file.is_file() else _run_once(file)
    except EngineMissing as error:
        return str(error)
    except OSError as error:
        return reason(error)


def _run_once(file: Path) -> str:
    program = compile_file(variant_path(VARIANT)).program
    survey = emit_survey(program, project_scopes().ready[SCOPE], [PROPERTY])
    unfinished = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        with tempfile.TemporaryDirectory(prefix="pcpdrain-", ignore_cleanup_errors=True) as name:
            folder = write_model(survey, Path(name))
            (folder / "run.cfg").write_text(survey.runs[0].config, encoding="utf-8")
            options = (*JAVA_OPTIONS, *options_to_keep(unfinished))
            result = run_tlc(folder, survey.module, "run.cfg", timeout=TIME_LIMIT, java_options=options)
        if result.outcome == "error":
            return result.reason
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    return ""


if __name__ == "__main__":
    if why := keep_classes():
        click.echo(f"set-up: TLC will not start any sooner than ever: {why}", err=True)
