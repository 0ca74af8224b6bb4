"""Picture: docs/report.png, the timeline of a counterexample in Chromium; `make picture` makes it."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from pcpdrain.codegen.library import SPEC
from pcpdrain.codegen.pipeline import compile_file

from ..check import plan, run
from ..chosen import Chosen, chosen_properties, chosen_scopes
from .site import site

VARIANT, SCOPE, PROPERTY = "per_cpu_summary", "racing", "drain_complete"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main() -> None:
    """Check one property, write a report of it, and take the picture."""
    browser_path = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser_path is None:
        sys.exit("picture: not made: there is no Chromium (on Debian: apt install chromium)")
    from playwright.sync_api import sync_playwright

    unit = compile_file(SPEC / "variants" / f"{VARIANT}.drain")
    work = plan(Chosen([unit]), chosen_scopes([SCOPE]), chosen_properties([PROPERTY]))
    rows = json.loads(json.dumps([finding.to_json() for finding in run(work.jobs, lambda _job: None)]))
    with TemporaryDirectory() as name, sync_playwright() as playwright:
        for path, text in site(rows, [unit], 1, lambda _done, _of: None).items():
            file = Path(name) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        browser = playwright.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1180, "height": 720}, color_scheme="light")
        page.goto((Path(name) / "runs" / f"{VARIANT}-{SCOPE}-{PROPERTY}.html").as_uri())
        page.screenshot(path=Path("docs") / "report.png")
        browser.close()


if __name__ == "__main__":
    main()
