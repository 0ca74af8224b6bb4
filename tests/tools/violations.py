"""Violations: found one at a time, quickly, as a run of TLC need not go on after it."""

import tempfile
from pathlib import Path
from threading import Event

from pcpdrain.codegen.backends.tla import emit_model
from pcpdrain.codegen.library import project_scopes
from pcpdrain.codegen.pipeline import Compiled, compile_file
from pcpdrain.codegen.properties import PROPERTIES
from pcpdrain.tools.check import Job, expectation, run_job
from pcpdrain.tools.chosen import variant_path
from pcpdrain.tools.engines.tlc import run_tlc
from pcpdrain.tools.results import Finding
from pcpdrain.tools.traces import trace_of

Claim = tuple[str, str, str]
"""The names of a variant, a scope and a property."""


def violations(compiled: Compiled) -> list[Claim]:
    """Whatever a variant says to be violated."""
    return [
        (compiled.program.name, scope.text, line.property.text)
        for line in compiled.variant.expectations
        for scope in line.scopes
        if line.verdict == "violated"
    ]


def find_violation(claim: Claim) -> Finding:
    """A violation of a property, with a shortest counterexample."""
    variant, place, name = claim
    compiled, scope = compile_file(variant_path(variant)), project_scopes().ready[place]
    expected = expectation(compiled, place, name)
    if PROPERTIES[name].temporal:
        (finding,) = run_job(Job(compiled, scope, (name,)), Event(), 240)
        return finding
    model = emit_model(compiled.program, scope)
    with tempfile.TemporaryDirectory() as folder:
        for file, text in model.files.items():
            (Path(folder) / file).write_text(text, "utf-8")
        (Path(folder) / "one.cfg").write_text(model.config([PROPERTIES[name].operator]), "utf-8")
        result = run_tlc(Path(folder), model.module, "one.cfg", timeout=240)
    assert result.outcome == "violated", f"{claim}: {result.outcome} {result.reason}"
    names = model.labels, model.state_keys
    trace = trace_of(variant, compiled.program.source, scope, name, "tlc", result.trace, names)
    return Finding(variant, place, name, expected, "violated", "tlc", trace=trace)
