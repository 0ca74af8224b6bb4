"""`pcpdrain lsp` over stdin and stdout, as an editor talks to it."""

import asyncio
import random
import subprocess
import sys
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.lsp.client import LanguageClient

from pcpdrain.codegen.formatting import format_source
from pcpdrain.codegen.library import SPEC
from pcpdrain.codegen.source import Source, read_source
from tests.tools.driving import PROGRAM, Run, small_variant

URI = "file:///made/up/x.drain"
GOOD = small_variant("x")


class Editor(LanguageClient):
    """A client that remembers the diagnostics of each version of each document."""

    def __init__(self) -> None:
        super().__init__("tests", "0")
        self.published: dict[tuple[str, int | None], list[types.Diagnostic]] = {}
        self.errors: list[Any] = []
        self.versions: dict[str, int] = {}

        def publish(params: types.PublishDiagnosticsParams) -> None:
            self.published[params.uri, params.version] = list(params.diagnostics)

        def complain(params: types.ShowMessageParams) -> None:
            self.errors.append(params)

        self.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(publish)
        self.feature(types.WINDOW_SHOW_MESSAGE)(complain)

    async def type(self, text: str, uri: str = URI) -> list[types.Diagnostic]:
        """Open the document, or replace its text; the diagnostics of it."""
        number = self.versions[uri] = self.versions.get(uri, 0) + 1
        if number == 1:
            item = types.TextDocumentItem(uri, "drain", number, text)
            self.text_document_did_open(types.DidOpenTextDocumentParams(item))
        else:
            change = types.TextDocumentContentChangeWholeDocument(text)
            known = types.VersionedTextDocumentIdentifier(number, uri)
            self.text_document_did_change(types.DidChangeTextDocumentParams(known, [change]))
        async with asyncio.timeout(60):
            while (uri, number) not in self.published:
                await asyncio.sleep(0.01)
        return self.published[uri, number]


def session(talk: Callable[[Editor], Awaitable[None]], *encodings: str) -> None:
    """Start a server, say hello, talk, say goodbye: it must end with 0 and have complained of nothing."""

    async def whole() -> None:
        editor = Editor()
        await editor.start_io(sys.executable, "-c", PROGRAM, "lsp")
        general = types.GeneralClientCapabilities(position_encodings=[*encodings]) if encodings else None
        capabilities = types.ClientCapabilities(general=general)
        hello = await editor.initialize_async(types.InitializeParams(capabilities=capabilities))
        assert hello.server_info == types.ServerInfo("pcpdrain", version("pcpdrain"))
        editor.initialized(types.InitializedParams())
        await talk(editor)
        await editor.shutdown_async(None)
        editor.exit(None)
        assert editor._server is not None
        assert await asyncio.wait_for(editor._server.wait(), 60) == 0
        await editor.stop()  # type: ignore[no-untyped-call]
        assert editor.errors == []

    asyncio.run(whole())


def place(text: str, piece: str) -> types.Position:
    before = text[: text.index(piece)]
    return types.Position(before.count("\n"), len(before) - before.rfind("\n") - 1)


