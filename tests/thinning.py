"""Thinning: of tests that say one thing about many inputs, `make test` runs some, and not all."""

from collections.abc import Iterable
from typing import Any

import pytest


def thinned(values: Iterable[Any], every: int) -> list[Any]:
    """The values as parameters; all but each `every`-th are marked `exhaustive`."""
    return [
        value if number % every == 0 else pytest.param(value, marks=pytest.mark.exhaustive)
        for number, value in enumerate(values)
    ]
