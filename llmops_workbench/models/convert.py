"""GGUF to a clean folder of safetensors weights, once."""

from __future__ import annotations

import copy
import functools
import json
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from llmops_workbench.core.context import progress
from llmops_workbench.core.errors import DataError
from llmops_workbench.models.hardware import DECODE_THREADS, limited_threads
from llmops_workbench.models.quiet import quiet_transformers

# Part of the name of a converted folder: another number makes every file convert again.
CONVERSION = 1


def converted_once(folder: Path, make: Callable[[Path], None]) -> Path:
    """Make a folder unless it is there; of several processes one makes it, the others wait.

    Args:
        folder: Where it shall stand; it is whole or not there.
        make: Fills the empty folder that it is given.
    """
    from filelock import FileLock

    if folder.is_dir():
        return folder
    with FileLock(folder.with_name(folder.name + ".lock")):
        if folder.is_dir():
            return folder
        for left in folder.parent.glob(f".{folder.name}.*.part"):  # of a process that was killed
            shutil.rmtree(left, ignore_errors=True)
        part = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}.part")
        part.mkdir(parents=True)
        try:
            make(part)
            part.rename(folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return folder


def convert_gguf(source: Path, folder: Path) -> None:
    """Write a GGUF model as bfloat16 safetensors with its tokenizer.

    The library cannot save a model that it read from GGUF, so the weights are copied into a clean
    one. Quantized weights become plain numbers and keep the precision that they had.

    Args:
        source: The GGUF file.
        folder: An existing folder.

    Raises:
        DataError: It is not GGUF, or of an architecture that transformers cannot read.
    """
    with source.open("rb") as stream:
        if stream.read(4) != b"GGUF":
            raise DataError(f"'{source}' is not a GGUF file: its first bytes say otherwise")
    transformers = quiet_transformers()
    import torch

    _hide_bar()
    with (
        progress(f"converting {source.name}", total=3, unit="steps") as bar,
        limited_threads(DECODE_THREADS),
    ):
        try:
            tokenizer = transformers.AutoTokenizer.from_pretrained(
                source.parent, gguf_file=source.name
            )
            bar.advance()
            model = transformers.AutoModelForCausalLM.from_pretrained(
                source.parent, gguf_file=source.name, dtype=torch.bfloat16
            )
        except Exception as error:  # the library raises many kinds, each about this file
            raise DataError(f"'{source}' cannot be converted: {error}") from error
        bar.advance()
        _save_weights(model, folder)
        _save_tokenizer(tokenizer, model.config, folder)
        bar.advance()


def _save_weights(model: Any, folder: Path) -> None:
    """Write weights and settings; the model itself refuses to be saved once it came from GGUF."""
    from safetensors.torch import save_file

    weights = dict(model.state_dict())
    if model.config.tie_word_embeddings:
        weights.pop("lm_head.weight", None)  # the same memory as the embeddings
    save_file(
        {name: tensor.contiguous() for name, tensor in weights.items()},
        folder / "model.safetensors",
        metadata={"format": "pt"},
    )
    config = copy.deepcopy(model.config)
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    config.architectures = [type(model).__name__]
    config.save_pretrained(folder)
    model.generation_config.save_pretrained(folder)


def _save_tokenizer(tokenizer: Any, config: Any, folder: Path) -> None:
    length = getattr(config, "max_position_embeddings", None)
    if length is not None:
        tokenizer.model_max_length = length
    tokenizer.save_pretrained(folder)
    path = folder / "tokenizer_config.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    settings["tokenizer_class"] = "PreTrainedTokenizerFast"  # the name that every version knows
    for stray in ("backend", "is_local", "local_files_only", "gguf_file"):
        settings.pop(stray, None)
    path.write_text(json.dumps(settings, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _hide_bar() -> None:
    """Keep the library's own bar off standard error; ours says how far it is."""
    from transformers import modeling_gguf_pytorch_utils as reading

    reading.tqdm = functools.partial(reading.tqdm, disable=True)
