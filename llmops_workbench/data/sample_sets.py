"""The registry of sample datasets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from llmops_workbench.core.registry import Registry


@dataclass(frozen=True)
class SampleTable:
    """One table of a sample.

    Attributes:
        name: What it is registered as.
        columns: Values by column.
        roles: Role to column.
        note: Where it is from, and how its numbers read.
    """

    name: str
    columns: dict[str, list[Any]]
    roles: dict[str, str]
    note: str


Sample = Callable[[], Iterator[SampleTable]]
SAMPLES: Registry[Sample] = Registry("sample", "llmops_workbench.data.samples")
