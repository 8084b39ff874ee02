"""Which rows are computed together."""

from __future__ import annotations

from collections.abc import Sequence


def plan_batches(
    lengths: Sequence[int],
    *,
    token_budget: int,
    max_rows: int,
    extra: int = 0,
    grown_budget: int | None = None,
) -> list[list[int]]:
    """Put rows of similar length together, so that little is padded.

    Args:
        lengths: Tokens of each row.
        token_budget: Most tokens of one batch, padding included. A row longer than that makes a
            batch of its own.
        max_rows: Most rows of one batch.
        extra: Tokens that every row may grow by.
        grown_budget: Most tokens of one batch after it has grown; no limit when left out.

    Returns:
        Batches of row numbers; the longest rows first, so that what would not fit into memory
        shows at once.
    """
    order = sorted(range(len(lengths)), key=lambda row: (-lengths[row], row))
    batches: list[list[int]] = []
    start = 0
    while start < len(order):
        width = max(1, lengths[order[start]])
        rows = min(max_rows, token_budget // width)
        if grown_budget is not None:
            rows = min(rows, grown_budget // (width + extra))
        rows = max(1, rows)
        batches.append(order[start : start + rows])
        start += rows
    return batches


def joined(batches: Sequence[Sequence[int]]) -> list[tuple[int, list[int]]]:
    """Join batches of the same size into queues, whose rows enter as others finish.

    Returns:
        For each queue the most rows at once, and its row numbers in order.
    """
    queues: list[tuple[int, list[int]]] = []
    for batch in batches:
        if queues and len(batch) <= queues[-1][0]:
            queues[-1][1].extend(batch)
        else:
            queues.append((len(batch), list(batch)))
    return queues
