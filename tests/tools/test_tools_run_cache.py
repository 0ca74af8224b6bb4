"""The cache of runs: warm is as cold; what is damaged, of another version or no verdict is never used."""

from __future__ import annotations

import json
import os
import time
from hashlib import sha256
from pathlib import Path

import pytest

from pcpdrain.tools.engines import tlc
from pcpdrain.tools.engines.process import Finished
from pcpdrain.tools.engines.run_cache import FORMAT, Kept, RunCache, run_key
from pcpdrain.tools.engines.tlc import run_tlc
from tests.tools.driving import FakeJava, Run, Start, read_results

CHECK = ("check", "global_ipi", "--scope", "solo_one_zone")
ONE = (*CHECK, "--property", "no_useless_ipi", "--engine", "tlc")

MODULE = """---- MODULE M ----
EXTENDS Integers
VARIABLE x
Init == x = 0
Next == x < 2 /\\ x' = x + 1
Small == x < 9
====
"""
CONFIG = "INIT Init\nNEXT Next\nINVARIANT Small\n"


def entries(own_cache: Path) -> list[Path]:
    folder = own_cache / "runs"
    return sorted(folder.iterdir()) if folder.exists() else []


def no_run(*_words: object, **_options: object) -> Finished:
    pytest.fail("an engine was started")


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_warm_is_as_cold(
    pcpdrain: Run, tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cold = pcpdrain(*CHECK)
    kept = files(tmp_path)
    assert any(name.startswith("build/traces/") for name in kept)
    assert entries(own_cache)
    monkeypatch.setattr(tlc, "run_process", no_run)
    warm = pcpdrain(*CHECK)
    assert warm.exit_code == cold.exit_code == 0
    number = len(read_results(tmp_path))
    told = f"{number} of {number} verdicts came from the cache of runs"
    assert [line for line in warm.output.splitlines() if line != told] == cold.output.splitlines()
    assert told in warm.output.splitlines()
    assert files(tmp_path) == kept


def test_a_whole_variant_is_judged_the_same_warm_and_cold(
    pcpdrain: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = 'variant v "no locks" { drain_all_pages() { on_each_cpu(drain_local_pages, true); }\n'
    (tmp_path / "v.drain").write_text(text + "expect { drain_complete holds in solo_one_zone; } }", "utf-8")
    cold = pcpdrain("check", "v.drain")
    kept = files(tmp_path)
    assert "build/vacuity.json" in kept
    monkeypatch.setattr(tlc, "run_process", no_run)
    assert pcpdrain("check", "v.drain").exit_code == cold.exit_code
    assert files(tmp_path) == kept


def test_without_the_cache_every_run_is_made_and_none_is_kept(
    pcpdrain: Run, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pcpdrain(*ONE, "--no-cache").exit_code == 0
    assert entries(own_cache) == []
    pcpdrain(*ONE)
    (entry,) = entries(own_cache)
    before = entry.stat().st_mtime_ns
    again = pcpdrain(*ONE, "--no-cache")
    assert "from the cache" not in again.output
    assert entry.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda text: text[: len(text) // 2], id="cut off"),
        pytest.param(lambda _: "", id="empty"),
        pytest.param(lambda text: text.replace("violated", "upheld"), id="another text"),
        pytest.param(lambda text: text.replace(FORMAT, "something else"), id="of somebody else"),
    ],
)
def test_a_damaged_entry_is_made_again(pcpdrain: Run, own_cache: Path, damage: object) -> None:
    cold = pcpdrain(*ONE)
    (entry,) = entries(own_cache)
    whole = entry.read_text("utf-8")
    entry.write_text(damage(whole), "utf-8")  # type: ignore[operator]
    assert entry.read_text("utf-8") != whole
    again = pcpdrain(*ONE)
    assert again.exit_code == cold.exit_code == 0
    assert f"cache: 1 damaged in {own_cache / 'runs'}, made again" in again.output
    assert "from the cache" not in again.output
    assert "1 of 1 verdicts came from the cache" in pcpdrain(*ONE).output


def test_bytes_that_are_no_text_are_damage(pcpdrain: Run, own_cache: Path) -> None:
    pcpdrain(*ONE)
    (entry,) = entries(own_cache)
    entry.write_bytes(b"\xff\xfe\x00")
    assert "cache: 1 damaged" in pcpdrain(*ONE).output


def test_an_entry_of_another_version_is_told_apart(pcpdrain: Run, own_cache: Path) -> None:
    pcpdrain(*ONE)
    (entry,) = entries(own_cache)
    entry.write_text(entry.read_text("utf-8").replace(FORMAT, "pcpdrain-run 99"), "utf-8")
    again = pcpdrain(*ONE)
    assert again.exit_code == 0
    assert f"cache: 1 of another version in {own_cache / 'runs'}, made again" in again.output
    assert "1 of 1 verdicts came from the cache" in pcpdrain(*ONE).output


def test_the_entry_of_another_run_is_not_taken_for_this_one(tmp_path: Path) -> None:
    cache = RunCache(tmp_path)
    cache.keep("a" * 64, Finished(0, ("holds",), 1.0))
    (tmp_path / ("a" * 64)).rename(tmp_path / ("b" * 64))
    assert cache.find("b" * 64) is None
    assert (cache.given, cache.damaged) == (0, 1)


@pytest.mark.parametrize("body", ["{}", "[1]", "nonsense"])
def test_an_entry_of_another_shape_is_damage(tmp_path: Path, body: str) -> None:
    digest = sha256(f"key\n{body}".encode()).hexdigest()
    (tmp_path / "key").write_text(f"{FORMAT}\n{digest}\n{body}", "utf-8")
    cache = RunCache(tmp_path)
    assert cache.find("key") is None
    assert (cache.given, cache.damaged) == (0, 1)


def test_a_run_without_a_verdict_is_not_kept(
    fake_java: FakeJava, start: Start, tmp_path: Path, own_cache: Path
) -> None:
    said, _ = start(*ONE, environment=fake_java("echo nonsense")).communicate(timeout=120)
    assert "unknown: TLC: does not answer as TLC does" in said
    said, _ = start(*ONE, "--timeout", "0.3", environment=fake_java("exec sleep 60")).communicate(timeout=120)
    assert "unknown: TLC: stopped at the time limit" in said
    assert entries(own_cache) == []


def test_all_that_goes_into_a_run_is_in_its_key() -> None:
    key = run_key(["TLC", "jar", "-continue"], {"M.tla": "x", "model.cfg": "y"})
    assert key == run_key(["TLC", "jar", "-continue"], {"model.cfg": "y", "M.tla": "x"})
    others = [
        run_key(["TLC", "other jar", "-continue"], {"M.tla": "x", "model.cfg": "y"}),
        run_key(["TLC", "jar"], {"M.tla": "x", "model.cfg": "y"}),
        run_key(["TLC", "jar", "-continue"], {"M.tla": "xx", "model.cfg": "y"}),
        run_key(["TLC", "jar", "-continue"], {"M.tla": "x", "model.cfg": ""}),
        run_key(["TLC", "jar", "-continue"], {"N.tla": "x", "model.cfg": "y"}),
    ]
    assert len({key, *others}) == 6


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """What TLC prints for the module."""
    folder = tmp_path_factory.mktemp("model")
    (folder / "M.tla").write_text(MODULE, "utf-8")
    (folder / "M.cfg").write_text(CONFIG, "utf-8")
    return Finished(0, tuple(run_tlc(folder, "M", "M.cfg", timeout=60).log.splitlines()), 1.0)


@pytest.mark.parametrize("change", ["module", "config", "flags", "java options", "java", "jar"])
def test_a_run_of_something_else_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, finished: Finished, change: str
) -> None:
    monkeypatch.setattr(tlc, "run_process", lambda *_, **__: finished)
    model, cache = tmp_path / "model", RunCache(tmp_path / "runs")
    model.mkdir()
    (model / "M.tla").write_text(MODULE, "utf-8")
    (model / "M.cfg").write_text(CONFIG, "utf-8")
    options: dict[str, object] = {}
    assert not run_tlc(model, "M", "M.cfg", cache=cache, timeout=60).cached
    assert run_tlc(model, "M", "M.cfg", cache=cache, timeout=60).cached
    match change:
        case "module":
            (model / "M.tla").write_text(MODULE.replace("x < 2", "x < 3"), "utf-8")
        case "config":
            (model / "M.cfg").write_text(CONFIG.replace("INVARIANT Small\n", ""), "utf-8")
        case "flags":
            options["survey"] = True
        case "java options":
            options["java_options"] = ("-Xmx1g",)
        case "java":
            monkeypatch.setattr(tlc, "java_identity", lambda _java: "another Java")
        case "jar":
            monkeypatch.setattr(tlc, "file_digest_of", lambda _jar: "another jar")
    assert not run_tlc(model, "M", "M.cfg", cache=cache, timeout=60, **options).cached  # type: ignore[arg-type]
    assert cache.given == 1


def test_a_graph_is_always_made(tmp_path: Path) -> None:
    cache = RunCache(tmp_path / "runs")
    (tmp_path / "M.tla").write_text(MODULE, "utf-8")
    (tmp_path / "M.cfg").write_text(CONFIG, "utf-8")
    for _ in range(2):
        result = run_tlc(tmp_path, "M", "M.cfg", cache=cache, dump=tmp_path / "g.dot", timeout=60)
        assert (result.outcome, result.cached) == ("holds", False)
    assert not (tmp_path / "runs").exists()


def test_two_checks_at_once_share_it(start: Start, own_cache: Path) -> None:
    both = [start(*ONE, "--json", f"{name}/r.json") for name in ("a", "b")]
    said = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert len(entries(own_cache)) == 1
    assert not any("cache:" in text for text in said)


def test_a_folder_that_cannot_be_written_costs_no_verdict(pcpdrain: Run, own_cache: Path) -> None:
    (own_cache / "runs").touch()
    result = pcpdrain(*ONE)
    assert result.exit_code == 0
    assert f"cache: nothing is kept: cannot write {own_cache / 'runs'}" in result.output
    assert "damaged" not in result.output


def test_what_nobody_uses_goes_and_what_is_used_stays(tmp_path: Path) -> None:
    cache = RunCache(tmp_path)
    for key in ("used", "unused"):
        cache.keep(key, Finished(0, (), 1.0))
        os.utime(tmp_path / key, (0, 0))
    assert cache.find("used") == Kept(Finished(0, (), 1.0), None)
    cache.forget_unused()
    assert [path.name for path in tmp_path.iterdir()] == ["used"]
    assert (tmp_path / "used").stat().st_mtime > time.time() - 60


def test_an_entry_is_plain_json_under_its_digest(tmp_path: Path) -> None:
    RunCache(tmp_path).keep("key", Finished(12, ("a", "b"), 1.5), "left")
    head, digest, body = (tmp_path / "key").read_text("utf-8").split("\n")
    assert (head, len(digest)) == (FORMAT, 64)
    assert json.loads(body) == {"status": 12, "seconds": 1.5, "lines": ["a", "b"], "attached": "left"}
