"""What this machine can compute with: device, number format, threads."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from llmops_workbench.core.errors import UsageError

if TYPE_CHECKING:
    import torch

DTYPES = ("float32", "bfloat16", "float16")

# x86: AVX512-BF16 or AMX multiply bfloat16 in hardware; without them it is emulated and slower
# than float32. ARM: the feature is called bf16.
_BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})

# Two decoding threads on busy cores ran 10 to 30 times slower than one: their barrier spins.
DECODE_THREADS = 1


@cache
def cpu_has_bfloat16() -> bool:
    """Tell whether the processor multiplies bfloat16 in hardware."""
    if platform.system() == "Darwin":
        return False  # torch has no bfloat16 kernels of its own on Apple's CPUs
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name.strip() in ("flags", "Features"):
            return not _BF16_FLAGS.isdisjoint(value.split())
    return False


def pick_device() -> str:
    """Give `cuda` where there is a usable GPU, else `cpu`."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def pick_dtype(wanted: str | None, device: str) -> torch.dtype:
    """Choose the number format of the weights.

    Args:
        wanted: `float32`, `bfloat16` or `float16`; None or `auto` takes bfloat16 where the
            hardware has it and float32 elsewhere.
        device: `cpu` or `cuda`.

    Raises:
        UsageError: Another name.
    """
    import torch

    if wanted in (None, "auto"):
        fast = torch.cuda.is_bf16_supported() if device == "cuda" else cpu_has_bfloat16()
        return torch.bfloat16 if fast else torch.float32
    if wanted not in DTYPES:
        raise UsageError(f"dtype is '{wanted}': give one of auto, {', '.join(DTYPES)}")
    return {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}[wanted]


def pick_threads(wanted: int | None) -> int:
    """Choose how many threads decode; None takes one.

    Raises:
        UsageError: Fewer than 1, or more than the machine has cores.
    """
    threads = DECODE_THREADS if wanted is None else wanted
    cores = os.cpu_count() or 1
    if not 1 <= threads <= cores:
        raise UsageError(f"threads is {threads}: give 1 to {cores}, the cores of this machine")
    return threads


@contextmanager
def limited_threads(threads: int) -> Iterator[None]:
    """Compute with so many torch threads inside the block, and with as many as before after it."""
    import torch

    before = torch.get_num_threads()
    if before == threads:
        yield
        return
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
