"""How alike two texts are, and where they differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from llmops_workbench.text.words import pieces

Change = Literal["equal", "delete", "insert"]


def edit_similarity(left: str, right: str) -> float:
    """1 minus the Levenshtein distance in characters, as a part of the longer text.

    Returns:
        0 to 1; two empty texts are alike (1).
    """
    from rapidfuzz.distance import Levenshtein

    return float(Levenshtein.normalized_similarity(left, right))


def most_alike(
    text: str, others: Sequence[str | None], limit: int = 5, longest: int = 500
) -> list[tuple[int, float]]:
    """Find the texts that are most like one, letter by letter, so in any script.

    Args:
        text: The one.
        others: The many; None is like nothing.
        limit: How many are wanted.
        longest: Characters of each that are looked at.

    Returns:
        Places and similarities (see `edit_similarity`), the most alike first.
    """
    from rapidfuzz import process
    from rapidfuzz.distance import Levenshtein

    cut = [None if other is None else other[:longest] for other in others]
    found = process.extract(
        text[:longest], cut, scorer=Levenshtein.normalized_similarity, limit=limit
    )
    return [(int(place), float(similarity)) for _, similarity, place in found]


def word_diff(before: str, after: str) -> list[tuple[Change, str]]:
    """The difference of two texts, word by word, in any script.

    Args:
        before: The old text.
        after: The new text.

    Returns:
        Changes in reading order. All "equal" and "delete" texts together are `before`, all
        "equal" and "insert" texts `after`. Neighbours of one kind are one entry.

    Example:
        >>> word_diff("我喜欢茶", "我喜欢咖啡")
        [('equal', '我喜欢'), ('delete', '茶'), ('insert', '咖啡')]
    """
    from rapidfuzz.distance import Indel

    old, new = pieces(before), pieces(after)
    changes: list[tuple[Change, str]] = []
    for step in Indel.opcodes(old, new):
        if step.tag == "equal":
            changes.append(("equal", "".join(old[step.src_start : step.src_end])))
        elif step.tag == "delete":
            changes.append(("delete", "".join(old[step.src_start : step.src_end])))
        else:
            changes.append(("insert", "".join(new[step.dest_start : step.dest_end])))
    return _joined(changes)


def _joined(changes: list[tuple[Change, str]]) -> list[tuple[Change, str]]:
    """Put neighbours of one kind together, and a deletion before the insertion beside it."""
    joined: list[tuple[Change, str]] = []
    removed, added = "", ""
    for kind, text in [*changes, ("equal", "")]:
        if kind == "delete":
            removed += text
        elif kind == "insert":
            added += text
        else:
            if removed:
                joined.append(("delete", removed))
            if added:
                joined.append(("insert", added))
            removed, added = "", ""
            if text and joined and joined[-1][0] == "equal":
                joined[-1] = ("equal", joined[-1][1] + text)
            elif text:
                joined.append(("equal", text))
    return joined
