"""Check: every variant at its scopes, each property, by TLC; several at once."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from threading import Event

from pcpdrain.codegen.backends.tla import TlaModel
from pcpdrain.codegen.backends.tla.inductive import InductiveModel
from pcpdrain.codegen.backends.tla.survey import Survey, emit_survey

from .buddy import check_buddy
from .engines.java import LONG_JAVA_OPTIONS, EngineMissing
from .engines.run_cache import RunCache
from .engines.servers import Servers
from .engines.tlc import JAVA_OPTIONS, run_tlc
from .files import reason
from .judging import ENGINE, Judge, expectation, without_verdict
from .planning import Job, Jobs, Plan, largest_first, plan
from .replay import confirmed, reference_class
from .results import Finding

__all__ = [
    "ENGINE",
    "TIME_LIMIT",
    "Job",
    "Plan",
    "expectation",
    "plan",
    "run",
    "run_job",
    "unmet",
    "write_model",
]

TIME_LIMIT = 600.0
"""Seconds for one run of TLC; far above what any shipped variant needs at any scope."""


def run(
    jobs: Sequence[Job],
    on_done: Callable[[Job], None],
    *,
    workers: int | None = None,
    timeout: float = TIME_LIMIT,
    cache: RunCache | None = None,
    servers: Servers | None = None,
) -> list[Finding]:
    """Run all jobs, the largest first; findings in the order of the jobs.

    There are as many at once as there are CPUs, or as many as `workers`.
    `timeout` is in seconds, for each run of an engine. What is in the `cache` is not run again.
    When this is interrupted (Ctrl-C), running engines are killed before the exception goes on.
    """
    stopped = Event()
    work = partial(run_job, stopped=stopped, timeout=timeout, cache=cache, servers=servers)
    buddy = [partial(check_buddy, timeout, cache)] if isinstance(jobs, Jobs) and jobs.buddy else []
    return largest_first(jobs, work, on_done, stopped, workers, buddy)


def run_job(
    job: Job,
    stopped: Event,
    timeout: float,
    cache: RunCache | None = None,
    servers: Servers | None = None,
) -> list[Finding]:
    """Check one model in the runs of its survey; findings in the order of the properties.

    Every counterexample is replayed on the reference machine: only what both machines show is violated.
    """
    survey = emit_survey(job.compiled.program, job.scope, job.properties)
    judge = Judge(job.compiled, job.scope, survey, job.judged)
    found: dict[str, Finding] = {}

    program = reference_class(job.compiled.program)

    def note(findings: Iterable[Finding]) -> None:
        found.update({finding.property: confirmed(finding, program) for finding in findings})

    def left() -> list[str]:
        return [name for name in job.properties if name not in found]

    try:
        with tempfile.TemporaryDirectory(prefix="pcpdrain-", ignore_cleanup_errors=True) as name:
            folder = write_model(survey, Path(name))
            for number, part in enumerate(survey.runs):
                if stopped.is_set():
                    break
                config = folder / f"run{number}.cfg"
                config.write_text(part.config, encoding="utf-8")
                result = run_tlc(
                    folder,
                    survey.module,
                    config,
                    survey=not part.temporal,
                    timeout=timeout,
                    java_options=LONG_JAVA_OPTIONS if job.scope.leaves_out else JAVA_OPTIONS,
                    cache=cache,
                    servers=servers,
                )
                note(judge.findings(part, result))
    except EngineMissing as error:
        note(without_verdict(job.compiled, job.scope, left(), "not_run", str(error)))
    except OSError as error:
        why = f"the model cannot be written: {reason(error)}"
        note(without_verdict(job.compiled, job.scope, left(), "unknown", why))
    return [found[name] for name in job.properties if name in found]


def write_model(model: TlaModel | Survey | InductiveModel, folder: Path) -> Path:
    """Write the modules of a model into a folder."""
    for name, text in model.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def unmet(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that are not what the variant expects."""
    return [finding for finding in findings if not finding.met]
