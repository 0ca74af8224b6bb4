"""Installing Apalache from a server on this machine: whole, broken off, damaged, tampered with, at once."""

from __future__ import annotations

import os
import tarfile
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from filelock import FileLock

from pcpdrain.tools.engines import download, install
from pcpdrain.tools.engines.apalache_found import VERSION, find_apalache, installed_folder
from pcpdrain.tools.engines.apalache_version import apalache_version
from pcpdrain.tools.engines.download import Downloaded
from pcpdrain.tools.engines.install import InstallError, install_apalache
from tests.tools.driving import Run, Start
from tests.tools.release_server import ARCHIVE, Release, archive, offered
from tests.tools.standing_in import StandIn

INSTALL = ("engines", "install", "apalache")
ATTEMPT = (*INSTALL, "--attempt")


@pytest.fixture
def release(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Release]:
    """A server with a good release, and no other Apalache on this machine."""
    monkeypatch.delenv("APALACHE_HOME", raising=False)
    monkeypatch.delenv("PCPDRAIN_OFFLINE", raising=False)
    with offered(Release(archive(tmp_path_factory.mktemp("release")))) as found:
        monkeypatch.setenv("PCPDRAIN_APALACHE_URL", f"{found.url}/")
        yield found


def silent(_at: Downloaded) -> None:
    pass


def kept() -> list[str]:
    """What is in the folder of installations."""
    folder = installed_folder().parent
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


DONE = [VERSION, f"{ARCHIVE}.sha256", "install.lock"]


def test_what_is_installed_is_found_and_answers(pcpdrain: Run, release: Release) -> None:
    result = pcpdrain(*INSTALL)
    assert result.exit_code == 0
    digest = sha256(release.content).hexdigest()
    assert result.output == (
        f"Apalache {VERSION} is installed in {installed_folder()} (sha256 {digest}, as the release says; "
        "it must be the same from now on)\n"
    )
    assert kept() == DONE
    assert find_apalache().where == "cache"
    assert apalache_version(find_apalache()).number == VERSION
    listed = pcpdrain("engines").output.splitlines()
    assert f"apalache   {VERSION}, {installed_folder()}/bin/apalache-mc (cache)" in listed
    asked = len(release.asked)
    assert pcpdrain(*INSTALL).output == (
        f"Apalache {VERSION} is installed already, in {installed_folder()}\n"
    )
    assert len(release.asked) == asked


def test_progress_is_told(release: Release) -> None:
    told: list[Downloaded] = []
    install_apalache(told.append)
    assert told[-1] == Downloaded(len(release.content), len(release.content))
    assert [at.done for at in told] == sorted(at.done for at in told)


def test_a_download_that_breaks_off_goes_on_where_it_ended(pcpdrain: Run, release: Release) -> None:
    release.breaks_off_after = 100_000
    result = pcpdrain(*INSTALL)
    assert result.exit_code == 2
    assert "; it stopped after 0.1 of 0.2 MB, and goes on from there the next time" in result.output
    assert result.output.count("\n") == 1
    assert kept() == [f"{ARCHIVE}.part", "install.lock"]
    release.breaks_off_after = None
    assert pcpdrain(*INSTALL).exit_code == 0
    assert release.ranges() == [None, None, "bytes=100000-", "bytes=100000-"]  # each once more: it is moved
    assert kept() == DONE


def test_a_server_without_ranges_sends_all_again(release: Release) -> None:
    release.breaks_off_after, release.knows_ranges = 50_000, False
    with pytest.raises(InstallError, match="it stopped after"):
        install_apalache(silent)
    release.breaks_off_after = None
    install_apalache(silent)
    assert kept() == DONE


def test_a_download_that_was_whole_needs_no_more(release: Release) -> None:
    installed_folder().parent.mkdir(parents=True)
    (installed_folder().parent / f"{ARCHIVE}.part").write_bytes(release.content)
    install_apalache(silent)
    assert kept() == DONE


def test_another_digest_is_a_hard_error(pcpdrain: Run, release: Release) -> None:
    release.digest = "1" * 64
    result = pcpdrain(*INSTALL)
    assert result.exit_code == 2
    assert f"{ARCHIVE} has another digest than expected, and was removed: sha256 " in result.output
    assert f"expected {'1' * 64} (as the release says" in result.output
    assert kept() == ["install.lock"]


