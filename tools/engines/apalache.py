"""Apalache: runs the symbolic checker on an obligation. "No error" only if it has really looked so far."""

from __future__ import annotations

import errno
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .apalache_found import environment, find_apalache
from .apalache_output import Answer, Failure, Outcome, read_check, read_typecheck
from .java import find_java, java_identity
from .process import Finished, run_process
from .run_cache import RunCache, file_digest_of, run_key

TIME_LIMIT = 600.0
"""Seconds for one run."""

MEMORY = 4096
"""Megabytes for Java's heap. The SMT solver's memory comes on top."""

_COUNTEREXAMPLE = "violation1.itf.json"
_LARGEST = 64 * 1024 * 1024
"""Bytes of the largest counterexample that is read."""


@dataclass(frozen=True)
class Obligation:
    """What is to be shown: `inv` is true in all states that `length` steps of `next`, or fewer, reach.

    They begin in `init`. All are names of operators in `module`, a .tla file with what it extends beside it.
    The operator `cinit` gives the constants their values. The `name` is for messages.

    Initiation of an inductive invariant is `init="Init", inv="Ind", length=0`; consecution is
    `init="IndInit", inv="Ind", length=1`; that it implies a property is `init="IndInit", inv=..., length=0`.
    """

    name: str
    module: Path
    inv: str
    cinit: str
    init: str = "Init"
    next: str = "Next"
    length: int = 0


@dataclass(frozen=True)
class ApalacheResult:
    """What one run found."""

    outcome: Outcome
    failure: Failure | None
    """What kind of trouble it was, where the outcome is "failed"."""
    reason: str
    """One line: what the trouble was; else empty."""
    itf: str | None
    """The counterexample in the Informal Trace Format, where the outcome is "violated"."""
    version: str | None
    seconds: float
    log: str
    """All that Apalache printed."""
    cached: bool = False
    """Whether the run was made at another time, and is remembered."""


def check_obligation(
    obligation: Obligation,
    *,
    timeout: float = TIME_LIMIT,
    memory: int = MEMORY,
    smt_timeout: int | None = None,
    cache: RunCache | None = None,
) -> ApalacheResult:
    """Check an obligation.

    `timeout` is in seconds for the run, `smt_timeout` in seconds for each query of the SMT solver, `memory`
    in megabytes. Apalache sees copies in a folder of its own, so nothing is written beside the module. The
    `cache` keeps a run that has an answer, and gives it back for the same obligation.

    Raises:
        EngineMissing: there is no Apalache, or no Java. All else that goes wrong is an outcome "failed".
    """
    o = obligation
    words = [f"--init={o.init}", f"--next={o.next}", f"--inv={o.inv}", f"--length={o.length}"]
    words += [f"--cinit={o.cinit}", "--no-deadlock"]
    words += [f"--timeout-smt={smt_timeout}"] if smt_timeout is not None else []
    told = [
        f"Set the initialization predicate to {o.init}",
        f"Set the transition predicate to {o.next}",
        f"Set an invariant to {o.inv}",
        f"Set the constant initialization predicate to {o.cinit}",
    ]

    def read(finished: Finished) -> Answer:
        return read_check(finished, memory, o.length, told)

    return _run(["check", *words], o.module, read, timeout, memory, cache or RunCache())


def check_types(
    module: Path,
    *,
    timeout: float = TIME_LIMIT,
    memory: int = MEMORY,
    cache: RunCache | None = None,
) -> ApalacheResult:
    """Check the types of a module and of those that it extends; see `check_obligation`."""

    def read(finished: Finished) -> Answer:
        return read_typecheck(finished, memory)

    return _run(["typecheck"], module, read, timeout, memory, cache or RunCache())


def _run(
    words: Sequence[str],
    module: Path,
    read: Callable[[Finished], Answer],
    timeout: float,
    memory: int,
    cache: RunCache,
) -> ApalacheResult:
    """Run Apalache on copies in a folder that is gone afterwards, or find out what it said before."""
    program, java = find_apalache().program, find_java()
    with tempfile.TemporaryDirectory(prefix="apalache-", ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        scratch, output = folder / "tmp", folder / "run"
        try:
            texts = _copied(module.parent.glob("*.tla"), folder)
            parts = ["Apalache", _engine_digest(program), java_identity(java), *words, module.name]
            key = run_key(parts, texts) if cache.folder else ""
            if (kept := cache.find(key)) is not None:
                result = _result(read(kept.finished), kept.finished, kept.attached)
                if result.outcome != "failed":
                    return replace(result, cached=True)
            scratch.mkdir()
            command: list[str | Path] = [
                program,
                words[0],
                f"--run-dir={output}",
                f"--out-dir={folder / 'out'}",
            ]
            finished = run_process(
                [*command, *words[1:], module.name],
                directory=folder,
                timeout=timeout,
                environment=environment(java, scratch, memory),
            )
        except OSError as error:
            return _not_started(error)
        result = _result(read(finished), finished, _counterexample(output / _COUNTEREXAMPLE))
    if result.outcome != "failed":
        cache.keep(key, finished, result.itf)
    return result


def _copied(sources: Iterable[Path], folder: Path) -> dict[str, str]:
    """Copy modules into a folder; their texts by name."""
    return {s.name: Path(shutil.copy(s, folder / s.name)).read_text(encoding="utf-8") for s in sources}


def _not_started(error: OSError) -> ApalacheResult:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    reason = "the disk is full" if full else f"cannot be started: {error.strerror or error}"
    return ApalacheResult("failed", "disk" if full else "start", f"Apalache: {reason}", None, None, 0.0, "")


def _result(answer: Answer, finished: Finished, itf: str | None) -> ApalacheResult:
    """What was answered, with its counterexample, which a violation must have."""
    if answer.outcome == "violated" and itf is None:
        reason = "Apalache: says that the invariant is violated, and shows no counterexample that can be read"
        answer = Answer("failed", "garbage", reason, answer.version)
    return ApalacheResult(
        answer.outcome,
        answer.failure,
        answer.reason,
        itf if answer.outcome == "violated" else None,
        answer.version,
        finished.seconds,
        "\n".join(finished.lines),
    )


def _counterexample(path: Path) -> str | None:
    """The text of the counterexample, if there is one that is whole."""
    try:
        if path.stat().st_size > _LARGEST:
            return None
        text = path.read_text(encoding="utf-8")
        json.loads(text)
    except (OSError, ValueError, RecursionError):
        return None
    return text


def _engine_digest(program: Path) -> str:
    """What tells one Apalache from another: its jar, or the program itself where there is none."""
    jar = program.resolve().parent.parent / "lib" / "apalache.jar"
    return file_digest_of(jar if jar.is_file() else program)
