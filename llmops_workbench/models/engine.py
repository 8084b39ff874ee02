"""The one protocol that every model is used through, and the shapes that cross it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self, TypedDict, runtime_checkable

from llmops_workbench.core.errors import UsageError
from llmops_workbench.core.registry import Registry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Message(TypedDict):
    """One turn of a chat, as the OpenAI protocol writes it."""

    role: str
    content: str


#: A string is continued as it stands; a list of messages goes through the model's chat template
#: and is answered by the assistant.
Prompt = str | Sequence[Message]

FinishReason = Literal["stop", "length", "error"]


@dataclass(frozen=True)
class Sampling:
    """How the next token is chosen, and when to stop.

    Attributes:
        max_new_tokens: The longest answer, in tokens.
        temperature: 0 takes the most likely token; above, tokens are drawn.
        top_p: Draw only from the smallest set of tokens that holds this much probability.
        top_k: Draw only from this many tokens; 0 draws from all.
        stop: Strings that end the answer; they are not part of it.
        seed: With the prompt, it fixes what is drawn: the same prompt and seed give the same
            answer in any batch. Another seed gives another answer.
    """

    max_new_tokens: int = 64
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    stop: tuple[str, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "stop", _stop_strings(self.stop))
        if self.max_new_tokens < 1:
            raise UsageError(f"max_new_tokens is {self.max_new_tokens}: give 1 or more")
        if not self.temperature >= 0:
            raise UsageError(f"temperature is {self.temperature}: give 0 or more")
        if not 0 < self.top_p <= 1:
            raise UsageError(f"top_p is {self.top_p}: give a number above 0 and up to 1")
        if self.top_k < 0:
            raise UsageError(f"top_k is {self.top_k}: give 0 (all tokens) or more")


def _stop_strings(stop: str | Sequence[str]) -> tuple[str, ...]:
    strings = (stop,) if isinstance(stop, str) else tuple(stop)
    if "" in strings:
        raise UsageError("a stop string is empty: it would end every answer at once")
    return strings


@dataclass(frozen=True)
class Generation:
    """One answer.

    Attributes:
        text: The answer, without special tokens and without the stop string.
        prompt_tokens: Tokens of the prompt, special ones included.
        new_tokens: Tokens that were produced, the end token included.
        seconds: From the start of the prompt's batch to the end of this answer.
        finish_reason: `stop` (end token or stop string), `length`, or `error`.
        first_token_seconds: From the start to the first token, where it is known.
        error: Why there is no answer, in one sentence; None when there is one.
    """

    text: str
    prompt_tokens: int
    new_tokens: int
    seconds: float
    finish_reason: FinishReason
    first_token_seconds: float | None = None
    error: str | None = None


@dataclass(frozen=True)
class Likelihood:
    """How likely a model finds a given continuation.

    Attributes:
        log_likelihood: Natural logarithm of its probability after the prompt; NaN on an error.
        tokens: Its number of tokens.
        greedy: Whether it is what greedy decoding would have written.
        error: Why there is none, in one sentence.
    """

    log_likelihood: float
    tokens: int
    greedy: bool
    error: str | None = None


@dataclass(frozen=True)
class EngineInfo:
    """What runs, and how.

    Attributes:
        name: The reference or the spec that was opened.
        engine: Name of the engine in the registry.
        weights_hash: `sha256-…` over the weights, None where they are not ours to see.
        dtype: For example `bfloat16`; `remote` where it is not known.
        device: `cpu`, `cuda`, or the address of a server.
        context_length: Longest prompt and answer together, in tokens, where it is known.
        threads: Threads that compute.
        adapter: The adapter on top of the base weights, if any.
        details: What else an engine tells; `chat` is whether the model has a chat template, and
            where it is left out, it has.
    """

    name: str
    engine: str
    weights_hash: str | None = None
    dtype: str = "remote"
    device: str = "remote"
    context_length: int | None = None
    threads: int = 1
    adapter: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


#: Called with the row's number and its answer as soon as it is finished; rows finish in any order.
OnResult = Callable[[int, Generation], None]


@runtime_checkable
class Engine(Protocol):
    """A model that is ready to answer."""

    @property
    def info(self) -> EngineInfo:
        """What runs, and how."""

    def generate(
        self,
        prompts: Sequence[Prompt],
        sampling: Sampling = ...,
        *,
        on_result: OnResult | None = None,
    ) -> list[Generation]:
        """Answer many prompts.

        Args:
            prompts: n prompts.
            sampling: The same for all.
            on_result: Told of each answer as it is finished; what it raises stops the rest.

        Returns:
            n answers in the order of the prompts; a row that failed has its `error`.
        """

    def stream(self, prompt: Prompt, sampling: Sampling = ...) -> Iterator[str | Generation]:
        """Answer one prompt piece by piece.

        Yields:
            Pieces of text that join to the answer, then the whole `Generation` as the last item.
        """

    def score(
        self, prompts: Sequence[Prompt], continuations: Sequence[Sequence[str]]
    ) -> list[list[Likelihood]]:
        """Tell how likely each given continuation is.

        Args:
            prompts: n prompts.
            continuations: n lists of texts, of any lengths.

        Returns:
            n lists, each as long as its list of continuations.

        Raises:
            UsageError: The engine cannot see likelihoods.
        """

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Turn texts into vectors.

        Returns:
            float32 of shape (n, d).

        Raises:
            UsageError: The engine has no vectors.
        """

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, without special tokens.

        Raises:
            UsageError: The engine has no tokenizer.
        """

    def load_adapter(self, folder: Path) -> None:
        """Put a PEFT adapter on the base weights, in place of the one before.

        Raises:
            UsageError: The engine cannot take one, or it belongs to another base.
            UntrustedError: Its weights are pickled.
        """

    def close(self) -> None:
        """Let go of memory and connections; the engine is not used afterwards."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


#: Opens an engine: `opener(target, name=…, threads=…, dtype=…, adapter=…)`, where `target` is what
#: stands after the scheme of a spec, or the folder of the weights.
Opener = Callable[..., Engine]

engines: Registry[Opener] = Registry("engine", "llmops_workbench.models.engines")


def failed(message: str, *, prompt_tokens: int = 0, seconds: float = 0.0) -> Generation:
    """Make the answer of a row that has none."""
    return Generation("", prompt_tokens, 0, seconds, "error", None, message)


def check_continuations(n_prompts: int, continuations: Sequence[Sequence[str]]) -> None:
    """Refuse continuations that do not match the prompts.

    Raises:
        UsageError: Another number of lists than prompts, a bare string, or an empty continuation.
    """
    if len(continuations) != n_prompts:
        raise UsageError(
            f"{n_prompts} prompts came with {len(continuations)} lists of continuations: "
            "give one list for each prompt"
        )
    for row, texts in enumerate(continuations):
        if isinstance(texts, str):
            raise UsageError(f"the continuations of prompt {row} are one string: give a list")
        if "" in texts:
            raise UsageError(f"a continuation of prompt {row} is empty: it has no likelihood")
