"""One tuning from references to a registered version."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import context
from llmops_workbench.core.errors import UsageError
from llmops_workbench.tuning.examples import LISTED, choose_layout, tokenise
from llmops_workbench.tuning.report import TuneReport

if TYPE_CHECKING:
    import pyarrow as pa

    from llmops_workbench.core.references import Reference
    from llmops_workbench.models.sources import Location
    from llmops_workbench.tuning.examples import Examples, Layout
    from llmops_workbench.tuning.training import Settings, Training


def run(
    model: Reference,
    data: Reference,
    validation: Reference | None,
    *,
    name: str,
    prompt: Reference | None,
    target: str | None,
    choices: list[str],
    settings: dict[str, Any],
    max_tokens: int,
    limit: int | None,
    validation_limit: int,
) -> TuneReport:
    """Tune, keep the result as a version, and report."""
    from llmops_workbench.execution.checkpoints import checkpoints
    from llmops_workbench.models.quiet import quiet_transformers
    from llmops_workbench.models.sources import locate
    from llmops_workbench.tracking import datasets, prompts
    from llmops_workbench.tracking.catalogue import catalogue

    call = context.current()
    if model.external:
        model = _kept(model)
    where = locate(model)
    remembered = where.meta or {}
    if prompt is None and remembered.get("prompt"):
        prompt = catalogue().get(remembered["prompt"], "prompt").ref
    template = prompts.load(prompt).template if prompt is not None else None
    version = datasets.find(data)
    layout = choose_layout(
        list(version.meta["columns"]), datasets.roles(version), template, target, choices
    )
    quiet_transformers()
    encoder = _encoder(where)
    longest = min(max_tokens, _context_tokens(where.folder) or max_tokens)
    rows = tokenise(
        datasets.load(data, columns=layout.columns, limit=limit),
        layout,
        encoder,
        longest,
        "tokenising",
    )
    held = None
    if validation is not None:
        table = _drawn(datasets.load(validation, columns=layout.columns), validation_limit)
        held = tokenise(table, layout, encoder, longest, "tokenising validation rows")
    chosen = _settings(settings, where.adapter)
    work = _work_folder()
    trained = _train(where, encoder.tokenizer, rows, held, chosen, work, checkpoints())
    kept = _keep(
        trained, where, model, data, prompt, layout, choices or remembered.get("choices") or [],
        name, chosen, rows, max_tokens,
    )  # fmt: skip
    shutil.rmtree(work, ignore_errors=True)
    return TuneReport(
        run_id=call.run_id,
        ref=str(kept.ref),
        hash=kept.hash,
        name=name,
        base=str(model),
        data=str(data),
        prompt=str(prompt) if prompt is not None else None,
        method=chosen.method,
        rows=len(rows.input_ids),
        tokens=rows.tokens,
        trained_tokens=rows.trained_tokens,
        steps=trained.steps,
        loss=round(trained.loss, 6),
        validation_rows=len(held.input_ids) if held is not None else 0,
        validation_before=trained.validation_before,
        validation_after=trained.validation_after,
        trainable_parameters=trained.trainable_parameters,
        all_parameters=trained.all_parameters,
        seconds=trained.seconds,
        cpu_seconds=trained.cpu_seconds,
        tokens_per_cpu_second=trained.tokens_per_cpu_second,
        peak_memory_mb=trained.peak_memory_mb,
        device=trained.device,
        dtype=trained.dtype,
        resumed_from=trained.resumed_from,
        failed=len(rows.failed),
        failures=[{"row": row, "reason": reason} for row, reason in rows.failed[:LISTED]],
        history=trained.history,
    )


def _encoder(where: Location) -> Any:
    from transformers import AutoTokenizer

    from llmops_workbench.models.safety import check_folder
    from llmops_workbench.models.tokens import PromptEncoder

    check_folder(where.folder)
    tokenizer = AutoTokenizer.from_pretrained(
        where.folder, trust_remote_code=False, local_files_only=True
    )
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return PromptEncoder(tokenizer, where.name)


def _kept(model: Reference) -> Reference:
    """Bring a base from outside into the workspace: an adapter is nothing without it."""
    from llmops_workbench.models.sources import register_model

    version = register_model(model, run_id=context.current().run_id)
    context.emit("log", message=f"{model.name} is kept as {version.ref}")
    return version.ref


def _context_tokens(folder: Path) -> int | None:
    """Give the longest text that the model can read, where its settings say so."""
    settings = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    found = settings.get("max_position_embeddings")
    return int(found) if found else None


def _drawn(table: pa.Table, most: int) -> pa.Table:
    """Draw rows from all over a table: its first ones may be of one kind."""
    import numpy as np

    if table.num_rows <= most:
        return table
    places = np.random.default_rng(0).choice(table.num_rows, size=most, replace=False)
    return table.take(sorted(places.tolist()))


def _settings(given: dict[str, Any], adapter: Path | None) -> Settings:
    from llmops_workbench.tuning.training import LEARNING_RATES, Settings

    filled = dict(given)
    if adapter is not None and filled["method"] == "lora":
        config = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
        if config["r"] != filled["rank"]:
            context.warn(f"the adapter that is trained on has rank {config['r']}, and keeps it")
        filled["rank"] = config["r"]
    if filled["learning_rate"] is None:
        filled["learning_rate"] = LEARNING_RATES[filled["method"]]
    return Settings(**filled, dtype=str(context.workspace().settings.get("models.dtype")))


def _work_folder() -> Path:
    call = context.current()
    folder = (
        call.job_dir / "trainer"
        if call.job_dir is not None
        else context.workspace().path("runs", str(call.run_id), "trainer")
    )
    # What an attempt before left half-written is no use; its checkpoints are kept elsewhere.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _train(
    where: Location,
    tokenizer: Any,
    rows: Examples,
    held: Examples | None,
    settings: Settings,
    work: Path,
    kept: Any,
) -> Training:
    from llmops_workbench.tuning.training import train

    if where.adapter is not None and settings.method == "full":
        context.warn(f"the adapter {where.name} is merged into its base before all weights train")
    return train(
        where.folder,
        tokenizer,
        rows,
        held,
        settings,
        work=work,
        kept=kept,
        record=_record,
        adapter=where.adapter,
    )


def _record(waiting: list[tuple[int, dict[str, float]]]) -> None:
    """Bring numbers into the run in MLflow while the training goes on."""
    from llmops_workbench.tracking.mlflow_bridge import live_metrics

    call = context.current()
    if call.run_id is None or call.workspace is None:
        return
    for step, numbers in waiting:
        live_metrics(call.run_id, step, numbers)


def _keep(
    trained: Training,
    where: Location,
    model: Reference,
    data: Reference,
    prompt: Reference | None,
    layout: Layout,
    choices: list[str],
    name: str,
    settings: Settings,
    rows: Examples,
    max_tokens: int,
) -> Any:
    from llmops_workbench.models.registration import register_folder

    adapter = (trained.folder / "adapter_config.json").is_file()
    base = _base_of(where, model) if adapter else None
    if adapter:
        _forget_path(trained.folder / "adapter_config.json", str(base))
    else:
        _copy_tokenizer(where.folder, trained.folder)
    known = where.meta or {}
    parents = [str(model), str(data.whole()), *([str(prompt)] if prompt is not None else [])]
    roles = {"target": layout.target} if layout.target else {}
    meta = {
        "license": known.get("license"),
        "source": known.get("source"),
        "prompt": str(prompt) if prompt is not None else None,
        "roles": roles,
        "choices": choices or None,
        "data": str(data),
        "tokens": rows.tokens,
        "method": settings.method,
        "parameters": {
            **{key: value for key, value in vars(settings).items() if value is not None},
            "max_tokens": max_tokens,
        },
        "notes": list(known.get("notes") or []),
    }
    return register_folder(name, trained.folder, base=base, meta=meta, parents=parents, run_id=None)


def _base_of(where: Location, model: Reference) -> Reference | str:
    """Give the model whose weights the adapter stands on."""
    if where.adapter is None:
        return model
    base = (where.meta or {}).get("base")
    if not base:
        raise UsageError(f"the adapter {model} does not say what its base is: register it first")
    return str(base)


def _forget_path(config: Path, base: str) -> None:
    """Name the base by its reference: a path would bind the adapter to this machine."""
    text = json.loads(config.read_text(encoding="utf-8"))
    text["base_model_name_or_path"] = base
    config.write_text(json.dumps(text, indent=2, sort_keys=True), encoding="utf-8")


def _copy_tokenizer(source: Path, folder: Path) -> None:
    for pattern in ("tokenizer*", "special_tokens_map.json", "*.jinja", "vocab*", "merges.txt"):
        for file in source.glob(pattern):
            if not (folder / file.name).exists():
                shutil.copyfile(file, folder / file.name)
