"""Server: the language server protocol on one side, questions about a text on the other."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

from pcpdrain.codegen.errors import Diagnostic, DrainErrors
from pcpdrain.codegen.formatting import format_source

from .analysis import Analysis, analyse
from .complete import completions
from .describe import hover, library_declaration
from .names import declaration_of, word_at
from .positions import Positions

_KINDS = {
    "keyword": types.CompletionItemKind.Keyword,
    "builtin": types.CompletionItemKind.Function,
    "property": types.CompletionItemKind.Property,
    "scope": types.CompletionItemKind.EnumMember,
    "routine": types.CompletionItemKind.Method,
    "handler": types.CompletionItemKind.Method,
    "condition": types.CompletionItemKind.Method,
}
_SEVERITIES = {"error": types.DiagnosticSeverity.Error, "warning": types.DiagnosticSeverity.Warning}


def make_server() -> LanguageServer:
    """A server that has not been started. It always takes a changed text whole."""
    server = LanguageServer("pcpdrain", version("pcpdrain"), types.TextDocumentSyncKind.Full)
    analyses: dict[str, Analysis] = {}

    def positions(uri: str) -> Positions:
        codec = server.workspace.position_codec
        return Positions(analyses[uri].source, codec)

    def read(uri: str) -> None:
        document = server.workspace.get_text_document(uri)
        path = to_fs_path(uri)
        analyses[uri] = analyse(
            Path(path).name if path else uri, document.source, Path(path) if path else None
        )
        shown = [_diagnostic(found, positions(uri)) for found in analyses[uri].diagnostics]
        server.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri=uri, diagnostics=shown, version=document.version)
        )

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        read(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        read(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        analyses.pop(uri, None)
        server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri=uri, diagnostics=[]))

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hovered(params: types.HoverParams) -> types.Hover | None:
        uri = params.text_document.uri
        if uri not in analyses:
            return None
        text = hover(analyses[uri], positions(uri).offset(params.position))
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, text)) if text else None

    @server.feature(types.TEXT_DOCUMENT_COMPLETION)
    def completed(params: types.CompletionParams) -> list[types.CompletionItem]:
        uri = params.text_document.uri
        if uri not in analyses:
            return []
        offset = positions(uri).offset(params.position)
        return [
            types.CompletionItem(
                label=word.text,
                kind=_KINDS.get(word.kind, types.CompletionItemKind.Variable),
                detail=word.kind,
                documentation=types.MarkupContent(types.MarkupKind.Markdown, word.documentation),
            )
            for word in completions(analyses[uri].source, offset)
        ]

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def defined(params: types.DefinitionParams) -> types.Location | None:
        uri = params.text_document.uri
        if uri not in analyses:
            return None
        source, known = analyses[uri].source, positions(uri)
        word, start = word_at(source.text, known.offset(params.position))
        own = declaration_of(source, word, start)
        if own is not None:
            return types.Location(uri, known.range(own.start, own.end))
        in_library = library_declaration(word)
        if in_library is None or in_library[0].source.path is None:
            return None
        where, found = in_library[0].source, in_library[1]
        target = from_fs_path(str(where.path))
        place = Positions(where, server.workspace.position_codec).range(found.start, found.end)
        return types.Location(target, place) if target else None

    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    def formatted(params: types.DocumentFormattingParams) -> list[types.TextEdit]:
        uri = params.text_document.uri
        if uri not in analyses:
            return []
        source = analyses[uri].source
        try:
            text = format_source(source)
        except DrainErrors:
            return []  # the diagnostics say why
        whole = positions(uri).range(0, len(source.text))
        return [types.TextEdit(whole, text)] if text != source.text else []

    return server


def _diagnostic(found: Diagnostic, positions: Positions) -> types.Diagnostic:
    """What is found elsewhere, in a library that the text calls, is shown at the text's beginning."""
    message = f"{found.message}\nhelp: {found.help}"
    elsewhere = found.span.source.name != positions.source.name
    start, end = (0, 0) if elsewhere else (found.span.start, found.span.end)
    return types.Diagnostic(
        range=positions.range(start, end),
        message=f"{found.span}: {message}" if elsewhere else message,
        severity=_SEVERITIES[found.severity],
        code=found.code,
        source="pcpdrain",
    )
