"""The whole life of a small model, by the command line alone, as a program of its own.

    python -m tests.acceptance.chain FOLDER MODEL

FOLDER becomes a workspace. Everything that a command printed goes to `FOLDER.json`, one record a
step. The environment brings the secrets that the endpoints ask for: SERVE_KEY, and the file and
the literal key whose names are given by KEY_FILE and KEY_LITERAL. It runs where there is no
network, and under strace, just as well.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

LLMOPS = [sys.executable, "-m", "llmops_workbench.faces.cli"]
TEMPLATE = "Review: {{text}}\nIs it pos or neg?"
RECIPE = """steps:
  - dedup_exact: {column: text}
  - dedup_near: {column: text, threshold: 0.9, shingle: 1}
  - split: {train: 0.6, test: 0.4, seed: 7}
  - roles: {input: text, target: label}
"""
PIPELINE = """
name: small
parameters: {limit: 3}
steps:
  look: {template: explore, with: {source: reviews, limit: "${{ parameters.limit }}"}}
  list: {template: ls, with: {kind: datasets}, after: look}
"""
WORDS = {
    "pos": "fine warm clever moving lovely bright honest rich gentle strong".split(),  # noqa: SIM905
    "neg": "dull long lifeless loud cold empty flat poor weak stale".split(),  # noqa: SIM905
}
THINGS = ("film", "story", "cast")


def reviews() -> list[tuple[str, str]]:
    """Sixty short reviews, half of them good."""
    return [
        (f"a {word} {thing}, truly {word} from the first {thing} on", label)
        for label, words in WORDS.items()
        for word in words
        for thing in THINGS
    ]


def write_sources(folder: Path) -> None:
    """Write what a user would bring along."""
    rows = reviews()
    lines = ["text,label", *(f'"{text}",{label}' for text, label in [*rows, rows[0]])]
    (folder / "reviews.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    gaps = "text,label\na fine film,pos\na dull film,neg\na film,\n"
    (folder / "gaps.csv").write_text(gaps, encoding="utf-8")
    (folder / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    (folder / "small.yaml").write_text(PIPELINE, encoding="utf-8")
    ratings = ["item,who,score"]
    ratings += [f"{item},{who},{item % 2}" for item in range(6) for who in ("ada", "bob")]
    (folder / "ratings.csv").write_text("\n".join(ratings) + "\n", encoding="utf-8")


class Life:
    """Runs steps in a workspace and keeps what each printed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.steps: dict[str, dict[str, Any]] = {}

    def __call__(self, step: str, *words: str, code: int = 0) -> dict[str, Any]:
        """Run one command with `--json`, and give the object on its last line."""
        begun = time.monotonic()
        done = subprocess.run(
            [*LLMOPS, *words, "--json"], cwd=self.folder, capture_output=True, text=True
        )
        self.steps[step] = {
            "words": words,
            "code": done.returncode,
            "stdout": done.stdout,
            "stderr": done.stderr,
            "seconds": round(time.monotonic() - begun, 2),
        }
        if done.returncode != code:
            self.keep()
            raise SystemExit(f"{step}: {' '.join(words)} gave {done.returncode}\n{done.stderr}")
        result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return result

    def keep(self) -> None:
        """Write down what was printed."""
        self.folder.with_suffix(".json").write_text(json.dumps(self.steps), encoding="utf-8")


