"""What a running operation tells: one small dictionary an event, in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


def now() -> str:
    """Give the time as ISO 8601 in UTC with milliseconds, as every record keeps it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class Event:
    """One thing that happened.

    Attributes:
        kind: `progress`, `warning`, `log`, `metric`, `checkpoint`, `state`, `result` …
        data: JSON values only.
        time: When, as `now` writes it.
    """

    kind: str
    data: dict[str, Any] = field(default_factory=dict)
    time: str = field(default_factory=now)

    def to_dict(self) -> dict[str, Any]:
        """Flatten into one JSON object, as it stands in an event file."""
        return {"time": self.time, "kind": self.kind, **self.data}

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Event:
        """Read back what `to_dict` wrote."""
        rest = {key: value for key, value in record.items() if key not in ("time", "kind")}
        return cls(kind=str(record["kind"]), data=rest, time=str(record["time"]))


Listener = Callable[[Event], None]


def silent(event: Event) -> None:
    """Listen to nothing."""
