"""Tokens of texts in the measure of a chosen model, without loading its weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from llmops_workbench.core.errors import DataError
from llmops_workbench.models.quiet import set_environment
from llmops_workbench.models.sources import locate

if TYPE_CHECKING:
    from llmops_workbench.core.references import Reference


def token_counter(model: str | Reference) -> Callable[[Sequence[str]], list[int]]:
    """Give the function that counts tokens as a model would, special tokens left out.

    Args:
        model: As for `open_model`; it must be one with a folder of its own.

    Raises:
        NotFoundError: It names nothing.
        UsageError: It stands behind a server.
        DataError: Its folder has no tokenizer.json.
    """
    return counter_of(locate(model).folder)


def counter_of(folder: Path) -> Callable[[Sequence[str]], list[int]]:
    """Give the counter of a model's folder; see `token_counter`."""
    set_environment()
    from tokenizers import Tokenizer

    path = folder / "tokenizer.json"
    if not path.is_file():
        raise DataError(f"'{folder}' has no tokenizer.json: save its tokenizer with transformers")
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def count(texts: Sequence[str]) -> list[int]:
        encoded = tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(entry) for entry in encoded]

    return count
