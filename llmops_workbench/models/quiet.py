"""Hugging Face's libraries without telemetry, progress bars and chatter."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType

# Read by the libraries when they are imported, so they are set before the first import. A value
# that the user has set stays.
_ENVIRONMENT = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",  # forking after use prints a warning otherwise
}


def set_environment() -> None:
    """Set the switches that must stand before the libraries are imported."""
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)


def quiet_transformers() -> ModuleType:
    """Import transformers, silent but for errors.

    Returns:
        The module. The first import takes seconds.
    """
    set_environment()
    import transformers

    logging: Any = transformers.utils.logging
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    module: ModuleType = transformers
    return module
