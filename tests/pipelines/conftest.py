"""The plug-in of the faces' tests serves here, too."""

from __future__ import annotations

from tests.faces.conftest import inside, plugin, shell  # noqa: F401 - fixtures
