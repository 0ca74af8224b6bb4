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
    return environment


def render(template: str, **values: Any) -> str:
    """The text that a template gives; an undefined name in it is an error."""
    return _environment().get_template(template).render(**values)
