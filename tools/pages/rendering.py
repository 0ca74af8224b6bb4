"""Rendering: pages from templates, and data as scripts that assign to one global object."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

FORMAT = "pcpdrain-report 1"
"""In every script of data; a page that reads another format says so."""


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader(__package__, "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=True,
    )


def page(template: str, **values: Any) -> str:
    """A page. `root` is the way from it to the folder of the site."""
    return _environment().get_template(template).render(**values)


def script(key: str, data: dict[str, Any]) -> str:
    """A script that keeps data under a key; scripts are read from a file where JSON could not be."""
    text = json.dumps({"format": FORMAT, **data}, separators=(",", ":"), ensure_ascii=False)
    return f"((window.pcpdrain ??= {{}}).data ??= {{}})[{json.dumps(key)}] = {text};\n"
