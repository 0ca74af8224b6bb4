"""Apalache: runs the symbolic checker on an obligation. "No error" only if it has really looked so far."""

from __future__ import annotations

import contextlib
import errno
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .apalache_found import environment, find_apalache
from .apalache_output import Answer, Failure, Outcome, read_check, read_typecheck
from .process import Finished, run_process

TIME_LIMIT = 600.0
"""Seconds for one run."""

MEMORY = 4096
"""Megabytes for Java's heap. The SMT solver's memory comes on top."""

_COUNTEREXAMPLE = "violation1.itf.json"
_LARGEST = 64 * 1024 * 1024
"""Characters of the largest counterexample that is read."""


@dataclass(frozen=True)
class Obligation:
    """What is to be shown: `inv` is true in all states that `length` steps of `next`, or fewer, reach.

    They begin in `init`. All are names of operators in `module`, a .tla file with what it extends beside it.
    The constants are given by `config`, a .cfg file, or by the operator `cinit`. The `name` is for messages.

    Initiation of an inductive invariant is `init="Init", inv="Ind", length=0`; consecution is
    `init="IndInit", inv="Ind", length=1`; that it implies a property is `init="IndInit", inv=..., length=0`.
    """

    name: str
    module: Path
    inv: str
    init: str = "Init"
    next: str = "Next"
    length: int = 0
    config: Path | None = None
    cinit: str | None = None


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


def check_obligation(
    obligation: Obligation,
    *,
    timeout: float = TIME_LIMIT,
    memory: int = MEMORY,
    smt_timeout: int | None = None,
) -> ApalacheResult:
    """Check an obligation.

    `timeout` is in seconds for the run, `smt_timeout` in seconds for each query of the SMT solver, `memory`
    in megabytes. Apalache sees copies in a folder of its own, so nothing is written beside the module.

    Raises:
        EngineMissing: there is no Apalache, or no Java. All else that goes wrong is an outcome "failed".
    """
    o = obligation
    words = [f"--init={o.init}", f"--next={o.next}", f"--inv={o.inv}", f"--length={o.length}"]
    told = [f"Set the initialization predicate to {o.init}", f"Set the transition predicate to {o.next}"]
    told.append(f"Set an invariant to {o.inv}")
    if o.config is not None:
        words.append(f"--config={o.config.name}")
        told.append(f"{o.config.name}: Loading TLC configuration")
    if o.cinit is not None:
        words.append(f"--cinit={o.cinit}")
        told.append(f"Set the constant initialization predicate to {o.cinit}")
    words += ["--no-deadlock"] + ([f"--timeout-smt={smt_timeout}"] if smt_timeout is not None else [])
    with _Workplace(o.module, o.config) as place:
        finished = place.run("check", words, timeout, memory)
        if isinstance(finished, ApalacheResult):
            return finished
        answer = read_check(finished, memory, o.length, told)
        itf = place.counterexample() if answer.outcome == "violated" else None
        if answer.outcome == "violated" and itf is None:
            reason = f"Apalache: says that {o.inv} is violated, and shows no counterexample"
            answer = Answer("failed", "garbage", reason, answer.version)
        return _result(answer, finished, itf)


def check_types(module: Path, *, timeout: float = TIME_LIMIT, memory: int = MEMORY) -> ApalacheResult:
    """Check the types of a module and of those that it extends; see `check_obligation`."""
    with _Workplace(module, None) as place:
        finished = place.run("typecheck", [], timeout, memory)
        if isinstance(finished, ApalacheResult):
            return finished
        return _result(read_typecheck(finished, memory), finished, None)


def _result(answer: Answer, finished: Finished, itf: str | None) -> ApalacheResult:
    return ApalacheResult(
        answer.outcome,
        answer.failure,
        answer.reason,
        itf,
        answer.version,
        finished.seconds,
        "\n".join(finished.lines),
    )


class _Workplace(contextlib.AbstractContextManager["_Workplace"]):
    """A folder for one run, gone afterwards: copies of the modules, Apalache's own files."""

    def __init__(self, module: Path, config: Path | None) -> None:
        self._module = module
        self._config = config

    def __enter__(self) -> _Workplace:
        self._folder = tempfile.TemporaryDirectory(prefix="apalache-", ignore_cleanup_errors=True)
        self._path = Path(self._folder.name).resolve()
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def run(self, what: str, words: list[str], timeout: float, memory: int) -> Finished | ApalacheResult:
        """Run a command of Apalache on the module; a result if it cannot be started."""
        program = find_apalache().program
        scratch, output = self._path / "tmp", self._path / "run"
        try:
            scratch.mkdir()
            for source in [*self._module.parent.glob("*.tla"), *filter(None, [self._config])]:
                shutil.copy(source, self._path / source.name)
            command: list[str | Path] = [
                program,
                what,
                f"--run-dir={output}",
                f"--out-dir={self._path / 'out'}",
                *words,
            ]
            return run_process(
                [*command, self._module.name],
                directory=self._path,
                timeout=timeout,
                environment=environment(scratch, memory),
            )
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            reason = "the disk is full" if full else f"cannot be started: {error.strerror or error}"
            failure: Failure = "disk" if full else "start"
            return ApalacheResult("failed", failure, f"Apalache: {reason}", None, None, 0.0, "")

    def counterexample(self) -> str | None:
        """The text of the counterexample, if there is one that can be read."""
        path = self._path / "run" / _COUNTEREXAMPLE
        try:
            if path.stat().st_size > _LARGEST:
                return None
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None
