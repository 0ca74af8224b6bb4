"""Render: fill a template. Backends decide everything; templates only lay out."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__, "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters["pyrepr"] = repr
    environment.filters["comment"] = _comment
    environment.filters["docstring"] = _docstring
    return environment


def _comment(text: str) -> str:
    """A text of the source on one line, whatever a checker takes for the end of a line."""
    return " ".join(text.split())


def _docstring(text: str) -> str:
    """A text of the source inside a docstring; it has no quotes, as the language has no escapes for them."""
    return _comment(text).replace("\\", "\\\\")


def render(template: str, **values: Any) -> str:
    """The text that a template gives; an undefined name in it is an error."""
    return _environment().get_template(template).render(**values)
