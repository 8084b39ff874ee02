"""The engine of any Python function: `callable:module:function`."""

from __future__ import annotations

import importlib
import inspect
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from llmops_workbench.core.context import check_cancelled
from llmops_workbench.core.errors import JobError, UsageError, not_found
from llmops_workbench.models.engine import (
    EngineInfo,
    Generation,
    Likelihood,
    OnResult,
    Prompt,
    Sampling,
    engines,
    failed,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@engines.register("callable")
def open_function(
    target: str, *, name: str | None = None, adapter: Path | None = None, **_: Any
) -> FunctionEngine:
    """Import a function that answers a prompt.

    Args:
        target: `module:function`. The function takes a prompt (text or messages) and, if it has a
            second parameter, the `Sampling`; it returns the answer, or yields pieces of it.
        name: What it is called in results and messages.
        adapter: Must be left out.

    Raises:
        UsageError: It is not written like that, or the module cannot be imported.
        NotFoundError: The module has no such function; the nearest is named.
    """
    if adapter is not None:
        raise UsageError(f"callable:{target} is a function and cannot take an adapter")
    module_name, _colon, attribute = target.partition(":")
    if not module_name or not attribute:
        raise UsageError(f"'callable:{target}' is not a function: write callable:module:function")
    try:
        module = importlib.import_module(module_name)
    except Exception as error:  # importing runs foreign code
        raise UsageError(f"module '{module_name}' cannot be imported: {error}") from error
    function = getattr(module, attribute, None)
    if not callable(function):
        known = [key for key, value in vars(module).items() if callable(value)]
        raise not_found(f"function of {module_name}", attribute, known)
    return FunctionEngine(function, name or f"callable:{target}")


class FunctionEngine:
    """A Python function in the place of a model.

    Args:
        function: See `open_function`.
        name: What it is called in results and messages.
    """

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        self._function = function
        self._takes_sampling = len(inspect.signature(function).parameters) > 1
        self.info = EngineInfo(name=name, engine="callable", dtype="none", device="cpu")

    def generate(
        self,
        prompts: Sequence[Prompt],
        sampling: Sampling = Sampling(),
        *,
        on_result: OnResult | None = None,
    ) -> list[Generation]:
        """Call the function for each prompt; what it raises is that row's error. See `Engine`."""
        results = []
        for number, prompt in enumerate(prompts):
            check_cancelled()
            begun = time.perf_counter()
            try:
                *_, result = self.stream(prompt, sampling)
                assert isinstance(result, Generation)
            except JobError as error:
                result = failed(error.message, seconds=time.perf_counter() - begun)
            results.append(result)
            if on_result is not None:
                on_result(number, result)
        return results

    def stream(self, prompt: Prompt, sampling: Sampling = Sampling()) -> Iterator[str | Generation]:
        """Call the function once; its pieces are passed on. See `Engine`."""
        begun = time.perf_counter()
        text, first = "", None
        for piece in self._pieces(prompt, sampling):
            first = time.perf_counter() - begun if first is None else first
            text += piece
            yield piece
        yield Generation(text, 0, 0, time.perf_counter() - begun, "stop", first)

    def score(
        self, prompts: Sequence[Prompt], continuations: Sequence[Sequence[str]]
    ) -> list[list[Likelihood]]:
        """Refused: a function answers, and tells no likelihood."""
        raise UsageError(f"{self.info.name} is a function: it has no likelihoods")

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Refused: a function has no vectors."""
        raise UsageError(f"{self.info.name} is a function: it has no embeddings")

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Refused: a function has no tokenizer."""
        raise UsageError(f"{self.info.name} is a function: it has no tokenizer")

    def load_adapter(self, folder: Path) -> None:
        """Refused: a function has no weights."""
        raise UsageError(f"{self.info.name} is a function: it cannot take an adapter")

    def close(self) -> None:
        """Nothing is held."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _pieces(self, prompt: Prompt, sampling: Sampling) -> Iterator[str]:
        try:
            given = (prompt, sampling) if self._takes_sampling else (prompt,)
            answer = self._function(*given)
            if isinstance(answer, str):
                yield answer
                return
            for piece in answer:
                yield str(piece)
        except Exception as error:  # foreign code; the row that failed says why
            kind = type(error).__name__
            raise JobError(f"{self.info.name} raised {kind}: {error}") from error
