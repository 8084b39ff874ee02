"""What one version of a named thing is, to whoever asks the catalogue."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from llmops_workbench.core.references import Reference


@dataclass(frozen=True)
class Version:
    """One immutable version of a named thing.

    Attributes:
        ref: Pinned: with its number, or with its whole hash when it has no name.
        hash: `sha256-…` of the content.
        parents: References of what it was made from, pinned.
        created: When, ISO 8601 in UTC.
        run_id: The run that made it.
        meta: What its kind keeps about it, such as a prompt's template or a dataset's roles.
        tags: Free text by key; may change.
        scores: Headline scores by metric; may change.
    """

    ref: Reference
    hash: str
    parents: tuple[str, ...]
    created: str
    run_id: str | None
    meta: dict[str, Any]
    tags: dict[str, str] = field(default_factory=dict)
    scores: dict[str, Any] = field(default_factory=dict)

    @property
    def number(self) -> int | None:
        """The version's number; None for a run and for what has no name."""
        text = self.ref.version
        return int(text) if text is not None and text.isdigit() else None

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON values, with the reference as text."""
        return {
            "ref": str(self.ref),
            "hash": self.hash,
            "parents": list(self.parents),
            "created": self.created,
            "run_id": self.run_id,
            "meta": self.meta,
            "tags": self.tags,
            "scores": self.scores,
        }
