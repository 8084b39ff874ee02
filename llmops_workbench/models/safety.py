"""What is refused before a model is opened: pickles, code, and files that lie about themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from llmops_workbench.core.errors import DataError, NotFoundError, UntrustedError
from llmops_workbench.models.weights import check_safetensors

#: Formats that run code when they are read.
PICKLED = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib", ".dill", ".npy")

# Settings that make a library fetch and run Python files of the model's author.
_CODE_SETTINGS = ("auto_map", "custom_generate", "custom_pipelines")
_CONVERT = (
    "convert the weights to safetensors where you trust them "
    "(load them there, then save_pretrained), and give that folder"
)


def check_folder(folder: Path) -> None:
    """Refuse a folder whose weights are pickled or whose model needs its own code.

    A pickle beside sound safetensors weights (a trainer leaves some) is never opened, and so
    does not matter; Python files and settings that name code always do.

    Raises:
        NotFoundError: There is no such folder.
        UntrustedError: It is refused; the sentence says what to do.
        DataError: It holds no model, or its configuration is broken.
    """
    _check_weights(folder)
    if not (folder / "config.json").is_file():
        raise DataError(f"'{folder}' holds no model: there is no config.json in it")


def check_adapter(folder: Path) -> None:
    """Refuse an adapter whose weights are pickled, as `check_folder` does for a model.

    Raises:
        NotFoundError: There is no such folder.
        UntrustedError: It is refused; the sentence says what to do.
        DataError: It holds no adapter.
    """
    _check_weights(folder)
    if not (folder / "adapter_config.json").is_file():
        raise DataError(f"'{folder}' holds no adapter: there is no adapter_config.json in it")


def check_file(path: Path) -> None:
    """Refuse a single file that is a pickle.

    Raises:
        UntrustedError: Its ending is one of a format that runs code.
    """
    if path.suffix.lower() in PICKLED:
        raise UntrustedError(f"'{path}' is a pickle, which can run code: {_CONVERT}")


def _check_weights(folder: Path) -> None:
    if not folder.is_dir():
        raise NotFoundError(f"there is no model folder '{folder}'")
    files = sorted(path for path in folder.iterdir() if path.is_file())
    for path in files:
        if path.suffix == ".py":
            raise UntrustedError(
                f"'{folder}' brings its own Python code ({path.name}), which is never run: "
                "use a model that transformers itself supports"
            )
        if path.suffix == ".json":
            _check_json(path)
    weights = [path for path in files if path.suffix == ".safetensors"]
    if not weights:
        pickles = [path.name for path in files if path.suffix.lower() in PICKLED]
        if pickles:
            raise UntrustedError(
                f"the weights in '{folder}' are pickled ({pickles[0]}), which can run code: "
                f"{_CONVERT}"
            )
        raise DataError(f"'{folder}' holds no weights: there is no safetensors file in it")
    for path in weights:
        check_safetensors(path)


def _check_json(path: Path) -> None:
    try:
        settings: Any = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"'{path}' is not JSON ({error}): fetch the file anew") from error
    if not isinstance(settings, dict):
        return
    for setting in _CODE_SETTINGS:
        if settings.get(setting):
            raise UntrustedError(
                f"'{path}' asks to run the author's Python code ({setting}), which is never run: "
                f"if transformers supports the model itself, delete '{setting}' from the file"
            )
    if path.name.endswith(".index.json"):
        _check_index(path, settings)


def _check_index(path: Path, settings: dict[str, Any]) -> None:
    """An index may name any file; only safetensors files beside it are weights."""
    shards = settings.get("weight_map")
    names = set(shards.values()) if isinstance(shards, dict) else set()
    for name in sorted(map(str, names)):
        pickled_index = path.name.startswith("pytorch_model")  # never read beside safetensors
        if not pickled_index and (Path(name).name != name or not name.endswith(".safetensors")):
            raise UntrustedError(
                f"'{path}' names '{name}' as weights: only safetensors files in the same folder "
                "are read"
            )