def test_the_digest_seen_first_binds_whatever_the_release_says_later(
    release: Release, tmp_path: Path
) -> None:
    install_apalache(silent)
    first = sha256(release.content).hexdigest()
    (installed_folder() / "bin" / "apalache-mc").unlink()
    release.content = archive(tmp_path / "other", member=tarfile.TarInfo("more"))
    with pytest.raises(InstallError, match=f"expected {first} \\(as first seen\\)"):
        install_apalache(silent)
    assert f"{ARCHIVE}.part" not in kept()


def test_a_pinned_digest_is_all_that_counts(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "PINNED", "2" * 64)
    with pytest.raises(InstallError, match=f"expected {'2' * 64} \\(as pinned\\)"):
        install_apalache(silent)
    monkeypatch.setattr(install, "PINNED", sha256(release.content).hexdigest())
    assert install_apalache(silent).endswith("as pinned)")


def test_a_part_of_something_else_is_noticed_and_removed(release: Release) -> None:
    installed_folder().parent.mkdir(parents=True)
    part = installed_folder().parent / f"{ARCHIVE}.part"
    part.write_bytes(b"x" * 1000)
    with pytest.raises(InstallError, match="another digest than expected"):
        install_apalache(silent)
    install_apalache(silent)
    (installed_folder() / "bin" / "apalache-mc").unlink()
    part.write_bytes(release.content + b"x")
    with pytest.raises(InstallError, match="what was there does not belong to it"):
        install_apalache(silent)
    install_apalache(silent)
    assert kept() == DONE


def bad_archive(folder: Path, kind: str) -> bytes:
    outside, large = tarfile.TarInfo("../outside"), tarfile.TarInfo("large")
    large.size = 0
    if kind == "outside":
        return archive(folder, member=outside)
    if kind == "without":
        return archive(folder, without="program")
    return archive(folder)[:-2000] if kind == "cut off" else b"<html>not an archive</html>"


BAD = {
    "outside": "cannot be unpacked: .*outside",
    "without": "has no bin/apalache-mc",
    "cut off": "cannot be unpacked: ",
    "web page": "cannot be unpacked: ",
}


@pytest.mark.parametrize("kind", BAD)
def test_an_archive_that_is_none(release: Release, tmp_path: Path, kind: str) -> None:
    release.content = bad_archive(tmp_path / "bad" / "folder", kind)
    with pytest.raises(InstallError, match=f"{ARCHIVE} {BAD[kind]}"):
        install_apalache(silent)
    assert VERSION not in kept()
    assert not [name for name in kept() if name.startswith("unpacking-")]
    assert not (installed_folder().parent.parent / "outside").exists()


