"""Keys and values of past tokens, in buffers that grow by halves instead of being copied anew."""

from __future__ import annotations

from functools import cache as once
from typing import Any

_SPARE_TOKENS = 64  # room left after the prompt; a buffer that is full grows by half


@once
def _growing_layer() -> type[Any]:
    import torch
    from transformers.cache_utils import DynamicLayer

    class GrowingLayer(DynamicLayer):  # type: ignore[misc]
        """One layer's keys and values, [rows, heads, tokens, dim], views into larger buffers.

        The library's layer concatenates, which copies the whole past at each token.
        """

        def lazy_initialization(self, key_states: Any, value_states: Any) -> None:
            super().lazy_initialization(key_states, value_states)
            self._buffers: list[Any] = []
            self._length = 0

        def update(self, key_states: Any, value_states: Any, *args: Any, **kwargs: Any) -> Any:
            if not self.is_initialized:
                self.lazy_initialization(key_states, value_states)
            end = self._length + key_states.shape[-2]
            if not self._buffers or self._buffers[0].shape[-2] < end:
                self._buffers = [
                    self._larger(states, index, end)
                    for index, states in enumerate((key_states, value_states))
                ]
            for buffer, states in zip(self._buffers, (key_states, value_states), strict=True):
                buffer[:, :, self._length : end] = states
            self._length = end
            self.keys, self.values = (buffer[:, :, :end] for buffer in self._buffers)
            return self.keys, self.values

        def batch_select_indices(self, indices: Any) -> None:
            """Keep these rows, in this order; a row may be named more than once."""
            if self._length:
                self._buffers = [buffer[indices] for buffer in self._buffers]
                self.keys, self.values = (buffer[:, :, : self._length] for buffer in self._buffers)

        def replace_lines(self, lines: Any, other: GrowingLayer) -> None:
            """Put another cache's rows into these lines, aligned at the newest token."""
            start = self._length - other._length
            for buffer, states in zip(self._buffers, (other.keys, other.values), strict=True):
                buffer[lines, :, start : self._length] = states

        def drop_columns(self, count: int) -> None:
            """Forget the oldest tokens of all rows."""
            self._buffers = [buffer[:, :, count:].clone() for buffer in self._buffers]
            self._length -= count
            self.keys, self.values = (buffer[:, :, : self._length] for buffer in self._buffers)

        def _larger(self, states: Any, index: int, end: int) -> Any:
            rows, heads, _, dim = states.shape
            room = max(end + _SPARE_TOKENS, self._length * 3 // 2)
            buffer = torch.empty((rows, heads, room, dim), dtype=states.dtype, device=states.device)
            if self._buffers:
                buffer[:, :, : self._length] = self._buffers[index][:, :, : self._length]
            return buffer

    return GrowingLayer


def new_cache(config: Any) -> Any:
    """Make an empty cache for one batch.

    Args:
        config: The model's configuration. A model whose layers are not all full attention gets
            the library's own cache, which knows windows and states.
    """
    from transformers import Cache, DynamicCache

    kinds = set(getattr(config, "layer_types", None) or ["full_attention"])
    windowed = getattr(config, "sliding_window", None) and "layer_types" not in config.to_dict()
    if kinds != {"full_attention"} or windowed:
        return DynamicCache(config=config)
    return Cache(layer_class_to_replicate=_growing_layer())


def can_admit(cache: Any) -> bool:
    """Tell whether rows can enter a cache while others are under way."""
    return cache.layer_class_to_replicate is _growing_layer()
