"""The pytest fixture ``fake_seam``."""

from typing import Iterator

import pytest

from fake_seam import FakeSeam


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "fake_seam(**options): the arguments of the fixture fake_seam, such as seed='building' or pace=0"
    )


@pytest.fixture
def fake_seam(request: pytest.FixtureRequest) -> Iterator[FakeSeam]:
    """A separate fake for each test, which starts in milliseconds."""
    marker = request.node.get_closest_marker("fake_seam")
    with FakeSeam(**(marker.kwargs if marker else {})) as fake:
        yield fake
