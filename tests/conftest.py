"""Strict runs: with CI=true or --strict-skips, a skipped or expected-to-fail test makes the run fail.

Skips that are allowed are listed here with the reason. They are still shown, as "not run".
"""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

# On a busy machine one example may take long; how long is no property of the code.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

# Beginning of the skip's reason, as the test gives it -> why that may happen in CI.
ALLOWED_SKIPS: dict[str, str] = {
    "no spin here": "no Python package carries SPIN; .ci/run installs Debian's where apt-get can",
}


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is kept between runs is not kept among the user's own, nor taken from there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PCPDRAIN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


NOT_RUN = "not run"
NOT_ALLOWED = "skipped but not allowed"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--strict-skips",
        action="store_true",
        default=os.environ.get("CI") == "true",
        help="a skipped or xfailed test fails the run, unless tests/conftest.py allows it (CI=true: on)",
    )
    parser.addoption("--programs", type=int, default=50, help="how many random programs all backends compile")
    parser.addoption("--seed", type=int, default=0, help="which random programs")


def reason_of(report: pytest.CollectReport | pytest.TestReport) -> str:
    """Return the reason that a skip or xfail was given."""
    if hasattr(report, "wasxfail"):
        return f"xfail: {report.wasxfail}"
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(
    report: pytest.CollectReport | pytest.TestReport, config: pytest.Config
) -> tuple[str, str, str] | None:
    if not (config.getoption("strict_skips") and report.skipped):
        return None
    if reason_of(report).startswith(tuple(ALLOWED_SKIPS)):
        return NOT_RUN, "n", "NOT RUN"
    return NOT_ALLOWED, "S", "SKIPPED BUT NOT ALLOWED"


def kept_back(config: pytest.Config, category: str) -> list[pytest.CollectReport | pytest.TestReport]:
    """Return the reports of a category above, with skips of whole modules, which never get a category."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if not isinstance(reporter, pytest.TerminalReporter):
        return []
    found = [*reporter.stats.get(category, [])]
    if category == NOT_ALLOWED:
        found += [report for report in reporter.stats.get("skipped", []) if report not in found]
    return found


def pytest_sessionfinish(session: pytest.Session) -> None:
    strict = session.config.getoption("strict_skips")
    if strict and session.exitstatus == pytest.ExitCode.OK and kept_back(session.config, NOT_ALLOWED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for category in (NOT_RUN, NOT_ALLOWED):
        reports = kept_back(config, category)
        if reports and config.getoption("strict_skips"):
            terminalreporter.section(category)
            for report in reports:
                terminalreporter.write_line(f"{report.nodeid}: {reason_of(report)}")
