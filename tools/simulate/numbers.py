"""Numbers: the results behind docs/numbers.md as one file, and the page with its pictures made of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..files import write_together
from .intervals import Findings
from .page import page
from .parameters import Parameters, SimulationError
from .plots import picture_files

FORMAT = "pcpdrain-numbers 1"
DATA = "numbers.json"


def pack(results: Sequence[Mapping[str, Any]]) -> str:
    """Results as a table, a row for each run: much shorter than one by one."""
    rows = [_flat(result) for result in results]
    columns = list(rows[0])
    table = [json.dumps([row[column] for column in columns]) for row in rows]
    head = json.dumps({"format": FORMAT, "columns": columns})
    return f'{head[:-1]}, "rows": [\n' + ",\n".join(table) + "\n]}\n"


def unpack(text: str) -> list[dict[str, Any]]:
    """The results again.

    Raises:
        SimulationError: this is something else.
    """
    try:
        data = json.loads(text)
        if data["format"] != FORMAT:
            raise ValueError(data["format"])
        return [_nested(dict(zip(data["columns"], row, strict=True))) for row in data["rows"]]
    except (ValueError, KeyError, TypeError) as error:
        raise SimulationError(f"damaged numbers: {error}; write them again with `make numbers`") from None


def write_numbers(results: Sequence[Mapping[str, Any]], parameters: Parameters, out: Path) -> list[Path]:
    """Write the page and, in a folder of the same name beside it, its data and pictures; what was written.

    Raises:
        OutputError: something cannot be written; then all is as it was.
    """
    folder = out.with_suffix("")
    found = Findings(results)
    files: dict[Path, str | bytes] = {
        out: page(found, parameters, folder.name),
        folder / DATA: pack(results),
        **picture_files(found, parameters, folder),
    }
    write_together(files)
    return list(files)


def _flat(result: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in result.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{part}": number for part, number in value.items()}
        else:
            flat[name] = value
    return flat


def _nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for name, value in flat.items():
        whole, _, part = name.partition(".")
        if part:
            nested.setdefault(whole, {})[part] = value
        else:
            nested[name] = value
    return nested
