"""Choosing the next token."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from llmops_workbench.models.engine import Sampling

# Most of the probability stands in the first few hundred tokens; all 50,000 are sorted only when
# these do not hold `top_p`.
_SORTED_FIRST = 512


def chooser(
    rows: Sequence[Sequence[int]], sampling: Sampling
) -> Callable[[torch.Tensor, Sequence[int]], torch.Tensor]:
    """Make the function that picks the next token: (logits [b, vocab], row numbers) -> ids [b]."""
    import torch

    if sampling.temperature == 0:
        return lambda logits, slots: logits.argmax(dim=-1)
    # Each row has its own generator, so that a row's answer does not depend on its neighbours.
    generators = [torch.Generator().manual_seed(_row_seed(row, sampling.seed)) for row in rows]

    def draw(logits: torch.Tensor, slots: Sequence[int]) -> torch.Tensor:
        uniform = torch.stack([torch.rand(1, generator=generators[row]) for row in slots])
        return pick(logits, uniform.to(logits.device), sampling)

    return draw


def _row_seed(row: Sequence[int], seed: int) -> int:
    digest = hashlib.sha256(f"{seed}:{','.join(map(str, row))}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def pick(logits: torch.Tensor, uniform: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    """Draw tokens by inverting the cumulative distribution.

    Args:
        logits: Shape (rows, vocabulary).
        uniform: One number in [0, 1) for each row, shape (rows, 1).
        sampling: temperature above 0; top_k first, then top_p on what is left (Holtzman et al.
            2020, "The Curious Case of Neural Text Degeneration").

    Returns:
        Token ids, shape (rows,).
    """
    import torch

    size = logits.shape[-1]
    scaled = logits.double() / sampling.temperature
    if sampling.top_k and sampling.top_k < size:
        values, order = scaled.topk(sampling.top_k, dim=-1)
        probabilities = values.softmax(dim=-1)
    elif sampling.top_p < 1:
        total = scaled.logsumexp(dim=-1, keepdim=True)
        values, order = scaled.topk(min(_SORTED_FIRST, size), dim=-1)
        probabilities = (values - total).exp()
        if bool((probabilities.sum(dim=-1) < sampling.top_p).any()):
            values, order = scaled.sort(dim=-1, descending=True)
            probabilities = (values - total).exp()
    else:
        order, probabilities = None, scaled.softmax(dim=-1)
    if sampling.top_p < 1:
        before = probabilities.cumsum(dim=-1) - probabilities
        probabilities = probabilities.masked_fill(before >= sampling.top_p, 0.0)
    cumulative = probabilities.cumsum(dim=-1)
    target = uniform.double() * cumulative[:, -1:]
    at = torch.searchsorted(cumulative, target, right=True).clamp(max=cumulative.shape[-1] - 1)
    return (at if order is None else order.gather(-1, at)).squeeze(-1)
