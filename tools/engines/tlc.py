"""TLC: runs the model checker on a module. The verdict is "holds" only if TLC has really finished."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .java import find_java, find_tla2tools, java_identity
from .kept_classes import options_to_use
from .process import Finished, run_process
from .run_cache import RunCache, file_digest_of, run_key
from .servers import Servers
from .tlc_messages import (
    VERDICT_STATUS,
    Findings,
    Framing,
    Outcome,
    Progress,
    TraceState,
    Violation,
    read_messages,
    read_progress,
)
from .values import ValueSyntaxError

JAVA_OPTIONS = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""For runs of seconds: one worker needs no parallel collector, and optimised code comes too late to pay."""

CONFIG = "model.cfg"
"""What TLC sees the configuration as."""


class EngineFailed(Exception):
    """A checker gave no verdict; the message is the reason, on one line."""


@dataclass(frozen=True)
class TlcResult:
    """What one run of TLC found."""

    outcome: Outcome
    reason: str
    """One line: why there is no verdict, where the outcome is "error"; else empty."""
    violated: str | None
    """The name of the invariant that is violated."""
    generated: int | None
    """States generated: one for each initial state and for each transition found, repeats included."""
    distinct: int | None
    """Distinct states."""
    depth: int | None
    """States on the longest of the shortest paths."""
    violations: tuple[Violation, ...]
    """What TLC shows to be violated; more than one only in a survey."""
    told: dict[int, int]
    """What the model told, by number, with the level of the search at which it did."""
    version: str | None
    """TLC's own version line."""
    seconds: float
    log: str
    """All that TLC printed."""
    cached: bool = False
    """Whether the run was made at another time, and is remembered."""

    @property
    def trace(self) -> tuple[TraceState, ...]:
        """The counterexample; of a property of states a shortest one, as the search is breadth-first."""
        return self.violations[0].trace if self.violations else ()

    @property
    def loop(self) -> int | None:
        """The state to which the counterexample's last step leads back, if it is a run without end."""
        return self.violations[0].loop if self.violations else None

    def verdict(self) -> TlcResult:
        """Itself if it has a verdict; EngineFailed if the outcome is "error"."""
        if self.outcome == "error":
            raise EngineFailed(self.reason)
        return self


def run_tlc(
    directory: Path,
    module: str,
    config: str | Path,
    *,
    dump: Path | None = None,
    timeout: float | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    check_deadlock: bool = False,
    survey: bool = False,
    library: Sequence[Path] = (),
    java_options: Sequence[str] = JAVA_OPTIONS,
    workers: int = 1,
    cache: RunCache | None = None,
    wrapper: Sequence[str] = (),
    servers: Servers | None = None,
) -> TlcResult:
    """Check a module with TLC, breadth-first; with more `workers` than one, counterexamples may be longer.

    ``directory`` has the module and what it extends; more directories with modules are in ``library`` (the
    earlier one wins, ``directory`` before all). ``config`` is a .cfg file in ``directory``, or a path.
    ``dump`` is where the labelled state graph goes (``read_dot`` reads it): written only if TLC comes to
    its own end, and whole only if the outcome is "holds". A ``survey`` goes on after a violation, through the
    whole graph. ``timeout`` is in seconds. A ``cache`` keeps what TLC printed, if that is a verdict, and
    gives it back for the same run (without a dump). ``wrapper`` is what runs Java: a command of which Java's
    are the last arguments. ``servers`` make the search if they can, with Java's options of their own. TLC
    sees copies in its own directory, so nothing else is written and runs do not disturb each other.
    EngineMissing if there is no Java or no TLC; all else that goes wrong is an outcome "error".
    """
    java, jar = find_java(), find_tla2tools()
    cache = cache if cache is not None and dump is None else RunCache()
    config = directory / config
    if not config.is_file():
        return _without_verdict(f"there is no file {config}")
    sources = {path.name: path for folder in (*reversed(library), directory) for path in folder.glob("*.tla")}
    if f"{module}.tla" not in sources:
        return _without_verdict(f"there is no module {module} in {directory}")
    # Properties of runs are judged once, at the end: all states are counted, however slow the machine.
    flags = ["-tool", "-workers", str(workers), "-fp", "0", "-lncheck", "final", "-config", CONFIG]
    flags += [] if check_deadlock else ["-deadlock"]
    flags += ["-continue"] if survey else []
    texts = {name: path.read_text(encoding="utf-8") for name, path in (sources | {CONFIG: config}).items()}
    key = run_key(["TLC", file_digest_of(jar), java_identity(java), *java_options, *flags, module], texts)
    if (kept := cache.find(key)) is not None:
        result = _judge(kept.finished, str, survey=survey)
        if result.outcome != "error":
            return replace(result, cached=True)
    with tempfile.TemporaryDirectory(prefix="tlc-", ignore_cleanup_errors=True) as name:
        work = Path(name).resolve()
        model, graph = work / "model", work / "graph.dot"
        model.mkdir()
        for file, text in texts.items():
            (model / file).write_text(text, encoding="utf-8")
        shown = _shown(str(model), str(directory))
        flags += ["-metadir", str(work / "states")]
        flags += [] if dump is None else ["-dump", "dot,actionlabels", str(graph)]
        tell = _progress_teller(on_progress) if on_progress is not None else None
        finished = None
        try:
            if servers is not None:
                finished = servers.search(java, jar, model, [*flags, module], timeout, tell)
            if finished is None:
                command = [*wrapper, *_java_command(java, jar, work / "tmp", java_options), *flags, module]
                finished = run_process(command, directory=model, timeout=timeout, on_line=tell)
        except OSError as error:
            return _without_verdict(f"{java} cannot be started: {error.strerror or error}")
        result = _judge(finished, shown, survey=survey)
        if dump is not None and result.outcome != "error":
            if not graph.is_file():
                return _without_verdict("TLC wrote no state graph", result.log)
            shutil.move(graph, dump)
        if result.outcome != "error":
            cache.keep(key, finished)
        return result