def test_another_version_in_the_archive(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAND_IN_VERSION", "0.62.0")
    with pytest.raises(InstallError, match=rf"what {ARCHIVE} has is no Apalache {VERSION}: 0.62.0"):
        install_apalache(silent)
    assert VERSION not in kept()


def test_a_release_without_a_digest(release: Release) -> None:
    release.digest = "no digest"
    with pytest.raises(InstallError, match=f"has no SHA-256 of {ARCHIVE}"):
        install_apalache(silent)


@pytest.mark.parametrize("status", [404, 403, 500])
def test_a_server_that_refuses(pcpdrain: Run, release: Release, status: int) -> None:
    release.status = status
    result = pcpdrain(*INSTALL)
    assert result.exit_code == 2
    assert f"pcpdrain: error: cannot download {release.url}/sha256sum.txt: the server answers {status} " in (
        result.output
    )


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://", "nonsense"])
def test_nobody_there(pcpdrain: Run, release: Release, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("PCPDRAIN_APALACHE_URL", url)
    result = pcpdrain(*INSTALL)
    assert result.exit_code == 2
    assert result.output.startswith(f"pcpdrain: error: cannot download {url.rstrip('/')}/sha256sum.txt: ")
    assert result.output.count("\n") == 1


def test_an_endless_download_is_ended(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as small:
        small.setattr(install, "_LARGEST", 100_000)
        with pytest.raises(InstallError, match="far larger than it can be"):
            install_apalache(silent)
    assert kept() == ["install.lock"]
    monkeypatch.setattr(install, "_LARGEST_UNPACKED", 100_000)
    with pytest.raises(InstallError, match="is far too large"):  # unpacked
        install_apalache(silent)


def test_a_full_disk(pcpdrain: Run, release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(install, "download", full)
    result = pcpdrain(*INSTALL)
    assert result.exit_code == 2
    assert result.output == (
        f"pcpdrain: error: cannot install Apalache into {installed_folder()}: No space left on device\n"
    )


def test_two_at_once_download_once(start: Start, release: Release, own_cache: Path) -> None:
    both = [start(*INSTALL) for _ in range(2)]
    said = sorted(process.communicate(timeout=120)[0] for process in both)
    assert [process.returncode for process in both] == [0, 0], said
    assert "is installed already" in said[0] + said[1]
    assert len(release.ranges()) == 2  # one, and where it was moved to
    assert kept() == DONE


def test_an_installation_that_takes_for_ever_is_not_waited_for(release: Release) -> None:
    installed_folder().parent.mkdir(parents=True)
    with (
        FileLock(installed_folder().parent / "install.lock"),
        pytest.raises(InstallError, match="another installation has been under way for 0 s"),
    ):
        install_apalache(silent, wait=0.1)


def test_the_time_to_connect_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[httpx.Timeout] = []

    def stream(*_: object, timeout: httpx.Timeout, **__: object) -> None:
        asked.append(timeout)
        raise httpx.ConnectTimeout("timed out")

    monkeypatch.setattr(httpx, "stream", stream)
    with pytest.raises(download.DownloadFailed, match="cannot download http://x/y: timed out"):
        download.fetch_text("http://x/y", connect=5.0)
    assert asked[0].connect == 5.0


def test_an_attempt_installs_and_is_silent_afterwards(pcpdrain: Run, release: Release) -> None:
    first, second = pcpdrain(*ATTEMPT), pcpdrain(*ATTEMPT)
    assert (first.exit_code, second.exit_code, second.output) == (0, 0, "")
    assert f"Apalache {VERSION} is installed in " in first.output


def test_an_attempt_that_failed_is_not_made_again_for_a_day(pcpdrain: Run, release: Release) -> None:
    release.status = 404
    why = f"cannot download {release.url}/sha256sum.txt: the server answers 404 Not Found"
    first = pcpdrain(*ATTEMPT)
    assert (first.exit_code, first.output) == (0, f"Apalache is not here: {why}\n")
    asked = len(release.asked)
    second = pcpdrain(*ATTEMPT)
    assert (second.exit_code, second.output) == (
        0,
        f"Apalache is not here; tried within the last day: {why}\n",
    )
    assert len(release.asked) == asked
    yesterday = time.time() - 25 * 3600
    os.utime(installed_folder().parent / "failed-attempt", (yesterday, yesterday))
    release.status = None
    assert f"Apalache {VERSION} is installed in " in pcpdrain(*ATTEMPT).output


def test_a_failed_attempt_says_nothing_of_another_mirror(
    pcpdrain: Run, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PCPDRAIN_APALACHE_URL", "http://127.0.0.1:9")
    assert "Apalache is not here: cannot download" in pcpdrain(*ATTEMPT).output
    monkeypatch.setenv("PCPDRAIN_APALACHE_URL", release.url)
    assert "is installed in" in pcpdrain(*ATTEMPT).output


def test_offline_nothing_is_attempted(
    pcpdrain: Run, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PCPDRAIN_OFFLINE", "1")
    result = pcpdrain(*ATTEMPT)
    assert (result.exit_code, result.output) == (0, "Apalache is not here, and PCPDRAIN_OFFLINE is set\n")
    assert release.asked == []


def test_an_attempt_is_not_made_where_one_is_there(
    pcpdrain: Run, release: Release, stand_in: StandIn
) -> None:
    stand_in("holds")
    assert pcpdrain(*ATTEMPT).output == ""
    assert release.asked == []


def test_engines_are_listed_with_what_is_wrong_with_them(
    pcpdrain: Run, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in("old")
    lines = pcpdrain("engines").output.splitlines()
    assert [line[:11].strip() for line in lines] == ["java", "tlc", "apalache", "c compiler"]
    assert "apalache   cannot be used: it is version 0.47.2, and 0.62 or newer is needed" in lines[2]
    assert lines[2].endswith("(APALACHE_HOME)")
    monkeypatch.delenv("APALACHE_HOME")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("pcpdrain.tools.engines.java._package_directory", lambda _name: None)
    lines = pcpdrain("engines").output.splitlines()
    assert lines[0].startswith("java       no Java found")
    assert lines[1].startswith("tlc        no tla2tools.jar found")
    assert lines[2] == "apalache   Apalache is not here; `pcpdrain engines install apalache` gets it"
