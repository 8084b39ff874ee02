"""From the name of a kernelspec to the interpreter that a job of it runs with."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from llmops_workbench.core.errors import UsageError, not_found

if TYPE_CHECKING:
    from jupyter_client.kernelspec import KernelSpecManager


def python_of(specs: KernelSpecManager, name: str) -> str:
    """Give the interpreter of a kernelspec.

    Args:
        specs: What the server knows of kernelspecs.
        name: Which.

    Raises:
        NotFoundError: There is none of that name; the nearest is named.
        UsageError: It is of another language.
    """
    known = specs.find_kernel_specs()
    if name not in known:
        raise not_found("kernelspec", name, known)
    spec = specs.get_kernel_spec(name)
    first = spec.argv[0] if spec.argv else ""
    if spec.language.lower() != "python" or not Path(first).name.lower().startswith("python"):
        raise UsageError(f"kernelspec '{name}' starts '{first}': an operation needs a Python one")
    # As a kernel does: the bare word is the server's own interpreter.
    return sys.executable if first == Path(first).name else first
