"""Variants: a page for each, with its source and steps, its verdicts, and what it is compiled to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pcpdrain.codegen.backends.python import emit_python
from pcpdrain.codegen.backends.tla import emit_module
from pcpdrain.codegen.ir.steps import Program
from pcpdrain.codegen.pipeline import checked_libraries

from ..listing import NO_LIMIT, annotated_source
from .matrix import SIGNS
from .rendering import page
from .runs import run_name


def variant_page(program: Program, findings: Sequence[Mapping[str, Any]], graphs: Sequence[str]) -> str:
    """The page of a variant. `graphs` are the scopes at which the explorer has it."""
    listings = [_listing(text.plain) for text in annotated_source(program, checked_libraries(), NO_LIMIT)]
    rows = [
        {
            **finding,
            "sign": SIGNS[finding["found"]],
            "verdict": finding["found"].replace("_", " "),
            "run": run_name(finding) if finding.get("trace") else "",
            "steps": len(finding["trace"]["steps"]) if finding.get("trace") else None,
        }
        for finding in findings
    ]
    return page(
        "variant.html.j2",
        root="..",
        title=program.name,
        program=program,
        listings=listings,
        findings=rows,
        violated=[row for row in rows if row["run"]],
        graphs=graphs,
        generated={"TLA+": emit_module(program), "Python": emit_python(program)},
    )


def _listing(text: str) -> tuple[str, str]:
    """A listing's file name, without its folder, and its lines."""
    name, _, lines = text.partition("\n")
    return Path(name).name, lines
