"""The engine that asks a server which speaks the OpenAI protocol."""

from __future__ import annotations

import contextvars
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import parse_qs, urlsplit, urlunsplit

from llmops_workbench.core import secrets
from llmops_workbench.core.context import check_cancelled
from llmops_workbench.core.errors import CancelledError, JobError, LLMOpsError, UsageError
from llmops_workbench.models.echo import read_echo
from llmops_workbench.models.engine import (
    EngineInfo,
    FinishReason,
    Generation,
    Likelihood,
    OnResult,
    Prompt,
    Sampling,
    check_continuations,
    engines,
    failed,
)
from llmops_workbench.models.transport import Transport

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

T = TypeVar("T")

_AT_ONCE = 4
_TEXTS_AT_ONCE = 64
_POLL_SECONDS = 0.2


@engines.register("openai")
def open_http(
    target: str, *, name: str | None = None, adapter: Path | None = None, **_: Any
) -> HttpEngine:
    """Connect to a server.

    Args:
        target: `URL#MODEL`, or `URL?key=env:NAME#MODEL`. The model may be left out where the
            server has only one.
        name: What the model is called in results and messages.
        adapter: Must be left out; the server has the weights.

    Raises:
        UsageError: The address is none, the key is given as a value, or the model is not said.
        NotFoundError: The secret has no value.
        JobError: The server cannot be reached.
    """
    url, key, model = read_target(target)
    if adapter is not None:
        raise UsageError(f"{url} has the weights, so an adapter cannot be put on them here")
    transport = Transport(url, key=key)
    try:
        chosen = model or _only_model(transport)
    except BaseException:
        transport.close()
        raise
    return HttpEngine(transport, chosen, name=name or f"openai:{url}#{chosen}")


def read_target(target: str) -> tuple[str, str | None, str]:
    """Take `URL?key=NAME#MODEL` apart.

    Returns:
        The base URL, the name of the secret or None, and the model or an empty string.

    Raises:
        UsageError: It is no HTTP address, or the key is a value instead of a name.
    """
    parts = urlsplit(target)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(
            f"'openai:{target}' has no address: write openai:http://HOST:PORT/v1#MODEL"
        )
    if parts.username or parts.password:
        raise UsageError("the address holds a password: name a secret, as in ?key=env:NAME")
    key = parse_qs(parts.query).get("key", [None])[0]
    if key is not None and not secrets.is_name(key):
        raise UsageError("the key in the address is a value: name a secret, as in ?key=env:NAME")
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "", "")), key, parts.fragment


def list_models(transport: Transport) -> list[str]:
    """Ask a server for the names of its models."""
    answer = transport.get("models")
    try:
        return [str(entry["id"]) for entry in answer["data"]]
    except (TypeError, KeyError) as error:
        raise JobError(
            f"{transport.url} does not list its models: is it an OpenAI address?"
        ) from error


def _only_model(transport: Transport) -> str:
    names = list_models(transport)
    if len(names) != 1:
        there = ", ".join(names) or "none"
        raise UsageError(f"say which model of {transport.url} after a #: it has {there}")
    return names[0]


