"""Log-likelihoods of given continuations, the prefix computed once."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from llmops_workbench.models.batching import plan_batches
from llmops_workbench.models.cache import new_cache
from llmops_workbench.models.decoding import left_padded

if TYPE_CHECKING:
    import torch

    from llmops_workbench.models.tokens import Boundary


# 256 MiB of float32: every scored position has one logit for each token of the vocabulary.
_LOGITS_AT_ONCE = 64 * 1024 * 1024


def score_boundaries(
    model: Any,
    pairs: Sequence[Boundary],
    *,
    pad: int,
    token_budget: int,
    cache_tokens: int,
    max_rows: int,
    on_batch: Callable[[], None],
) -> list[tuple[float, bool]]:
    """Sum the log-probabilities of each continuation after its prefix.

    Continuations with the same prefix share its computation, and a continuation of one token
    needs no more than that.

    Args:
        model: A causal language model in evaluation mode.
        pairs: Prefix and continuation, in tokens; neither is empty.
        pad: A token id to pad with.
        token_budget: Most tokens of the prefixes of one batch.
        cache_tokens: Most tokens whose keys and values fit.
        max_rows: Most rows of one batch.
        on_batch: Called before each batch; may raise to stop.

    Returns:
        For each pair the sum in nats, and whether each token was the most likely one.
    """
    by_prefix: dict[tuple[int, ...], list[int]] = {}
    for number, pair in enumerate(pairs):
        by_prefix.setdefault(pair.prefix, []).append(number)
    prefixes = list(by_prefix)
    longest = max((len(pair.continuation) for pair in pairs), default=0)
    scores: list[tuple[float, bool]] = [(0.0, True)] * len(pairs)
    for batch in plan_batches(
        [len(prefix) for prefix in prefixes],
        token_budget=token_budget,
        max_rows=max_rows,
        extra=longest,
        grown_budget=cache_tokens,
    ):
        on_batch()
        rows = [prefixes[at] for at in batch]
        members = [by_prefix[row] for row in rows]
        _score_batch(model, rows, members, pairs, pad, scores, max_rows)
    return scores


def _score_batch(
    model: Any,
    rows: Sequence[tuple[int, ...]],
    members: Sequence[list[int]],
    pairs: Sequence[Boundary],
    pad: int,
    scores: list[tuple[float, bool]],
    max_rows: int,
) -> None:
    import torch

    device = str(model.device)
    ids, mask, positions = left_padded(rows, pad, device)
    padded = bool((mask == 0).any())
    with torch.inference_mode():
        cache = new_cache(model.config)
        first = model(
            input_ids=ids,
            attention_mask=mask if padded else None,
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        ).logits[:, -1]
        longer: list[tuple[int, int]] = []  # (line of the batch, number of the pair)
        for line, numbers in enumerate(members):
            targets = torch.tensor([pairs[n].continuation[0] for n in numbers], device=device)
            values, best = _token_scores(first[line].expand(len(numbers), -1), targets)
            for number, value, greedy in zip(numbers, values, best, strict=True):
                scores[number] = (value, greedy)
                if len(pairs[number].continuation) > 1:
                    longer.append((line, number))
        tails = [len(pairs[number].continuation) - 1 for _, number in longer]
        room = max(1, _LOGITS_AT_ONCE // first.shape[-1])
        for part in plan_batches(tails, token_budget=room, max_rows=max_rows):
            chosen = [longer[at] for at in part]
            _score_rest(model, cache, mask, positions, chosen, pairs, pad, scores)


def _score_rest(
    model: Any,
    cache: Any,
    mask: torch.Tensor,
    positions: torch.Tensor,
    part: Sequence[tuple[int, int]],
    pairs: Sequence[Boundary],
    pad: int,
    scores: list[tuple[float, bool]],
) -> None:
    """Add the second and later tokens; the lines of the cache are repeated as they are needed."""
    import torch

    device = mask.device
    lines = torch.tensor([line for line, _ in part], device=device)
    tails = [pairs[number].continuation for _, number in part]
    width = max(len(tail) for tail in tails) - 1
    # Aligned at the left: a later token never looks at the padding behind it.
    ids = torch.tensor(
        [[*tail[:-1], *[pad] * (width - len(tail) + 1)] for tail in tails], device=device
    )
    real = torch.tensor(
        [[1] * (len(tail) - 1) + [0] * (width - len(tail) + 1) for tail in tails], device=device
    )
    own = _lines_of(cache, lines)
    steps = torch.arange(1, width + 1, device=device)
    logits = model(
        input_ids=ids,
        attention_mask=torch.cat([mask[lines], real], dim=1),
        position_ids=positions[lines, -1:] + steps,
        past_key_values=own,
        use_cache=True,
    ).logits
    for at, (_, number) in enumerate(part):
        tail = pairs[number].continuation[1:]
        targets = torch.tensor(tail, device=device)
        values, best = _token_scores(logits[at, : len(tail)], targets)
        value, greedy = scores[number]
        scores[number] = (value + sum(values), greedy and all(best))


def _lines_of(cache: Any, lines: torch.Tensor) -> Any:
    """Give a cache of these lines, each as often as it is named; the given one stays as it is."""
    chosen = copy.copy(cache)
    chosen.layers = [copy.copy(layer) for layer in cache.layers]
    chosen.batch_select_indices(lines)  # puts new tensors into the copies
    return chosen


def _token_scores(logits: torch.Tensor, targets: torch.Tensor) -> tuple[list[float], list[bool]]:
    """Log-probability of each target token, and whether it is the most likely one.

    Args:
        logits: Shape (n, vocabulary).
        targets: Shape (n,).
    """
    wide = logits.float()
    chosen = wide.gather(-1, targets[:, None]).squeeze(-1)
    values = (chosen - wide.logsumexp(dim=-1)).tolist()
    return values, (wide.argmax(dim=-1) == targets).tolist()
