"""The README shows what the command prints."""

import re
from pathlib import Path

from tests.tools.driving import Run

README = Path(__file__).resolve().parents[2] / "README.md"


def plain(text: str) -> str:
    """Without the blanks that fill a column."""
    return re.sub(r" +$", "", text, flags=re.MULTILINE)


def test_the_counterexample_of_the_posted_patch_is_the_one_that_is_found(pcpdrain: Run) -> None:
    (block,) = re.findall(r"```\n(last_zone_decides, scope solo.*?)```", README.read_text("utf-8"), re.DOTALL)
    found = pcpdrain("check", "last_zone_decides", "--scope", "solo", "--property", "drain_complete")
    assert block in plain(found.output)
