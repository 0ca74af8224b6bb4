"""User cache: the folder of this user's machine where what can be made again is kept between runs."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path

CACHE_VARIABLE = "PCPDRAIN_CACHE"
"""The environment variable that names another folder."""


def user_cache() -> Path:
    """The folder, which need not be there yet: what PCPDRAIN_CACHE names, else the system's for caches."""
    named = os.environ.get(CACHE_VARIABLE)
    return Path(named).absolute() if named else user_cache_path("pcpdrain")
