"""The engine that runs a folder of weights in this process, through transformers."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from llmops_workbench.core.context import check_cancelled, emit
from llmops_workbench.core.errors import DataError, LLMOpsError, UsageError
from llmops_workbench.models.answering import Answer, answer_rows
from llmops_workbench.models.batching import joined, plan_batches
from llmops_workbench.models.decoding import left_padded
from llmops_workbench.models.engine import (
    EngineInfo,
    Generation,
    Likelihood,
    OnResult,
    Prompt,
    Sampling,
    check_continuations,
    engines,
    failed,
)
from llmops_workbench.models.hardware import (
    limited_threads,
    pick_device,
    pick_dtype,
    pick_threads,
)
from llmops_workbench.models.likelihood import score_boundaries
from llmops_workbench.models.quiet import quiet_transformers
from llmops_workbench.models.safety import check_adapter, check_folder
from llmops_workbench.models.tokens import Boundary, PromptEncoder
from llmops_workbench.models.weights import weights_hash

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Room for the keys and values of one batch. On a small model it is not the limit, `max_rows` is.
_CACHE_BYTES = 512 * 1024 * 1024
_MAX_ROWS = 32
_BATCH_TOKENS = 4096


@engines.register("local")
def open_local(
    target: str,
    *,
    name: str | None = None,
    threads: int | None = None,
    dtype: str | None = None,
    adapter: Path | None = None,
    batch_tokens: int = _BATCH_TOKENS,
    **_: Any,
) -> LocalEngine:
    """Load a folder of safetensors weights.

    Args:
        target: The folder.
        name: What the model is called in results and messages; the folder when left out.
        threads: Threads that compute; 1 when left out.
        dtype: Number format of the weights; the fastest one of this machine when left out.
        adapter: Folder of a PEFT adapter to put on the weights.
        batch_tokens: Most tokens of the prompts computed together.

    Raises:
        NotFoundError: There is no such folder.
        UntrustedError: It holds pickled weights or code.
        DataError: transformers cannot load it.
    """
    folder = Path(target).expanduser()
    check_folder(folder)
    label = name or str(folder)
    device = pick_device()
    count = pick_threads(threads)
    wanted = pick_dtype(dtype, device)
    emit("log", message=f"loading torch, transformers and the weights of {label}")
    transformers = quiet_transformers()
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = transformers.AutoModelForCausalLM.from_pretrained(
            folder, dtype=wanted, local_files_only=True, use_safetensors=True
        )
    except Exception as error:  # the library raises many kinds, each about this folder
        raise DataError(f"{label} cannot be loaded from '{folder}': {error}") from error
    info = EngineInfo(
        name=label,
        engine="local",
        weights_hash=weights_hash(folder),
        dtype=str(wanted).removeprefix("torch."),
        device=device,
        context_length=getattr(model.config, "max_position_embeddings", None),
        threads=count,
        details={"chat": bool(getattr(tokenizer, "chat_template", None))},
    )
    engine = LocalEngine(model.to(device).eval(), tokenizer, info, batch_tokens=batch_tokens)
    if adapter is not None:
        engine.load_adapter(adapter)
    return engine


class LocalEngine:
    """A causal language model and its tokenizer, in this process.

    Args:
        model: A causal language model of transformers, in evaluation mode, on its device.
        tokenizer: Its fast tokenizer.
        info: What the engine says about itself; its `threads` are used.
        max_rows: Most rows computed together.
        batch_tokens: Most tokens of the prompts computed together.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        info: EngineInfo,
        *,
        max_rows: int = _MAX_ROWS,
        batch_tokens: int = _BATCH_TOKENS,
    ) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.info = info
        self._base_hash = info.weights_hash
        # Parameters that an adapter was added to, with their values before it.
        self._replaced: list[tuple[Any, Any]] = []
        self._encoder = PromptEncoder(tokenizer, info.name)
        self._max_rows = max_rows
        self._batch_tokens = batch_tokens
        self._cache_tokens = max(1, _CACHE_BYTES // _cache_bytes_per_token(model))
        self._ends = _end_tokens(model, tokenizer)
        pad = tokenizer.pad_token_id
        self._pad: int = pad if pad is not None else next(iter(self._ends), 0)
        _keep_head_fast(model)

    def generate(
        self,
        prompts: Sequence[Prompt],
        sampling: Sampling = Sampling(),
        *,
        on_result: OnResult | None = None,
    ) -> list[Generation]:
        """Answer many prompts; rows of similar length are computed together. See `Engine`."""
        results: list[Generation | None] = [None] * len(prompts)

        def tell(number: int, result: Generation) -> None:
            results[number] = result
            if on_result is not None:
                on_result(number, result)

        encoded: list[tuple[int, list[int]]] = []
        for number, prompt in enumerate(prompts):
            try:
                encoded.append((number, self._encode(prompt)))
            except LLMOpsError as error:
                tell(number, failed(error.message))
        batches = plan_batches(
            [len(ids) for _, ids in encoded],
            token_budget=self._batch_tokens,
            max_rows=self._max_rows,
            extra=sampling.max_new_tokens,
            grown_budget=self._cache_tokens,
        )
        for capacity, members in joined(batches):
            rows = [encoded[at] for at in members]
            for answer in self._answer(rows, sampling, capacity, watch=bool(sampling.stop)):
                if answer.result is not None:
                    tell(answer.number, answer.result)
        return [result for result in results if result is not None]

    def stream(self, prompt: Prompt, sampling: Sampling = Sampling()) -> Iterator[str | Generation]:
        """Answer one prompt piece by piece, then give the whole `Generation`. See `Engine`."""
        rows = [(0, self._encode(prompt))]
        for answer in self._answer(rows, sampling, 1, watch=True):
            piece = answer.text.piece(final=answer.result is not None)
            if piece:
                yield piece
            if answer.result is not None:
                yield answer.result

    def score(
        self, prompts: Sequence[Prompt], continuations: Sequence[Sequence[str]]
    ) -> list[list[Likelihood]]:
        """Tell how likely each given continuation is. See `Engine`."""
        check_continuations(len(prompts), continuations)
        pairs: list[Boundary] = []
        places: list[tuple[int, int]] = []
        results: list[list[Likelihood]] = [[] for _ in prompts]
        for row, (prompt, texts) in enumerate(zip(prompts, continuations, strict=True)):
            try:
                found = self._encoder.split(prompt, texts)
            except LLMOpsError as error:
                results[row] = [Likelihood(float("nan"), 0, False, error.message)] * len(texts)
                continue
            for column, pair in enumerate(found):
                problem = self._misfit(pair)
                tokens = len(pair.continuation)
                results[row].append(Likelihood(float("nan"), tokens, False, problem))
                if problem is None:
                    pairs.append(pair)
                    places.append((row, column))
        with limited_threads(self.info.threads):
            scores = score_boundaries(
                self.model,
                pairs,
                pad=self._pad,
                token_budget=self._batch_tokens,
                cache_tokens=self._cache_tokens,
                max_rows=self._max_rows,
                on_batch=check_cancelled,
            )
        for (row, column), (value, greedy) in zip(places, scores, strict=True):
            known = results[row][column]
            results[row][column] = replace(known, log_likelihood=value, greedy=greedy)
        return results

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Mean of the last hidden states over a text's tokens, (n, d) in float32.

        A text longer than the model's context is represented by its beginning.
        """
        import numpy as np
        import torch

        limit = self.info.context_length
        rows = [self._encoder.encode(text)[:limit] for text in texts]
        vectors = np.zeros((len(rows), self.model.config.hidden_size), dtype=np.float32)
        filled = [number for number, ids in enumerate(rows) if ids]
        decoder = self.model.get_decoder()
        batches = plan_batches(
            [len(rows[number]) for number in filled],
            token_budget=self._batch_tokens,
            max_rows=self._max_rows,
        )
        for batch in batches:
            check_cancelled()
            numbers = [filled[at] for at in batch]
            ids, mask, positions = left_padded(
                [rows[number] for number in numbers], self._pad, self.info.device
            )
            with limited_threads(self.info.threads), torch.inference_mode():
                hidden = decoder(
                    input_ids=ids, attention_mask=mask, position_ids=positions, use_cache=False
                ).last_hidden_state.float()
                weight = mask[:, :, None].float()
                mean = (hidden * weight).sum(dim=1) / weight.sum(dim=1)
            vectors[numbers] = mean.cpu().numpy()
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, without special tokens. See `Engine`."""
        if not texts:
            return []
        encoded = self.tokenizer(list(texts), add_special_tokens=False)
        return [len(ids) for ids in encoded["input_ids"]]

    def load_adapter(self, folder: Path) -> None:
        """Put a PEFT adapter on the base weights, in place of the one before. See `Engine`."""
        import peft
        from peft.tuners.tuners_utils import BaseTunerLayer

        check_adapter(folder)
        config = peft.PeftConfig.from_pretrained(str(folder))
        if config.is_prompt_learning:
            raise UsageError(
                f"the adapter in '{folder}' is of type {config.peft_type.value}: only adapters "
                "that change weights, such as LoRA, can be put on a model here"
            )
        for parameter, before in self._replaced:
            parameter.data = before
        self._replaced = []
        try:
            with warnings.catch_warnings():
                # peft asks transformers in a way that the latter will drop; not a user's business
                warnings.simplefilter("ignore", FutureWarning)
                adapted = peft.PeftModel.from_pretrained(
                    self.model, str(folder), autocast_adapter_dtype=False
                )
        except Exception as error:  # the library raises many kinds, each about these two
            raise UsageError(
                f"the adapter in '{folder}' does not fit {self.info.name}: {error}"
            ) from error
        # Small matrices beside the large ones make a short step four times slower, so they are
        # added to the weights, which are kept to take the adapter off again.
        self._replaced = [
            (layer.get_base_layer().weight, layer.get_base_layer().weight.data.clone())
            for layer in adapted.modules()
            if isinstance(layer, BaseTunerLayer)
        ]
        self.model = adapted.merge_and_unload().eval()
        both = hashlib.sha256(f"{self._base_hash}\n{weights_hash(folder)}".encode()).hexdigest()
        self.info = replace(self.info, adapter=folder.name, weights_hash=f"sha256-{both}")

    def close(self) -> None:
        """Let go of the weights."""
        self.model = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _encode(self, prompt: Prompt) -> list[int]:
        ids = self._encoder.encode(prompt)
        limit = self.info.context_length
        if not ids:
            raise DataError("the prompt is empty: there is nothing to continue")
        if limit is not None and len(ids) >= limit:
            raise DataError(
                f"the prompt has {len(ids)} tokens and the model's context {limit}: shorten it"
            )
        return ids

    def _misfit(self, pair: Boundary) -> str | None:
        """Say why a continuation cannot be scored, if so."""
        limit = self.info.context_length
        length = len(pair.prefix) + len(pair.continuation)
        if not pair.prefix or not pair.continuation:
            return "the prompt is empty and the model has no start token: nothing to condition on"
        if limit is not None and length > limit:
            return f"prompt and continuation have {length} tokens, the context {limit}: shorten it"
        return None

    def _answer(
        self,
        rows: Sequence[tuple[int, list[int]]],
        sampling: Sampling,
        capacity: int,
        *,
        watch: bool,
    ) -> Iterator[Answer]:
        return answer_rows(
            self.model,
            self.tokenizer,
            rows,
            sampling,
            ends=self._ends,
            pad=self._pad,
            limit=self.info.context_length,
            threads=self.info.threads,
            watch=watch,
            capacity=capacity,
        )


def _cache_bytes_per_token(model: Any) -> int:
    """Bytes of keys and values that one token of one row takes in all layers."""
    config = model.config
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    return int(2 * config.num_hidden_layers * heads * size * model.dtype.itemsize)


def _end_tokens(model: Any, tokenizer: Any) -> frozenset[int]:
    """The tokens that end an answer, as the tokenizer and the model's own settings name them."""
    configured = getattr(model.generation_config, "eos_token_id", None)
    ends = configured if isinstance(configured, list) else [configured]
    return frozenset(end for end in [*ends, tokenizer.eos_token_id] if end is not None)


def _keep_head_fast(model: Any) -> None:
    """Give the output layer whole memory to multiply.

    It gets the last position of each row, which is a view with gaps. For weights that need no
    gradient torch then multiplies row by row, and copies the whole vocabulary for each: 500 times
    slower for 32 rows.
    """
    head = model.get_output_embeddings()
    if head is not None:
        head.register_forward_pre_hook(lambda _, given: (given[0].contiguous(), *given[1:]))
