"""The decoding loop: a row enters, gets a token at a time, and makes room for the next one."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

from llmops_workbench.models.cache import can_admit, new_cache
from llmops_workbench.models.sampling import chooser

if TYPE_CHECKING:
    import torch

    from llmops_workbench.models.engine import Sampling

# Reading a prompt costs as much as several tokens, so finished rows are replaced a quarter of the
# batch at a time; when nobody waits, they are taken out as soon as they are a quarter of it.
_REPLACED_SHARE = 0.25
# Columns that only hold padding are dropped when they are worth the copy.
_DROPPED_FROM = 64


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
    model: Any, rows: Sequence[Sequence[int]], sampling: Sampling, pad: int, capacity: int
) -> Generator[dict[int, int], set[int], None]:
    """Continue rows, one token each at a time.

    A row that is finished makes room for the next one while the others go on, so that the batch
    stays full; a step costs nearly the same with few rows as with many.

    Args:
        model: A causal language model in evaluation mode.
        rows: Token ids of each prompt, none of them empty; the longest first.
        sampling: How tokens are chosen.
        pad: A token id to pad with.
        capacity: Most rows at once.

    Yields:
        The next tokens by row number, of some or all rows under way. Send the numbers of those
        that are finished; the loop ends when all rows are.
    """
    import torch

    choose = chooser(rows, sampling)
    waiting = deque(range(len(rows)))
    alive: set[int] = set()
    lines: _Lines | None = None
    while waiting or alive:
        free = min(capacity - len(alive), len(waiting))
        enough = free >= max(1, int(capacity * _REPLACED_SHARE)) or free == len(waiting)
        fits = lines is not None and lines.takes(rows[waiting[0]]) if waiting else False
        if free and (not alive or (enough and fits)):
            entering = [waiting.popleft() for _ in range(free)]
            with torch.inference_mode():
                fresh, tokens = _read(model, rows, entering, pad, choose)
                if lines is None or not alive:
                    lines = fresh
                else:
                    lines.admit(fresh, alive)
            finished = yield dict(zip(entering, tokens, strict=True))
            alive |= set(entering)
        else:
            assert lines is not None
            with torch.inference_mode():
                if not waiting and len(alive) <= (1 - _REPLACED_SHARE) * len(lines.slots):
                    lines.keep(alive)
                tokens = lines.step(model, choose)
            finished = yield {
                row: token for row, token in zip(lines.slots, tokens, strict=True) if row in alive
            }
        alive -= finished or set()


def _read(
    model: Any, rows: Sequence[Sequence[int]], entering: list[int], pad: int, choose: Any
) -> tuple[_Lines, list[int]]:
    """Read prompts, and choose the first token of each answer."""
    ids, mask, positions = left_padded([rows[row] for row in entering], pad, str(model.device))
    cache = new_cache(model.config)
    logits = model(
        input_ids=ids,
        attention_mask=mask if bool((mask == 0).any()) else None,
        position_ids=positions,
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=1,
    ).logits[:, -1]
    chosen = choose(logits, entering)
    return _Lines(list(entering), cache, mask, positions[:, -1:], chosen), chosen.tolist()


class _Lines:
    """The batch under way: one line of the cache for each row.

    Attributes:
        slots: Which row each line is. A finished row stays until its line is needed.
    """

    def __init__(
        self,
        slots: list[int],
        cache: Any,
        mask: torch.Tensor,
        last: torch.Tensor,
        tokens: torch.Tensor,
    ) -> None:
        self.slots = slots
        self._cache = cache
        self._mask = mask  # (lines, columns): which columns of the cache are the row's
        self._last = last  # (lines, 1): position of the newest token in the cache
        self._tokens = tokens  # (lines,): chosen, not yet in the cache
        self._padded = bool((mask == 0).any())

    def step(self, model: Any, choose: Any) -> list[int]:
        """Put the chosen tokens into the cache, and choose the next ones."""
        import torch

        ones = self._mask.new_ones((len(self.slots), 1))
        self._mask = torch.cat([self._mask, ones], dim=1)
        # A finished row may stand at the end of the context, where no position comes after.
        limit = getattr(model.config, "max_position_embeddings", None)
        self._last = (self._last + 1).clamp(max=None if limit is None else limit - 1)
        logits = model(
            input_ids=self._tokens[:, None],
            attention_mask=self._mask if self._padded else None,
            position_ids=self._last,
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
        ).logits[:, -1]
        self._tokens = choose(logits, self.slots)
        chosen: list[int] = self._tokens.tolist()
        return chosen

    def takes(self, prompt: Sequence[int]) -> bool:
        """Tell whether a prompt fits into the columns that there are."""
        return can_admit(self._cache) and len(prompt) <= self._mask.shape[1]

    def admit(self, fresh: _Lines, alive: set[int]) -> None:
        """Put other rows into the lines of finished ones, aligned at the newest column."""
        import torch

        free = [at for at, row in enumerate(self.slots) if row not in alive]
        places = free[: len(fresh.slots)]
        for at, row in zip(places, fresh.slots, strict=True):
            self.slots[at] = row
        lines = torch.tensor(places, device=self._mask.device)
        width = fresh._mask.shape[1]
        for layer, other in zip(self._cache.layers, fresh._cache.layers, strict=True):
            layer.replace_lines(lines, other)
        self._mask[lines] = 0
        self._mask[lines, -width:] = fresh._mask
        self._last[lines] = fresh._last
        self._tokens[lines] = fresh._tokens
        self._drop_padding(
            [at for at, row in enumerate(self.slots) if at in places or row in alive]
        )

    def keep(self, alive: set[int]) -> None:
        """Take the lines of finished rows out."""
        import torch

        kept = [at for at, row in enumerate(self.slots) if row in alive]
        lines = torch.tensor(kept, device=self._mask.device)
        self._cache.batch_select_indices(lines)
        self.slots = [self.slots[at] for at in kept]
        self._mask, self._last = self._mask[lines], self._last[lines]
        self._tokens = self._tokens[lines]
        self._padded = bool((self._mask == 0).any())

    def _drop_padding(self, used: list[int]) -> None:
        """Drop the first columns when no row under way has anything there."""
        count = int(self._mask[used].any(dim=0).int().argmax())
        if count >= _DROPPED_FROM:
            for layer in self._cache.layers:
                layer.drop_columns(count)
            self._mask = self._mask[:, count:]
        self._padded = bool((self._mask == 0).any())
