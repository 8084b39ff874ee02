"""What the model is asked: the caller's messages, or the prompt that the model was tuned with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_workbench.core.errors import UsageError
from llmops_workbench.models.prompting import Template, build_prompt
from llmops_workbench.serving.protocol import ChatRequest, CompletionRequest
from llmops_workbench.text.templates import variables

if TYPE_CHECKING:
    from llmops_workbench.models.engine import Prompt


@dataclass(frozen=True)
class Filling:
    """How requests become prompts.

    A model that was tuned with a prompt answers best to it, so a chat of one user message fills
    it: the message is the value of the prompt's only name, or the request's `variables` are the
    values of its names. Any other chat, and every plain completion, is passed on as it is.

    Attributes:
        template: The prompt, or None to pass everything on.
        version: Its reference.
        chat: Whether the model has a chat template.
    """

    template: Template | None
    version: str | None
    chat: bool

    def fill(self, asked: ChatRequest | CompletionRequest) -> tuple[Prompt, str | None]:
        """Make the prompt for a request.

        Returns:
            The prompt, and the version of the template that was filled, if one was.

        Raises:
            UsageError: Values are missing, or were given though there is no prompt.
        """
        if isinstance(asked, CompletionRequest):
            return asked.prompt, None
        turns = [turn.message() for turn in asked.messages]
        if asked.variables is not None:
            if self.template is None:
                raise UsageError("variables were given, but this endpoint has no prompt to fill")
            return build_prompt(self.template, asked.variables, chat=self.chat), self.version
        names = variables(self.template) if self.template is not None else []
        alone = len(turns) == 1 and turns[0]["role"] == "user"
        if self.template is not None and alone and len(names) == 1:
            values = {names[0]: turns[0]["content"]}
            return build_prompt(self.template, values, chat=self.chat), self.version
        if self.chat:
            return turns, None
        return "\n\n".join(turn["content"] for turn in turns), None
