"""The decoding loop: one batch of prompts, token by token."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

from llmops_workbench.models.cache import new_cache

if TYPE_CHECKING:
    import torch

    from llmops_workbench.models.engine import Sampling

# Finished rows are taken out of the batch when they are a quarter of it: taking them out copies
# the cache, leaving them in computes them for nothing.
_KEEP_UNTIL = 0.75

# Most of the probability stands in the first few hundred tokens; all 50,000 are sorted only when
# these do not hold `top_p`.
_SORTED_FIRST = 512


def left_padded(
    rows: Sequence[Sequence[int]], pad: int, device: str
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Align rows at their ends.

    Returns:
        Token ids, attention mask (1 on tokens, 0 on padding, by position and never by id, since
        the padding token may be the end token) and position ids, each of shape (rows, width).
    """
    import torch

    width = max(len(row) for row in rows)
    ids = torch.tensor([[pad] * (width - len(row)) + list(row) for row in rows], device=device)
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows], device=device)
    positions = (mask.cumsum(dim=1) - 1).clamp(min=0)
    return ids, mask, positions


def decode(
    model: Any, rows: Sequence[Sequence[int]], sampling: Sampling, pad: int
) -> Generator[dict[int, int], set[int], None]:
    """Continue a batch of rows, one token each at a time.

    Args:
        model: A causal language model in evaluation mode.
        rows: Token ids of each prompt, none of them empty.
        sampling: How tokens are chosen.
        pad: A token id to pad with.

    Yields:
        The next token of each row that goes on, by row number. Send the numbers of the rows that
        are finished; the loop ends when all are.
    """
    import torch

    device = str(model.device)
    ids, mask, positions = left_padded(rows, pad, device)
    padded = bool((mask == 0).any())
    choose = _chooser(rows, sampling)
    cache = new_cache(model.config)
    slots = list(range(len(rows)))  # which row each line of the batch is
    alive = set(slots)
    while alive:
        with torch.inference_mode():
            logits = model(
                input_ids=ids,
                attention_mask=mask if padded else None,
                position_ids=positions,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            ).logits[:, -1]
            tokens = choose(logits, slots)
        chosen = tokens.tolist()
        finished = yield {row: chosen[at] for at, row in enumerate(slots) if row in alive}
        alive -= finished or set()
        if not alive:
            return
        with torch.inference_mode():
            last = positions[:, -1:]
            if len(alive) <= _KEEP_UNTIL * len(slots):
                kept = torch.tensor([at for at, row in enumerate(slots) if row in alive])
                kept = kept.to(device)
                cache.batch_select_indices(kept)
                slots = [row for row in slots if row in alive]
                tokens, mask, last = tokens[kept], mask[kept], last[kept]
            ids = tokens[:, None]
            mask = torch.cat([mask, mask.new_ones((len(slots), 1))], dim=1)
            positions = last + 1


def _chooser(rows: Sequence[Sequence[int]], sampling: Sampling) -> Any:
    """Make the function that picks the next token: (logits [b, vocab], row numbers) -> ids [b]."""
    import torch

    if sampling.temperature == 0:
        return lambda logits, slots: logits.argmax(dim=-1)
    # Each row has its own generator, so that a row's answer does not depend on its neighbours.
    generators = [torch.Generator().manual_seed(_row_seed(row, sampling.seed)) for row in rows]

    def draw(logits: torch.Tensor, slots: list[int]) -> torch.Tensor:
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
