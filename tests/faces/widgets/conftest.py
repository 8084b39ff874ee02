"""The view that the panels of these tests show."""

from __future__ import annotations

from types import ModuleType

import pytest

from llmops_workbench.core import views
from llmops_workbench.core.plugins import load_file
from tests.browser.hosts_places import PROBE


@pytest.fixture(autouse=True)
def probe(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Bring the view of the hosts' tests, whichever one of its name was brought before."""
    module = load_file(PROBE)
    for kind in (module.ProbeView, module.BrokenView):
        monkeypatch.setitem(views._known, kind.name, kind)
    return module
