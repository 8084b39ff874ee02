"""The tiny model, open; `tests/conftest.py` makes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tiny import make_tiny

__all__ = ["make_tiny"]


@pytest.fixture(scope="session")
def engine(tiny: Path):
    from llmops_workbench.models.engines.local import open_local

    with open_local(str(tiny), name="tiny", dtype="float32") as opened:
        yield opened