def _java_command(java: Path, jar: Path, scratch: Path, options: Sequence[str]) -> list[str]:
    """Starts TLC in a Java of its own, with a folder for what it unpacks."""
    scratch.mkdir()
    kept = options_to_use(java, jar, options)
    return [str(java), *options, *kept, f"-Djava.io.tmpdir={scratch}", "-cp", str(jar), "tlc2.TLC"]


def _progress_teller(on_progress: Callable[[Progress], None]) -> Callable[[str], None]:
    """Takes lines as they come, and tells of progress."""
    framing = Framing()

    def take(line: str) -> None:
        message = framing.feed(line)
        progress = read_progress(message) if message is not None else None
        if progress is not None:
            on_progress(progress)

    return take


def _shown(private: str, own: str) -> Callable[[str], str]:
    """Puts the caller's directory where TLC named the private copy."""
    return lambda text: text.replace(private, own)


def _without_verdict(reason: str, log: str = "", seconds: float = 0.0) -> TlcResult:
    return TlcResult("error", reason, None, None, None, None, (), {}, None, seconds, log)


def _judge(finished: Finished, shown: Callable[[str], str], *, survey: bool) -> TlcResult:
    """The verdict of a run: every sign together. One that is missing or contradicts makes it an error."""
    framing = Framing()
    messages = [message for line in finished.lines if (message := framing.feed(line)) is not None]
    log = shown("\n".join(finished.lines))
    try:
        findings = read_messages(messages)
    except ValueSyntaxError as error:
        return _without_verdict(f"TLC's counterexample cannot be read: {error}", log, finished.seconds)
    outcome, reason = _outcome(finished, findings, framing, survey=survey)
    reason = shown(reason)
    return TlcResult(
        outcome=outcome,
        reason=f"TLC: {reason}" if reason else "",
        violated=findings.violations[0].property if outcome == "violated" else None,
        generated=findings.generated,
        distinct=findings.distinct,
        depth=findings.depth,
        violations=findings.violations,
        told=findings.told,
        version=findings.version,
        seconds=finished.seconds,
        log=log,
    )


def _outcome(
    finished: Finished, findings: Findings, framing: Framing, *, survey: bool
) -> tuple[Outcome, str]:
    """The verdict, with the reason where it is "error"."""
    if finished.failure is not None:
        return "error", finished.failure
    loose = "\n".join(framing.loose)
    memory = re.search(r"OutOfMemoryError|ran out of memory", "\n".join(finished.lines))
    if memory is not None:
        return "error", "Java ran out of memory"
    if findings.error is not None:
        return "error", _syntax_error(loose) or findings.error
    if findings.version is None:
        said = next((line for line in finished.lines if line.strip()), "nothing")
        return "error", f"does not answer as TLC does (exit status {finished.status}); it says: {said[:200]}"
    if not findings.finished:
        return "error", f"its output ends before its closing message (exit status {finished.status})"
    outcome: Outcome
    if findings.deadlock:
        outcome = "deadlock"
    elif findings.violations:
        outcome = "violated"
    elif findings.success:
        outcome = "holds"
    else:
        return "error", f"ended without a verdict (exit status {finished.status})"
    # After a violation at which it went on, TLC 2.15 says that there was no error; others might not.
    if finished.status not in VERDICT_STATUS[outcome] and not (survey and finished.status == 0):
        return "error", f"says {outcome!r} but its exit status is {finished.status}"
    if (outcome == "holds" or survey) and findings.queued != 0:
        return "error", f"says it has finished with {findings.queued} states left on its queue"
    if not all(violation.trace for violation in findings.violations):
        return "error", f"says {outcome!r} and shows no counterexample"
    return outcome, ""


def _syntax_error(loose: str) -> str | None:
    """What SANY, TLC's parser, found wrong, on one line. It prints that outside all messages."""
    found = re.search(
        r"\*\*\*\s*(?:Parse Error\s*\*\*\*|Errors: \d+|Abort messages: \d+)(.*)", loose, re.DOTALL
    )
    if found is None:
        return None
    said = [line.strip() for line in found.group(1).splitlines() if line.strip()]
    return " ".join(said[:3]) or None
