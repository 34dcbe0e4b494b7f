"""What holds for every test: on CI, a test that lacks a server fails instead of being skipped."""

import os
from collections.abc import Generator
from typing import TypeVar

import hypothesis
import pytest

# Fixtures of the metadata database, for whichever test asks for them.
from tests.factories.metadata import here, metadata_cluster, world, world_place  # noqa: F401

# A busy machine is no fault of ours. The examples are the same for everybody: `make faults` looks
# for what nobody has thought of.
hypothesis.settings.register_profile(
    "baselayer",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("baselayer")

# Tests of settings start from none, whatever whoever starts them has set for a server of his own.
for name in [name for name in os.environ if name.startswith("BASELAYER_")]:
    if name != "BASELAYER_TEST_DRIVER":
        del os.environ[name]

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip whose reason begins with "needs" into a failure where CI is set."""
    return _without_excuse((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Do the same for a whole file that skips itself."""
    return _without_excuse((yield))


def _without_excuse(report: Report) -> Report:
    is_lacking = "Skipped: needs" in str(report.longrepr)
    if os.environ.get("CI") and report.skipped and is_lacking:
        report.outcome = "failed"
        report.longrepr = f"On CI nothing may be missing: {report.longrepr}"
    return report
