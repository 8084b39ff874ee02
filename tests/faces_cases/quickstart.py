"""`quickstart` through all faces: its 21 steps a face, so only among the long proofs."""

from __future__ import annotations

import os
from typing import Any

import pytest

from llmops_workbench.core.workspace import Workspace

SMALL = {"train_rows": 64, "compare_rows": 8, "requests": 24, "rules": ["failed == 0"]}


def cases(workspace: Workspace) -> list[dict[str, Any]]:
    if "LLMOPS_PROVE_N" not in os.environ:
        pytest.skip("the whole pipeline through every face takes long: make prove runs it")
    # The second call finds the first one's steps done, which is as much a part of the result.
    return [{"parameters": SMALL}, {"parameters": SMALL, "report": "other.html"}]
