"""The process of one step: papermill runs one notebook, in a kernel of this interpreter.

papermill changes the folder of its process and forwards no signal, so each notebook has a process
of its own, and this one hands a request to stop on to the kernel and to all that the kernel runs.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psutil

KERNEL = "llmops-step"
GRACE = "LLMOPS_STEP_GRACE"
STOPPED = 130

_LOOK_SECONDS = 0.5
_KERNEL_START_SECONDS = 120


def main(argv: list[str]) -> int:
    """Run the notebook that a specification names.

    Args:
        argv: The path of a JSON file with `source`, `output`, `parameters` and `folder`; paths
            are seen from that file, so that they stay right when the workspace moves.

    Returns:
        0 when all cells ran, 130 when it was told to stop, 1 otherwise.
    """
    spec: dict[str, Any] = json.loads(Path(argv[0]).read_text(encoding="utf-8"))
    stop = _Stop(float(os.environ.get(GRACE, "20")))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.ask())
    threading.Thread(target=_watch_parent, args=(os.getppid(), stop), daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="llmops-kernel-") as folder:
        _write_kernel(Path(folder))
        try:
            _execute(spec, Path(argv[0]).resolve().parent)
        except Exception as error:
            if stop.asked:
                return STOPPED
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
            return 1
    return STOPPED if stop.asked else 0


def _execute(spec: dict[str, Any], here: Path) -> None:
    import papermill

    output = here / spec["output"]
    try:
        papermill.execute_notebook(
            str(here / spec["source"]),
            str(output),
            parameters=spec["parameters"],
            kernel_name=KERNEL,
            language="python",
            progress_bar=False,
            cwd=str((here / spec["folder"]).resolve()),
            start_timeout=_KERNEL_START_SECONDS,
        )
    finally:
        if output.exists():
            _forget_places(output, spec)


def _forget_places(output: Path, spec: dict[str, Any]) -> None:
    """Write the paths that papermill notes as they are seen from the notebook."""
    notebook = json.loads(output.read_text(encoding="utf-8"))
    noted = notebook["metadata"].get("papermill", {})
    noted.update({"input_path": spec["source"], "output_path": spec["output"]})
    output.write_text(json.dumps(notebook, ensure_ascii=False, indent=1), encoding="utf-8")


def _write_kernel(folder: Path) -> None:
    """Describe a kernel of this interpreter, whatever kernels are installed."""
    place = folder / "kernels" / KERNEL
    place.mkdir(parents=True)
    spec = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "LLMOps Workbench step",
        "language": "python",
    }
    (place / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    known = [text for text in os.environ.get("JUPYTER_PATH", "").split(os.pathsep) if text]
    os.environ["JUPYTER_PATH"] = os.pathsep.join([str(folder), *known])


class _Stop:
    """Interrupts the kernel, then kills it with its group when it does not end in time."""

    def __init__(self, grace: float) -> None:
        self.grace = grace
        self.asked = False

    def ask(self) -> None:
        if self.asked:
            return
        self.asked = True
        threading.Thread(target=self._stop, daemon=True).start()

    def _stop(self) -> None:
        until = time.monotonic() + self.grace
        kernels = _kernels()
        for kernel in kernels:
            with contextlib.suppress(psutil.NoSuchProcess):
                kernel.send_signal(signal.SIGINT)
        while time.monotonic() < until and any(kernel.is_running() for kernel in kernels):
            time.sleep(0.1)
        for kernel in kernels or _kernels():
            # jupyter_client starts a kernel in a session of its own: its group is its pid.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(kernel.pid, signal.SIGKILL)


def _kernels() -> list[psutil.Process]:
    return psutil.Process().children()


def _watch_parent(parent: int, stop: _Stop) -> None:
    """Stop when whoever started this process is gone, whatever it died of."""
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    stop.ask()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
