"""The operation `serve`."""

import html
import os
from typing import Annotated, ClassVar

from pydantic import Field, field_validator

from llmops_workbench.core import context
from llmops_workbench.core.operations import operation
from llmops_workbench.core.references import ModelRef, PromptRef, SecretName
from llmops_workbench.core.results import Result, Volatile
from llmops_workbench.execution.invoke import STEP


class EndpointReport(Result):
    """An endpoint that answers.

    Attributes:
        url: The base URL for OpenAI's clients.
        key_file: The file with the key, which only its owner can read; None when the key is a
            secret of another kind.
        key: The name of the key's secret; never its value.
        job: The job that serves; `llmops cancel` ends it.
        model: The pinned model that answers.
        prompt: The prompt that a single user message fills, if any.
        endpoint: The endpoint's definition.
    """

    view: ClassVar[str] = "endpoint"

    url: Volatile[str]
    key_file: Volatile[str | None]
    key: Volatile[str]
    job: Volatile[str]
    model: Volatile[str]
    prompt: Volatile[str | None] = None
    endpoint: Volatile[str]
    name: str

    @field_validator("key_file")
    @classmethod
    def _whole(cls, given: str | None) -> str | None:
        # Kept as it is seen from the workspace, given as whoever reads it can open it. A step's
        # process stands in the workspace, and its executed notebook moves with it.
        opened = context.current().workspace
        if given is None or opened is None or os.environ.get(STEP) == "1":
            return given
        return str(opened.root / given)

    def html_body(self) -> str:
        """Give the address and how to ask it."""
        key = f"open({self.key_file!r}).read()" if self.key_file else f"... # {self.key}"
        code = (
            "from openai import OpenAI\n"
            f"client = OpenAI(base_url={self.url!r}, api_key={key})\n"
            "client.chat.completions.create(\n"
            f"    model={self.name!r}, messages=[{{'role': 'user', 'content': '…'}}]\n)"
        )
        return (
            f"<p><b>{html.escape(self.name)}</b> answers with {html.escape(self.model)} at "
            f"<code>{html.escape(self.url)}</code></p><pre>{html.escape(code)}</pre>"
        )


@operation(stage="serving", runs="job", endless=True)
def serve(
    model: ModelRef,
    *,
    name: str = "",
    port: Annotated[int, Field(ge=0, le=65535)] = 0,
    key: SecretName = "generate",
    prompt: PromptRef | None = None,
    raw: bool = False,
    waiting: Annotated[int, Field(gt=0)] = 64,
) -> EndpointReport:
    """Serve a model behind the OpenAI protocol, on loopback, with a key, keeping every request.

    It answers `/v1/models`, `/v1/chat/completions` and `/v1/completions`, streaming too. A chat of
    one user message fills the prompt that the model was tuned with. The endpoint goes on until
    `llmops cancel`, which lets open answers end.

    Args:
        model: Which model answers.
        name: What the endpoint is called; by default the model's name.
        port: The port; 0 takes a free one.
        key: The secret that callers must present: env:NAME, file:PATH, or generate for a new one.
        prompt: Another prompt to fill.
        raw: Fill no prompt; messages go to the model as they are.
        waiting: How many requests may wait before others are refused.

    Raises:
        NotFoundError: A reference or the secret names nothing.
        UsageError: The port is taken.
        UntrustedError: The weights are pickled, or others can read the key's file.

    Example:
        llmops serve --model triage@champion --port 8000 --key env:TRIAGE_KEY
    """
    from llmops_workbench.serving import server

    return server.run(
        model,
        name=name,
        port=port,
        key=key,
        prompt=prompt,
        raw=raw,
        waiting=waiting,
    )
