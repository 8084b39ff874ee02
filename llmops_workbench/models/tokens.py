"""From prompts to tokens and back: chat templates, boundaries, pieces of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmops_workbench.core.errors import UsageError

if TYPE_CHECKING:
    from llmops_workbench.models.engine import Prompt

# A byte-level token may hold half a character; it decodes to this until the other half comes.
_UNFINISHED = "\ufffd"

# Tokens looked back at when a piece of text is decoded, so that a tokenizer which joins or strips
# spaces between neighbours does so in the piece as it does in the whole.
_LOOK_BACK = 6


class PromptEncoder:
    """Turns prompts into token ids with one tokenizer.

    Args:
        tokenizer: A tokenizer of the transformers library.
        name: What the model is called in messages.
    """

    def __init__(self, tokenizer: Any, name: str) -> None:
        self.tokenizer = tokenizer
        self.name = name
        bos = tokenizer.bos_token_id
        added = tokenizer("", add_special_tokens=True)["input_ids"]
        self._lead: list[int] = [bos] if bos is not None and bos in added else []
        start = bos if bos is not None else tokenizer.eos_token_id
        #: What stands before a text that has no prompt, so that its first token has a condition.
        self.start: list[int] = [] if start is None else [start]

    def text(self, prompt: Prompt) -> tuple[str, bool]:
        """Write a prompt as the text that the model reads.

        Returns:
            The text, and whether it went through the chat template.

        Raises:
            UsageError: Messages for a model without a chat template, or ones it refuses.
        """
        if isinstance(prompt, str):
            return prompt, False
        if not getattr(self.tokenizer, "chat_template", None):
            raise UsageError(
                f"{self.name} has no chat template: give the prompt as text, or use a chat model"
            )
        try:
            text = self.tokenizer.apply_chat_template(
                list(prompt), tokenize=False, add_generation_prompt=True
            )
        except Exception as error:  # a template is foreign code and may raise anything
            raise UsageError(
                f"the chat template of {self.name} refuses these messages: {error}"
            ) from error
        return str(text), True

    def encode(self, prompt: Prompt) -> list[int]:
        """Give the tokens of a prompt, with the leading token that the model expects."""
        text, chat = self.text(prompt)
        lead = [] if chat else self._lead
        ids = lead + self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids or list(self.start)

    def split(self, prompt: Prompt, continuations: Sequence[str]) -> list[Boundary]:
        """Tokenize prompt and continuation together, and find where the continuation starts.

        A token that holds characters of both, such as the space before a word, belongs to the
        continuation; so each continuation has a prefix of its own.
        """
        text, chat = self.text(prompt)
        lead = [] if chat else self._lead
        if not continuations:
            return []
        joint = self.tokenizer(
            [text + continuation for continuation in continuations],
            add_special_tokens=False,
            return_offsets_mapping=True,
        )
        found = []
        for ids, offsets in zip(joint["input_ids"], joint["offset_mapping"], strict=True):
            cut = next((i for i, (_, end) in enumerate(offsets) if end > len(text)), len(ids))
            prefix = lead + ids[:cut]
            found.append(Boundary(tuple(prefix or self.start), tuple(ids[cut:])))
        return found


@dataclass(frozen=True)
class Boundary:
    """Tokens before and after the place where a continuation starts."""

    prefix: tuple[int, ...]
    continuation: tuple[int, ...]


class GrowingText:
    """The text of an answer while its tokens arrive one by one.

    Args:
        tokenizer: A tokenizer of the transformers library.
        stop: Strings that end the text.
    """

    def __init__(self, tokenizer: Any, stop: Sequence[str] = ()) -> None:
        self._tokenizer = tokenizer
        self._stop = tuple(stop)
        self._longest = max((len(text) for text in self._stop), default=0)
        self._ids: list[int] = []
        self._shown = 0  # tokens whose text is in `_text`
        self._told = 0  # characters given out by `piece`
        self._text = ""
        self.stopped = False

    def add(self, token: int, *, grow: bool = True) -> None:
        """Take the next token; `stopped` tells whether a stop string is now in the text.

        Without `grow` the token is only kept, and decoded with the rest by `finish`.
        """
        self._ids.append(token)
        if grow:
            self._grow(final=False)

    def finish(self) -> str:
        """Give the whole text, with what was held back."""
        self._grow(final=True)
        return self._text

    def piece(self, *, final: bool = False) -> str:
        """Give what is new and can no longer become part of a stop string."""
        end = len(self._text)
        if not final and not self.stopped:
            end -= self._could_begin_a_stop()
        new = self._text[self._told : end]
        self._told = max(self._told, end)
        return new

    def _grow(self, *, final: bool) -> None:
        if self.stopped or self._shown == len(self._ids):
            return
        back = max(0, self._shown - _LOOK_BACK)
        known = self._decode(self._ids[back : self._shown])
        both = self._decode(self._ids[back:])
        if both.endswith(_UNFINISHED) and not final:
            return
        before = len(self._text)
        self._text += both[len(known) :]
        self._shown = len(self._ids)
        start = max(0, before - self._longest)
        hits = [at for text in self._stop if (at := self._text.find(text, start)) >= 0]
        if hits:
            self._text = self._text[: min(hits)]
            self.stopped = True

    def _could_begin_a_stop(self) -> int:
        """Count the last characters that are the beginning of a stop string."""
        for length in range(min(self._longest - 1, len(self._text)), 0, -1):
            tail = self._text[-length:]
            if any(text.startswith(tail) for text in self._stop):
                return length
        return 0

    def _decode(self, ids: list[int]) -> str:
        return str(
            self._tokenizer.decode(
                ids, skip_special_tokens=True, clean_up_tokenization_spaces=False
            )
        )