def ask(
    url: str, key: str, path: str = "/chat/completions", number: int = 0, **body: Any
) -> tuple[int, str]:
    """Send one request as any client would; another number is another text."""
    if path == "/chat/completions":
        said = f"a fine film, seen {number} times"
        body = {"max_tokens": 4, "messages": [{"role": "user", "content": said}], **body}
    request = urllib.request.Request(
        url + path,
        data=json.dumps(body).encode() if body else None,
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def settle(look: Callable[[], bool], seconds: float = 240.0) -> None:
    """Wait until something is so."""
    until = time.monotonic() + seconds
    while not look():
        if time.monotonic() > until:
            raise SystemExit(f"nothing came within {seconds:.0f} s")
        time.sleep(0.2)


def live(folder: Path, model: Path) -> None:
    """Go from a CSV to a monitored endpoint."""
    folder.mkdir()
    write_sources(folder)
    run = Life(folder)
    run("version", "--version")
    run("init", "init", ".")
    run("fetch", "fetch", str(model), "--name", "tiny")
    run("explore", "explore", "reviews.csv")
    run("prepare", "prepare", "reviews.csv", "--recipe", "recipe.yaml", "--name", "reviews")
    run("prompt", "prompt", "polarity", "--text", TEMPLATE)
    learning = ("--data", "reviews", "--prompt", "polarity@1", "--choices", "pos,neg")
    tune = ("tune", "--model", "tiny", "--name", "tuned", *learning)
    detached = run("tune_detached", *tune, "--steps", "2", "--detach")
    settle(lambda: state_of(run("jobs", "jobs"), detached["job"]) == "done")
    run("tune", *tune, "--steps", "4")
    evaluation = run(
        "evaluate",
        *("evaluate", "--model", "tuned@2", "--baseline", "tiny", "--data", "reviews#test"),
        *("--metrics", "accuracy,exact_match", "--max-new-tokens", "4"),
    )
    gaps = ("evaluate", "--model", "tuned@2", "--data", "gaps.csv", "--metrics", "accuracy")
    run("evaluate_gaps", *gaps)
    run("evaluate_max_failed", *gaps, "--max-failed", "0.1", code=1)
    run_id = evaluation["run_id"]
    run("gate_refused", "gate", "accuracy.lower > 0.999", "--run", run_id, code=100)
    run("gate", "gate", "accuracy.lower >= 0", "failed == 0", "--run", run_id)
    run("promote_ungated", "promote", "tuned@1", "--to", "champion", "--without-gate", "a trial")
    run("promote", "promote", "model:tuned@2", "--to", "champion")
    keys = {
        "env": ("env:SERVE_KEY", os.environ["SERVE_KEY"]),
        "file": (f"file:{os.environ['KEY_FILE']}", Path(os.environ["KEY_FILE"]).read_text()),
        "literal": (os.environ["KEY_LITERAL"], os.environ["KEY_LITERAL"]),
        "generate": ("generate", None),
    }
    for form, (key, value) in keys.items():
        served = run(
            f"serve_{form}", "serve", "--model", "tuned@champion", "--name", "desk", "--key", key
        )
        known = (value or Path(served["key_file"]).read_text()).strip()
        asked = range(24 if form == "env" else 1)
        answers = [ask(served["url"], known, number=number) for number in asked]
        answers.append(ask(served["url"], "sk-wrong"))
        answers.append(ask(served["url"], known, "/models"))
        answers.append(ask(served["url"], known, "/completions", prompt="a", max_tokens=2))
        run.steps[f"asked_{form}"] = {"stdout": json.dumps(answers), "stderr": "", "words": []}
        run.steps[f"commands_{form}"] = {"stdout": commands(), "stderr": "", "words": []}
        run("cancel", "cancel", served["job"])
    run(
        "label",
        *("label", "ratings.csv", "--queue", "ratings", "--item", "item"),
        *("--annotator", "who", "--value", "score"),
    )
    run("monitor", "monitor", "desk", "--reference", "reviews#train", "--permutations", "300")
    run("execute", "execute", "small.yaml", "-p", "limit=2")
    run("rollback", "rollback", "model:tuned@champion")
    for kind in "datasets prompts models pipelines runs queues endpoints monitors".split():  # noqa: SIM905
        run(f"ls_{kind}", "ls", kind)
    run("show", "show", "model:tuned@champion")
    run("lineage", "lineage", "model:tuned@champion")
    run("lineage_forward", "lineage", "dataset:reviews@1", "--forward")
    settle(lambda: not waiting(folder))
    run.keep()


def waiting(folder: Path) -> bool:
    """Tell whether something still has to be brought to MLflow; whoever is at it ends then."""
    from llmops_workbench.core.workspace import Workspace
    from llmops_workbench.tracking import outbox

    workspace = Workspace(folder)
    try:
        with workspace.store.read() as connection:
            return bool(outbox.pending(connection, 1))
    finally:
        workspace.store.engine.dispose()


def state_of(jobs: dict[str, Any], name: str) -> str:
    """Give the state of one job of a list."""
    (state,) = [job["state"] for job in jobs["items"] if job["job"] == name]
    assert state in ("queued", "running", "done"), state
    return str(state)


def loopback_up() -> None:
    """Bring up loopback, which is down in a fresh name space; elsewhere nothing changes."""
    siocsifflags, up = 0x8914, 0x1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", up)
        with contextlib.suppress(PermissionError):
            fcntl.ioctl(any_socket, siocsifflags, request)


def commands() -> str:
    """Give the command lines of every process of ours that stands in the workspace."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if b"llmops_workbench" in line and int(entry.name) != os.getpid():
            found.append(line.replace(b"\0", b" ").decode("utf-8", "replace"))
    return "\n".join(found)


if __name__ == "__main__":
    loopback_up()
    live(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
