"""The report in a browser: by keyboard, at the width of a phone, in dark and light, with damaged links.

Needs a Chromium on the machine and Playwright to drive it; `.ci/run` installs both.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pcpdrain.codegen.library import SPEC
from pcpdrain.codegen.source import read_source
from tests.tools.driving import Run
from tests.tools.reporting import RUN, small_site, write

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
if CHROMIUM is None:
    pytest.skip("there is no Chromium on this machine", allow_module_level=True)
sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

Page = Any
"""Of Playwright, which has no types here where it is not installed."""

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PHONE = {"width": 390, "height": 844}
DIGEST = read_source(SPEC / "variants" / "last_zone_decides.drain").digest[:8]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    write(small_site(), folder)
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Page]:
    """A page on which nothing may go wrong, and which has no network."""
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
    shown = context.new_page()
    wrong: list[str] = []
    shown.on("pageerror", lambda error: wrong.append(str(error)))
    shown.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    yield shown
    context.close()
    assert wrong == []


def go(page: Page, site: Path, name: str, fragment: str = "") -> None:
    page.goto("about:blank")
    page.goto(f"{(site / name).as_uri()}{fragment}")


def explorer_link(run: str, digest: str = DIGEST) -> str:
    return f"#variant=last_zone_decides&scope=solo_once&of={digest}&run={run}"


def test_a_counterexample_is_stepped_by_keyboard_with_source_and_state(page: Page, site: Path) -> None:
    go(page, site, f"runs/{RUN}.html")
    assert page.inner_text("#where") == "step 7 of 19"
    assert page.inner_text("li.now").strip() == "cpumask_clear_cpu(cpu, cpus_with_pcps);"
    assert "cpus_with_pcps" in page.inner_text(".state .changed")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert page.inner_text("#where") == "step 5 of 19"
    assert page.inner_text("li.now").strip() == "cpumask_set_cpu(cpu, cpus_with_pcps);"
    page.keyboard.press("End")
    assert page.inner_text("tr.now .event.task") == "returns"
    page.keyboard.press("Home")
    assert page.inner_text("#where") == "the start"
    assert page.locator("tr.now").count() == 0
    page.keyboard.press("d")
    assert page.url.endswith("#step=7")


def test_a_counterexample_is_scrubbed_and_clicked(page: Page, site: Path) -> None:
    go(page, site, f"runs/{RUN}.html", "#step=3")
    assert page.inner_text("#where") == "step 3 of 19"
    page.fill("#scrub", "15")
    assert page.inner_text("#source h2") == "smp.drain"
    page.click(".lanes tbody tr:nth-child(4)")
    assert page.inner_text("#where") == "step 4 of 19"


def test_without_scripts_a_counterexample_is_there_as_text(browser: Any, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    shown = context.new_page()
    go(shown, site, f"runs/{RUN}.html")
    assert " 7! │ cpumask_clear_cpu(0)" in shown.inner_text("noscript")
    context.close()


def test_the_matrix_shows_one_scope(page: Page, site: Path) -> None:
    go(page, site, "index.html")
    cell = page.locator("a.cell[href='variants/last_zone_decides.html#drain_complete']")
    assert cell.locator(".sign").inner_text() == "✗"
    page.select_option("#scope", "solo_one_zone")
    assert cell.locator(".sign").inner_text() == "✓"
    assert "2 CPUs; 1 zone" in page.inner_text("#bounds")
    page.select_option("#scope", "")
    assert cell.locator(".count").inner_text() == "1/2"


def test_the_explorer_is_clicked_through_and_back(page: Page, site: Path) -> None:
    go(page, site, "explorer.html", explorer_link(""))
    assert page.inner_text("#where") == "the start"
    page.click("#choices button:has-text('page freed, zone 0') >> nth=0")
    page.click("#choices button:has-text('calls drain_all_pages')")
    assert page.inner_text("#where") == "after 2 steps"
    page.keyboard.press("1")
    assert page.locator(".lanes tbody tr").count() == 3
    page.keyboard.press("ArrowLeft")
    assert page.inner_text("#where") == "after 2 steps"
    page.click("#refused summary")
    assert "no request of d0 is queued at CPU 1" in page.inner_text("#reasons")
    assert "✓ drain_complete" in page.inner_text("#verdicts")
    page.click("#first")
    assert page.inner_text("#where") == "the start"


def test_a_link_of_the_explorer_is_the_same_run_in_replay(page: Page, site: Path, pcpdrain: Run) -> None:
    go(page, site, "explorer.html", explorer_link("0.1.0.0"))
    shown = page.locator(".lanes tbody tr .event.task, .lanes tbody tr .event.machine").all_inner_texts()
    assert len(shown) == 4
    done = pcpdrain("replay", page.url)
    assert done.exit_code == 0
    for event in shown:
        assert event in done.output
    command = page.inner_text("#command")
    again = pcpdrain("replay", re.sub(r"^pcpdrain replay '(.*)'$", r"\1", command))
    assert again.output == done.output


def test_the_link_of_a_run_is_copied(page: Page, site: Path) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    go(page, site, "explorer.html", explorer_link("0.1"))
    page.click("#copy")
    page.wait_for_function("document.getElementById('where').textContent === 'link copied'")
    assert page.evaluate("navigator.clipboard.readText()") == page.url


@pytest.mark.parametrize(
    ("fragment", "told"),
    [
        ("#nonsense", "This link is damaged: expected #variant=V"),
        (explorer_link("0.x"), "`run` must be numbers"),
        (explorer_link("0.99"), "step 2 is choice 99 of"),
        (explorer_link("0", digest="00000000"), "of another version of last_zone_decides"),
        (explorer_link("0").replace("solo_once", "nowhere"), "there is no graphs/last_zone_decides-nowhere"),
    ],
)
def test_a_damaged_link_is_told_and_a_start_is_offered(
    browser: Any, site: Path, fragment: str, told: str
) -> None:
    shown = browser.new_page()  # a file that is not there is an error on the console, and must be told
    go(shown, site, "explorer.html", fragment)
    shown.wait_for_selector("#problem:not([hidden])")
    assert told in shown.inner_text("#problem")
    assert shown.locator("#choices button").count() > 0
    shown.close()


OTHER_VERSION = {
    "graphs/last_zone_decides-solo_once": ("explorer.html", explorer_link("")),
    "graphs": ("explorer.html", ""),
    f"diffs/{RUN}": ("diff.html", f"#{RUN},per_cpu_summary"),
    f"runs/{RUN}": (f"runs/{RUN}.html", ""),
}


@pytest.mark.parametrize("data", OTHER_VERSION)
def test_data_of_another_version_is_told(page: Page, site: Path, tmp_path: Path, data: str) -> None:
    other = tmp_path / "other"
    shutil.copytree(site, other)
    file = other / f"{data}.js"
    file.write_text(file.read_text("utf-8").replace("pcpdrain-report 1", "pcpdrain-report 0"), "utf-8")
    go(page, other, *OTHER_VERSION[data])
    page.wait_for_selector("#problem:not([hidden])")
    told = f"{data} is of another version (pcpdrain-report 0, not pcpdrain-report 1)"
    assert told in page.inner_text("#problem")


def test_two_variants_are_shown_to_where_they_part(page: Page, site: Path) -> None:
    go(page, site, "diff.html", f"#{RUN},per_cpu_summary")
    assert "They first do something else in step 6" in page.inner_text("#outcome")
    assert page.inner_text("tr.other th") == "6"
    assert page.input_value("#other") == "per_cpu_summary"


def test_a_damaged_link_to_two_variants_is_told(page: Page, site: Path) -> None:
    go(page, site, "diff.html", "#nothing,per_cpu_summary")
    assert "there is no schedule nothing" in page.inner_text("#problem")
    assert page.locator(".sides tbody tr").count() > 0


PAGES = ("index.html", "variants/last_zone_decides.html", f"runs/{RUN}.html", "explorer.html", "diff.html")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_as_wide_as_a_phone(page: Page, site: Path, name: str) -> None:
    """What is wider scrolls in a region of its own."""
    page.set_viewport_size(PHONE)
    go(page, site, name)
    page.wait_for_timeout(100)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


CONTRAST = (Path(__file__).parent / "contrast.js").read_text("utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_text_has_enough_contrast(page: Page, site: Path, name: str, scheme: str) -> None:
    """4.5 to 1, as WCAG 2.2 asks of text (AA)."""
    page.emulate_media(color_scheme=scheme)
    go(page, site, name)
    page.wait_for_timeout(100)
    assert page.evaluate(CONTRAST) == []


@pytest.mark.parametrize("name", PAGES)
def test_whatever_can_be_used_is_reached_by_keyboard_and_has_a_name(
    page: Page, site: Path, name: str
) -> None:
    go(page, site, name)
    page.wait_for_timeout(100)
    nameless = """() => [...document.querySelectorAll("button, a, select, input, [tabindex]")]
        .filter((e) => e.checkVisibility() && !e.innerText?.trim())
        .filter((e) => !e.getAttribute("aria-label") && !e.labels?.length)
        .map((e) => e.outerHTML)"""
    assert page.evaluate(nameless) == []
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