def test_a_variant_is_written() -> None:
    async def talk(editor: Editor) -> None:
        assert await editor.type(GOOD) == []
        (wrong,) = await editor.type(GOOD.replace("on_each_cpu", "on_each_cup"))
        assert (wrong.code, wrong.severity, wrong.source) == (
            "D203",
            types.DiagnosticSeverity.Error,
            "pcpdrain",
        )
        assert wrong.message == "unknown routine `on_each_cup`\nhelp: did you mean `on_each_cpu`?"
        begin = place(GOOD, "on_each_cpu")
        assert wrong.range == types.Range(begin, types.Position(begin.line, begin.character + 11))
        assert await editor.type(GOOD) == []

        document = types.TextDocumentIdentifier(URI)
        hovered = await editor.text_document_hover_async(types.HoverParams(document, begin))
        assert hovered is not None
        assert isinstance(hovered.contents, types.MarkupContent)
        assert "Runs `fn` on every online CPU" in hovered.contents.value

        found = await editor.text_document_definition_async(types.DefinitionParams(document, begin))
        assert isinstance(found, types.Location)
        assert found.uri == (SPEC / "lib" / "smp.drain").as_uri()
        line = read_source(SPEC / "lib" / "smp.drain").line_text(found.range.start.line + 1)
        assert line.startswith("routine on_each_cpu(")

        offered = await editor.text_document_completion_async(types.CompletionParams(document, begin))
        assert isinstance(offered, list)
        assert {"cpumask_set_cpu", "drain_local_pages", "while"} <= {item.label for item in offered}

        options = types.FormattingOptions(4, insert_spaces=True)
        asked = types.DocumentFormattingParams(document, options)
        assert not await editor.text_document_formatting_async(asked)
        ugly = GOOD.replace("\n", "\r\n").replace("    ", "\t")
        await editor.type(ugly)
        (edit,) = await editor.text_document_formatting_async(asked) or []
        assert edit.new_text == GOOD
        assert edit.range == types.Range(types.Position(0, 0), types.Position(ugly.count("\n"), 0))
        await editor.type(GOOD[:40])
        assert not await editor.text_document_formatting_async(asked)

        editor.text_document_did_close(types.DidCloseTextDocumentParams(document))
        assert await editor.text_document_hover_async(types.HoverParams(document, begin)) is None

    session(talk)


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 15), ("utf-16", 13), ("utf-32", 12)])
def test_columns_are_counted_as_the_editor_does(encoding: str, column: int) -> None:
    async def talk(editor: Editor) -> None:
        (wrong,) = await editor.type('variant x "t" {\n    /* 🧠 */ $\n}\n')
        assert wrong.range.start == types.Position(1, column)
        document = types.TextDocumentIdentifier(URI)
        after = types.Position(1, 999)
        assert await editor.text_document_hover_async(types.HoverParams(document, after)) is None

    session(talk, encoding)


def test_a_message_about_a_library_names_its_place() -> None:
    body = "cpumask own; on_each_cpu_mask(own, drain_local_pages, true);"
    text = f'variant x "t" {{ drain_all_pages() {{ local_irq_disable(); {body} local_irq_enable(); }} }}'

    async def talk(editor: Editor) -> None:
        found = await editor.type(text)
        assert found
        assert any("smp.drain:" in one.message for one in found)

    session(talk)


def test_half_typed_files_one_after_the_other() -> None:
    chance = random.Random(0)
    texts = [read_source(path).text for path in sorted(SPEC.rglob("*.drain"))]

    async def talk(editor: Editor) -> None:
        document = types.TextDocumentIdentifier(URI)
        for _ in range(60):
            text = chance.choice(texts)
            cut = chance.randrange(len(text))
            text = (
                text[:cut]
                + chance.choice(["", "{", "}", '"', "/*", "at ", "🧠"])
                + text[cut + chance.randrange(9) :]
            )
            text = text[: chance.randrange(len(text))]
            await editor.type(text)
            here = types.Position(chance.randrange(40), chance.randrange(60))
            await editor.text_document_hover_async(types.HoverParams(document, here))
            await editor.text_document_completion_async(types.CompletionParams(document, here))
            await editor.text_document_definition_async(types.DefinitionParams(document, here))
            asked = types.DocumentFormattingParams(document, types.FormattingOptions(4, insert_spaces=True))
            for edit in await editor.text_document_formatting_async(asked) or []:
                assert edit.new_text == format_source(Source("x.drain", text))
        assert await editor.type(GOOD) == []

    session(talk)


def test_nonsense_on_stdin_is_no_reason_to_hang(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "lsp"],
        input=b"GET / HTTP/1.1\r\n\r\nContent-Length: 5\r\n\r\n{{{{{",
        cwd=tmp_path,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode in (0, 1)
    assert b"Traceback" not in done.stdout


def test_a_terminal_is_no_editor(pcpdrain: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from pcpdrain.tools.authoring import commands

    monkeypatch.setattr(commands, "reads_a_terminal", lambda: True)
    result = pcpdrain("lsp")
    assert result.exit_code == 2
    assert "an editor is to be at the other end" in result.output
