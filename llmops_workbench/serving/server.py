"""The life of an endpoint: open the model, listen, answer until it is stopped, let answers end."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import context, secrets
from llmops_workbench.core.errors import CancelledError, UsageError
from llmops_workbench.core.references import Reference, check_name

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from llmops_workbench.serving.app import Endpoint
    from llmops_workbench.serving.serve import EndpointReport

# How long answers that are under way may take to end after a stop.
DRAIN_SECONDS = 15
_LOOK_SECONDS = 0.2


def run(
    model: Reference,
    *,
    name: str,
    port: int,
    key: str,
    prompt: Reference | None,
    raw: bool,
    waiting: int,
) -> EndpointReport:
    """Serve until a stop is asked for."""
    from llmops_workbench.models.sources import open_model
    from llmops_workbench.serving.app import Endpoint, make_app
    from llmops_workbench.serving.capture import Capture, Identity
    from llmops_workbench.serving.figures import Figures
    from llmops_workbench.serving.filling import Filling
    from llmops_workbench.serving.queue import Answering

    call = context.current()
    workspace = context.workspace()
    called = check_name(name or _name_of(model), "endpoint")
    key_name, key_file, value = _key(key, called)
    template, prompt_ref = (None, None) if raw else _prompt(model, prompt)
    host = str(workspace.settings.get("serving.host"))
    listener = _listen(host, port)
    url = f"http://{host}:{listener.getsockname()[1]}/v1"
    with open_model(model) as engine:
        definition = _register(called, model, prompt_ref, raw=raw)
        identity = Identity(
            endpoint=definition,
            name=called,
            model_version=str(model),
            prompt_version=str(prompt_ref) if prompt_ref is not None else None,
        )
        answering, capture = Answering(engine, waiting), Capture(workspace, identity)
        endpoint = Endpoint(
            name=called,
            names={called, str(model), str(model).removeprefix("model:"), model.name},
            key=value,
            answering=answering,
            capture=capture,
            figures=Figures(str(model)),
            remote=engine.info.engine != "local",
            filling=Filling(
                template=template,
                version=identity.prompt_version,
                chat=bool(engine.info.details.get("chat", True)),
            ),
        )
        answering.start()
        capture.start()
        ready = {
            "url": url,
            "key_file": key_file,
            "key": key_name,
            "job": call.job_dir.name if call.job_dir is not None else "",
            "model": str(model),
            "prompt": identity.prompt_version,
            "endpoint": definition,
            "name": called,
        }
        try:
            asyncio.run(_serve(make_app(endpoint), endpoint, listener, ready))
        finally:
            answering.stop()
            capture.stop()
            if capture.lost:
                context.warn(f"{capture.lost} requests could not be kept: {capture.reason}")
    raise CancelledError(f"the endpoint {called} was stopped; its traffic is kept")


def _name_of(model: Reference) -> str:
    """Make a name for an endpoint from what its model is called."""
    if not model.external:
        return model.name
    text = model.name.partition("#")[2] or model.name.partition("==")[0].rpartition(":")[2]
    return re.sub(r"[^\w.\-]+", "-", Path(text).name.removesuffix(".gguf")).strip("-.")


def _key(key: str, name: str) -> tuple[str, str | None, str]:
    """Give the secret's name, its file where it is one, and its value."""
    if key == "generate":
        key = secrets.generate(f"endpoint-{name}.key", "sk-")
    file = key.removeprefix("file:") if key.startswith("file:") else None
    return key, file, secrets.resolve(key)


def _prompt(model: Reference, prompt: Reference | None) -> tuple[Any, Reference | None]:
    from llmops_workbench.tracking import models, prompts
    from llmops_workbench.tracking.catalogue import catalogue

    if prompt is None and not model.external:
        known = models.load_meta(model).prompt
        prompt = catalogue().get(known, "prompt").ref if known else None
    return (prompts.load(prompt).template, prompt) if prompt is not None else (None, None)


def _listen(host: str, port: int) -> socket.socket:
    """Take the port before the model is loaded, so that a taken one is said at once."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise UsageError(
            f"port {port} at {host} cannot be used ({error.strerror}): give another, or 0"
        ) from error
    listener.listen(128)
    return listener


def _register(name: str, model: Reference, prompt: Reference | None, *, raw: bool) -> str:
    """Keep the definition: the same one again is the same version."""
    import hashlib

    from llmops_workbench.tracking.catalogue import catalogue

    definition = {"model": str(model), "prompt": str(prompt) if prompt else None, "raw": raw}
    text = json.dumps(definition, sort_keys=True)
    parents = [] if model.external else [str(model)]
    if prompt is not None:
        parents.append(str(prompt))
    version = catalogue().register(
        "endpoint",
        name,
        hash=f"sha256-{hashlib.sha256(text.encode()).hexdigest()}",
        parents=parents,
        meta=definition,
        run_id=context.current().run_id,
    )
    return str(version.ref)


async def _serve(
    app: Starlette, endpoint: Endpoint, listener: socket.socket, ready: dict[str, Any]
) -> None:
    """Listen, say that it is ready, and end when a stop is asked for."""
    import uvicorn

    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=DRAIN_SECONDS,
        server_header=False,
    )
    server = uvicorn.Server(config)
    # Not `serve`, which takes over the signals: the job handles them itself.
    serving = asyncio.create_task(server._serve([listener]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    if not serving.done():
        context.emit("ready", **ready)
        context.emit("log", message=f"{ready['name']} answers at {ready['url']}")
    begun = time.monotonic()
    while not serving.done():
        await asyncio.wait({serving}, timeout=_LOOK_SECONDS)
        if context.current().cancelled():
            server.should_exit = True
            break
    await serving
    await asyncio.gather(*endpoint.pending, return_exceptions=True)
    context.emit("log", message=f"stopped after {time.monotonic() - begun:.0f} s")
