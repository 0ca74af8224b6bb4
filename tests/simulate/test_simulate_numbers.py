"""docs/numbers.md: what it says is what the kept results say, and what is calibrated is."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcpdrain.tools.simulate.claims import claims
from pcpdrain.tools.simulate.intervals import Findings
from pcpdrain.tools.simulate.numbers import DATA, pack, unpack, write_numbers
from pcpdrain.tools.simulate.parameters import SimulationError
from pcpdrain.tools.simulate.plan import CORRECTED, FIGURES, MERGED, POSTED
from tests.simulate.simulating import PARAMETERS

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = DOCS / "numbers.md"


@pytest.fixture(scope="module")
def results() -> list[dict[str, object]]:
    return unpack((DOCS / "numbers" / DATA).read_text("utf-8"))


def test_the_page_and_its_data_are_made_of_the_kept_results(
    results: list[dict[str, object]], tmp_path: Path
) -> None:
    written = write_numbers(results, PARAMETERS, tmp_path / "numbers.md")
    assert (tmp_path / "numbers.md").read_text("utf-8") == PAGE.read_text("utf-8")
    assert pack(results) == (DOCS / "numbers" / DATA).read_text("utf-8")
    names = {path.relative_to(tmp_path) for path in written}
    assert names == {path.relative_to(DOCS) for path in [PAGE, *(DOCS / "numbers").iterdir()]}
    again = {path: path.read_bytes() for path in written}
    write_numbers(results, PARAMETERS, tmp_path / "numbers.md")
    assert {path: path.read_bytes() for path in written} == again


def test_the_posted_patch_is_calibrated_to_the_published_figures(results: list[dict[str, object]]) -> None:
    found = Findings(results)
    drains, saved = (found.of(POSTED, *FIGURES, metric) for metric in ("drains", "saved_share"))
    assert drains.low <= 627 <= drains.high
    assert abs(saved.mean - 100 * 578 / 627) < 1


def test_only_what_is_incomplete_misses_lists(results: list[dict[str, object]]) -> None:
    found = Findings(results)
    assert found.of(POSTED, *FIGURES, "missed_share").low > 5
    for variant in (MERGED, CORRECTED):
        assert found.of(variant, *FIGURES, "missed_share").high < 1
    assert found.of(CORRECTED, *FIGURES, "missed_share").mean == 0


def test_every_claim_says_where_its_number_is_from(results: list[dict[str, object]]) -> None:
    rows = list(claims(Findings(results), PARAMETERS))
    assert len(rows) == 10
    assert all("calibrated" in row.kind or "predicted" in row.kind for row in rows)
    assert [row.published for row in rows[:2]] == ["627", "578, that is 92.2 %"]


@pytest.mark.parametrize("text", ["", "[]", '{"format": "x"}', '{"format": "pcpdrain-numbers 1"}'])
def test_damaged_data_is_told_of(text: str) -> None:
    with pytest.raises(SimulationError, match=r"damaged numbers: .*write them again with `make numbers`"):
        unpack(text)
