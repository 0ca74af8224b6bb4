"""A server on this machine that offers a release of Apalache, well or badly."""

from __future__ import annotations

import gzip
import io
import re
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pcpdrain.tools.engines.apalache_found import VERSION
from tests.tools.standing_in import put_stand_in

ARCHIVE = f"apalache-{VERSION}.tgz"
DIGESTS = "sha256sum.txt"


def archive(folder: Path, *, without: str = "", member: tarfile.TarInfo | None = None) -> bytes:
    """An archive with the stand-in as its program, and some padding that does not shrink."""
    put_stand_in(folder)
    found = io.BytesIO()
    with tarfile.open(fileobj=found, mode="w") as packed:
        if without != "program":
            packed.add(folder / "bin", f"apalache-{VERSION}/bin")
        jar = tarfile.TarInfo(f"apalache-{VERSION}/lib/apalache.jar")
        content = b"".join(sha256(bytes([n % 256, n // 256])).digest() for n in range(6000))
        jar.size = len(content)
        packed.addfile(jar, io.BytesIO(content))
        if member is not None:
            packed.addfile(member)
    return gzip.compress(found.getvalue(), mtime=0)


@dataclass
class Release:
    """What the server offers and how, and what it was asked for: (path, Range header)."""

    content: bytes
    url: str = ""
    digest: str | None = None
    breaks_off_after: int | None = None
    knows_ranges: bool = True
    status: int | None = None
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    @property
    def digests(self) -> bytes:
        """The file of digests, with other files of the release in it."""
        digest = self.digest or sha256(self.content).hexdigest()
        return f"{'0' * 64}  apalache-{VERSION}.zip\n{digest}  {ARCHIVE}\n".encode()

    def ranges(self) -> list[str | None]:
        """The ranges of the archive that were asked for."""
        return [wanted for path, wanted in self.asked if path.endswith(ARCHIVE)]


@contextmanager
def offered(release: Release) -> Iterator[Release]:
    """Offer a release until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            release.asked.append((self.path, wanted))
            if release.status is not None:
                self.send_error(release.status)
            elif self.path == f"/moved/{DIGESTS}":
                self._send(release.digests)
            elif self.path == f"/moved/{ARCHIVE}":
                self._archive(wanted)
            elif self.path in (f"/{DIGESTS}", f"/{ARCHIVE}"):  # as a release's files are kept elsewhere
                self.send_response(302)
                self.send_header("Location", f"/moved{self.path}")
                self.end_headers()
            else:
                self.send_error(404)

        def _archive(self, wanted: str | None) -> None:
            found = re.fullmatch(r"bytes=(\d+)-", wanted or "")
            begin = int(found[1]) if found and release.knows_ranges else 0
            whole = len(release.content)
            if begin >= whole:
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{whole}")
                self.end_headers()
                return
            headers = {"Content-Range": f"bytes {begin}-{whole - 1}/{whole}"} if begin else {}
            self._send(release.content[begin:], 206 if begin else 200, headers, release.breaks_off_after)

        def _send(
            self,
            body: bytes,
            status: int = 200,
            headers: dict[str, str] | None = None,
            cut: int | None = None,
        ) -> None:
            self.send_response(status)
            for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body[:cut])

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    release.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield release
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
