"""Download: a file from the web, with progress; what was broken off goes on where it ended."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

_READ = 60.0
"""Seconds without a byte after which a connection counts as dead."""

_LONGEST_TEXT = 1024 * 1024


class DownloadFailed(Exception):
    """A file could not be downloaded, or not to its end; one line that says why."""


@dataclass(frozen=True)
class Downloaded:
    """How far a download has come, in bytes; the total is None if the server does not tell."""

    done: int
    total: int | None


def fetch_text(url: str, *, connect: float) -> str:
    """The text of a small file.

    Raises:
        DownloadFailed: it could not be had.
    """
    with _answers(url, {}, connect) as answer:
        if answer.status_code != 200:
            raise DownloadFailed(_refused(url, answer))
        text = b""
        for chunk in answer.iter_bytes():
            text += chunk
            if len(text) > _LONGEST_TEXT:
                raise DownloadFailed(f"{url}: far larger than it can be")
    return text.decode("utf-8", errors="replace")


def download(
    url: str, path: Path, on_progress: Callable[[Downloaded], None], *, connect: float, largest: int
) -> None:
    """Download a file to a path. What has come so far is beside it, in `path` with `.part`.

    `connect` is in seconds, `largest` in bytes. Whether what was there and what comes belong together is for
    the caller to see, by the digest.

    Raises:
        DownloadFailed: it could not be had whole.
        OSError: it cannot be written.
    """
    part = path.with_name(f"{path.name}.part")
    begun = part.stat().st_size if part.exists() else 0
    with _answers(url, {"Range": f"bytes={begun}-"} if begun else {}, connect) as answer:
        if begun and answer.status_code == 416:
            if _whole(answer) != begun:
                part.unlink()
                raise DownloadFailed(f"{url}: what was there does not belong to it; try again from the start")
            part.replace(path)
            return
        if answer.status_code not in (200, 206):
            raise DownloadFailed(_refused(url, answer))
        goes_on = answer.status_code == 206 and _begins(answer) == begun
        if answer.status_code == 206 and not goes_on:
            raise DownloadFailed(f"{url}: the server sends another part than the one asked for")
        done = begun if goes_on else 0
        length = answer.headers.get("Content-Length", "")
        total = done + int(length) if length.isdecimal() else None
        with part.open("ab" if goes_on else "wb") as file:
            try:
                for chunk in answer.iter_bytes():
                    file.write(chunk)
                    done += len(chunk)
                    on_progress(Downloaded(done, total))
                    if done > largest:
                        part.unlink()
                        raise DownloadFailed(f"{url}: far larger than it can be")
            except httpx.HTTPError as error:
                size = f" of {total / 1e6:.1f}" if total is not None else ""
                far = f"it stopped after {done / 1e6:.1f}{size} MB, and goes on from there the next time"
                raise DownloadFailed(f"{_why(url, error)}; {far}") from None
    part.replace(path)


@contextmanager
def _answers(url: str, headers: dict[str, str], connect: float) -> Iterator[httpx.Response]:
    """The server's answer, its body still to come."""
    limits = httpx.Timeout(_READ, connect=connect)
    asked = {"Accept-Encoding": "identity", **headers}
    try:
        with httpx.stream("GET", url, headers=asked, timeout=limits, follow_redirects=True) as answer:
            yield answer
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        raise DownloadFailed(_why(url, error)) from None


def _why(url: str, error: Exception) -> str:
    said = " ".join(str(error).split()) or type(error).__name__
    return f"cannot download {url}: {said}"


def _refused(url: str, answer: httpx.Response) -> str:
    return f"cannot download {url}: the server answers {answer.status_code} {answer.reason_phrase}".rstrip()


def _begins(answer: httpx.Response) -> int | None:
    found = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
    return int(found[1]) if found else None


def _whole(answer: httpx.Response) -> int | None:
    """How long the file is, as told by a server that has nothing to add to what is there."""
    found = re.match(r"bytes \*/(\d+)", answer.headers.get("Content-Range", ""))
    return int(found[1]) if found else None