class HttpEngine:
    """A model behind an OpenAI-compatible server.

    Args:
        transport: The connection.
        model: What the server calls the model.
        name: What it is called in results and messages.
        at_once: Requests under way at the same time.
    """

    def __init__(
        self, transport: Transport, model: str, *, name: str, at_once: int = _AT_ONCE
    ) -> None:
        self._transport = transport
        self._model = model
        self._at_once = at_once
        self.info = EngineInfo(name=name, engine="openai", device=transport.url)

    def generate(
        self,
        prompts: Sequence[Prompt],
        sampling: Sampling = Sampling(),
        *,
        on_result: OnResult | None = None,
    ) -> list[Generation]:
        """Answer many prompts; what fails for one is that row's error. See `Engine`."""

        def answer(number: int) -> Generation:
            begun = time.perf_counter()
            try:
                return self._answer(prompts[number], sampling)
            except CancelledError:
                raise
            except LLMOpsError as error:
                return failed(error.message, seconds=time.perf_counter() - begun)

        return self._each(len(prompts), answer, on_result)

    def stream(self, prompt: Prompt, sampling: Sampling = Sampling()) -> Iterator[str | Generation]:
        """Answer one prompt piece by piece, then give the whole `Generation`. See `Engine`."""
        route, body = self._request(prompt, sampling)
        body |= {"stream": True, "stream_options": {"include_usage": True}}
        begun = time.perf_counter()
        pieces: list[str] = []
        first: float | None = None
        reason: str | None = None
        usage: dict[str, Any] = {}
        for event in self._transport.events(route, body):
            usage = event.get("usage") or usage
            for choice in event.get("choices") or []:
                reason = choice.get("finish_reason") or reason
                piece = (choice.get("delta") or {}).get("content") or choice.get("text") or ""
                if piece:
                    first = time.perf_counter() - begun if first is None else first
                    pieces.append(piece)
                    yield piece
        yield self._generation("".join(pieces), reason, usage, begun, first)

    def score(
        self, prompts: Sequence[Prompt], continuations: Sequence[Sequence[str]]
    ) -> list[list[Likelihood]]:
        """Ask for the likelihood of given text, by echo and logprobs. See `Engine`."""
        check_continuations(len(prompts), continuations)
        for prompt in prompts:
            if not isinstance(prompt, str):
                raise UsageError(
                    f"{self.info.name} can score text only: its chat template is not known here"
                )
        pairs = [(row, text) for row, texts in enumerate(continuations) for text in texts]

        def ask(number: int) -> Likelihood:
            row, text = pairs[number]
            prompt = str(prompts[row])
            body = {
                "model": self._model,
                "prompt": prompt + text,
                "max_tokens": 1,  # some servers take 0 for "no limit"
                "temperature": 0,
                "echo": True,
                "logprobs": 1,
            }
            return read_echo(
                self._transport.post("completions", body), prompt, text, self.info.name
            )

        results: list[list[Likelihood]] = [[] for _ in prompts]
        for (row, _), likelihood in zip(pairs, self._each(len(pairs), ask), strict=True):
            results[row].append(likelihood)
        return results

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Ask the server's embeddings route; float32 of shape (n, d). See `Engine`."""
        import numpy as np

        starts = range(0, len(texts), _TEXTS_AT_ONCE)

        def ask(number: int) -> list[Any]:
            start = starts[number]
            part = list(texts[start : start + _TEXTS_AT_ONCE])
            answer = self._transport.post("embeddings", {"model": self._model, "input": part})
            try:
                rows = sorted(answer["data"], key=lambda entry: int(entry["index"]))
                vectors = [entry["embedding"] for entry in rows]
            except (TypeError, KeyError) as error:
                raise JobError(f"{self._transport.url} gave no embeddings") from error
            if len(vectors) != len(part):
                raise JobError(
                    f"{self._transport.url} gave {len(vectors)} vectors for {len(part)} texts"
                )
            return vectors

        vectors = [vector for part in self._each(len(starts), ask) for vector in part]
        return np.asarray(vectors, dtype=np.float32).reshape(len(texts), -1 if texts else 0)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Refused: the protocol has no tokenizer."""
        raise UsageError(f"{self.info.name} has no tokenizer here: count with a local model")

    def load_adapter(self, folder: Path) -> None:
        """Refused: the server has the weights."""
        raise UsageError(f"{self.info.name} runs elsewhere: an adapter cannot be put on it here")

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _request(self, prompt: Prompt, sampling: Sampling) -> tuple[str, dict[str, Any]]:
        body: dict[str, Any] = {
            "model": self._model,
            "max_tokens": sampling.max_new_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": sampling.seed,
        }
        if sampling.stop:
            body["stop"] = list(sampling.stop)
        if sampling.top_k:
            body["top_k"] = sampling.top_k  # beyond the protocol; servers of open models take it
        if isinstance(prompt, str):
            return "completions", {**body, "prompt": prompt}
        return "chat/completions", {**body, "messages": list(prompt)}

    def _answer(self, prompt: Prompt, sampling: Sampling) -> Generation:
        route, body = self._request(prompt, sampling)
        begun = time.perf_counter()
        answer = self._transport.post(route, body)
        try:
            choice = answer["choices"][0]
            text = choice["text"] if isinstance(prompt, str) else choice["message"]["content"]
        except (TypeError, KeyError, IndexError) as error:
            raise JobError(f"{self._transport.url} gave an answer without a choice") from error
        usage = answer.get("usage") or {}
        return self._generation(text or "", choice.get("finish_reason"), usage, begun, None)

    def _generation(
        self,
        text: str,
        reason: str | None,
        usage: dict[str, Any],
        begun: float,
        first: float | None,
    ) -> Generation:
        finish: FinishReason = "length" if reason == "length" else "stop"
        result = Generation(
            text,
            int(usage.get("prompt_tokens") or 0),
            int(usage.get("completion_tokens") or 0),
            time.perf_counter() - begun,
            finish,
            first,
        )
        if reason == "content_filter":
            cut = f"the filter of {self._transport.url} cut the answer"
            return replace(result, finish_reason="error", error=cut)
        return result

    def _each(
        self,
        count: int,
        work: Callable[[int], T],
        on_result: Callable[[int, T], None] | None = None,
    ) -> list[T]:
        """Do `work` for each number, some at once; the first error stops the rest."""
        results: dict[int, T] = {}
        with ThreadPoolExecutor(self._at_once, thread_name_prefix="llmops-http") as pool:
            # Each thread sees the call that is going on, and so whether it was cancelled.
            under_way: dict[Future[T], int] = {
                pool.submit(contextvars.copy_context().run, work, number): number
                for number in range(count)
            }
            try:
                while under_way:
                    done, _ = wait(under_way, _POLL_SECONDS, FIRST_COMPLETED)
                    check_cancelled()
                    for future in done:
                        number = under_way.pop(future)
                        results[number] = future.result()
                        if on_result is not None:
                            on_result(number, results[number])
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return [results[number] for number in range(count)]
