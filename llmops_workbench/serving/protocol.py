"""The shapes of the OpenAI protocol that an endpoint speaks, and its errors."""

import time
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from llmops_workbench.core.errors import NotFoundError
from llmops_workbench.models.engine import Generation, Message, Sampling

# Longer answers than this hold the queue for minutes on a CPU; a request may ask for fewer.
LONGEST_ANSWER = 2048
DEFAULT_ANSWER = 256


class StreamOptions(BaseModel):
    """What a stream holds beside its pieces."""

    include_usage: bool = False


class _Request(BaseModel):
    # What other servers understand and this one does not is left alone, but kept with the traffic.
    model_config = ConfigDict(extra="allow")

    model: str = ""
    stream: bool = False
    stream_options: StreamOptions = StreamOptions()
    max_tokens: Annotated[int | None, Field(ge=1, le=LONGEST_ANSWER)] = None
    max_completion_tokens: Annotated[int | None, Field(ge=1, le=LONGEST_ANSWER)] = None
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    stop: str | list[str] | None = None
    seed: int = 0
    n: Literal[1] = 1
    user: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _leave_out_nulls(cls, value: Any) -> Any:
        """Read null as left out, as the protocol has it."""
        if not isinstance(value, dict):
            return value
        return {name: given for name, given in value.items() if given is not None}

    def sampling(self) -> Sampling:
        """Give how the answer is decoded."""
        stop = [self.stop] if isinstance(self.stop, str) else list(self.stop or [])
        return Sampling(
            max_new_tokens=self.max_completion_tokens or self.max_tokens or DEFAULT_ANSWER,
            temperature=self.temperature,
            top_p=self.top_p,
            stop=tuple(stop),
            seed=self.seed,
        )


class TextPart(BaseModel):
    """A part of a message; only text is understood."""

    type: Literal["text"]
    text: str


class Turn(BaseModel):
    """One message of a chat."""

    model_config = ConfigDict(extra="allow")

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[TextPart]

    def message(self) -> Message:
        """Give role and text."""
        text = (
            self.content
            if isinstance(self.content, str)
            else "".join(part.text for part in self.content)
        )
        return {"role": "system" if self.role == "developer" else self.role, "content": text}


class ChatRequest(_Request):
    """The body of `/v1/chat/completions`.

    Attributes:
        variables: Values for the endpoint's prompt, in place of what the user's message says.
    """

    messages: Annotated[list[Turn], Field(min_length=1)]
    variables: dict[str, str] | None = None


class CompletionRequest(_Request):
    """The body of `/v1/completions`."""

    prompt: str


def chat_body(request_id: str, model: str, answer: Generation) -> dict[str, Any]:
    """Write a whole chat answer."""
    message = {"role": "assistant", "content": answer.text}
    choice = {"index": 0, "message": message, "finish_reason": answer.finish_reason}
    return _body(request_id, "chat.completion", model, [choice], answer)


def completion_body(request_id: str, model: str, answer: Generation) -> dict[str, Any]:
    """Write a whole completion."""
    choice = {"index": 0, "text": answer.text, "finish_reason": answer.finish_reason}
    return _body(request_id, "text_completion", model, [choice], answer)


def chunk(
    request_id: str, model: str, created: int, text: str | None, finish: str | None, *, chat: bool
) -> dict[str, Any]:
    """Write one piece of a streamed answer."""
    if chat:
        delta = {} if text is None else {"content": text}
        choice: dict[str, Any] = {"index": 0, "delta": delta, "finish_reason": finish}
        kind = "chat.completion.chunk"
    else:
        choice = {"index": 0, "text": text or "", "finish_reason": finish}
        kind = "text_completion"
    return {
        "id": request_id,
        "object": kind,
        "created": created,
        "model": model,
        "choices": [choice],
    }


def usage(answer: Generation) -> dict[str, int]:
    """Count the tokens of an answer."""
    return {
        "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": answer.new_tokens,
        "total_tokens": answer.prompt_tokens + answer.new_tokens,
    }


def error_body(message: str, kind: str, code: str | None = None) -> dict[str, Any]:
    """Write an error as OpenAI's clients read it."""
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def sentence(error: Any) -> str:
    """Say the first thing that is wrong with a body."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "the body"
    return f"{where}: {first['msg'][:1].lower()}{first['msg'][1:]}"


def check_model(asked: str, names: set[str]) -> None:
    """Refuse a request for a model that is not served here; an empty name takes the one there is.

    Raises:
        NotFoundError: It is another model; the served names are given.
    """
    if asked and asked not in names:
        raise NotFoundError(f"'{asked}' is not served here; {' or '.join(sorted(names))} is")


def _body(
    request_id: str, kind: str, model: str, choices: list[dict[str, Any]], answer: Generation
) -> dict[str, Any]:
    return {
        "id": request_id,
        "object": kind,
        "created": int(time.time()),
        "model": model,
        "choices": choices,
        "usage": usage(answer),
    }
