"""The explorer as an engine: limits, numbers that do not fit, and compilers that are not there or fail."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from pcpdrain.codegen.library import SPEC, project_scopes
from pcpdrain.codegen.pipeline import compile_file
from pcpdrain.tools.engines.ccompiler import compile_shared, find_compiler
from pcpdrain.tools.engines.explorer import TooManyStates, explored_graph
from pcpdrain.tools.engines.java import EngineMissing
from pcpdrain.tools.engines.tlc import EngineFailed
from tests.codegen.compiling import TINY, compile_body


def test_more_states_than_asked_for() -> None:
    program = compile_file(SPEC / "variants" / "per_cpu_summary.drain").program
    scope = project_scopes().ready["racing"]
    with pytest.raises(TooManyStates, match="more than 100 states"):
        explored_graph(program, scope, 100)


def test_an_int_beyond_16_bits() -> None:
    program = compile_body("int n; n = num_online_cpus(); while (true) { n = n * n; cpu_relax(); }")
    with pytest.raises(EngineFailed, match="a number of the program does not fit 16 bits"):
        explored_graph(program, TINY)


def test_the_graph_grows_beyond_the_first_room() -> None:
    """Arrays and table are enlarged on the way; what is found does not depend on it."""
    program = compile_file(SPEC / "variants" / "global_ipi.drain").program
    graph = explored_graph(program, replace(project_scopes().ready["racing"], pages=4, high=5))
    assert len(graph.states) > 4096
    assert len(set(graph.states)) == len(graph.states)


def test_a_compiler_is_named_by_cc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "cc -pipe")
    named, *arguments = find_compiler()
    assert (Path(named).name, arguments) == ("cc", ["-pipe"])
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(EngineMissing, match="CC names no-such-compiler, which is not a command"):
        find_compiler()
    monkeypatch.setenv("CC", "'")
    with pytest.raises(EngineMissing, match="CC is no command"):
        find_compiler()


def test_no_compiler_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr("shutil.which", lambda _name: None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(EngineMissing, match="pip install ziglang"):
        find_compiler()


def test_an_error_in_the_source_is_told_and_an_older_library_stays(tmp_path: Path) -> None:
    source, out = tmp_path / "x.c", tmp_path / "x.so"
    source.write_text("int x(void) { return 1; }\n", "utf-8")
    before = compile_shared([source], out).read_bytes()
    source.write_text("int x(void) { return y; }\n", "utf-8")
    with pytest.raises(EngineFailed, match=r"x\.c:1:22: error: .*y"):
        compile_shared([source], out)
    assert out.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.c", "x.so"]


def test_a_compiler_that_dies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dying = tmp_path / "dying"
    dying.write_text("#!/bin/sh\nkill -9 $$\n", "utf-8")
    dying.chmod(dying.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("CC", str(dying))
    with pytest.raises(EngineFailed, match="killed by signal 9"):
        compile_shared([], tmp_path / "x.so")
