"""Requests to a model server: bounded retries, time limits, one sentence for what went wrong."""

from __future__ import annotations

import ipaddress
import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from llmops_workbench.core import secrets
from llmops_workbench.core.context import check_cancelled
from llmops_workbench.core.errors import JobError, LLMOpsError, NotFoundError, UsageError

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 5.0
READ_SECONDS = 120.0
TRIES = 4
_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 30.0
_POLL_SECONDS = 0.1
_TRY_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
# After so many requests in a row that no server took, the next ones fail at once.
_GIVE_UP_AFTER = 3


class Transport:
    """The connection to one server.

    Args:
        url: Its base, up to and with `/v1`.
        key: Name of the secret that holds its key; none is sent when left out.
        tries: How often a request is made at most.
        first_wait_seconds: Wait before the second try; it doubles after that.
        read_seconds: Longest silence of the server.
    """

    def __init__(
        self,
        url: str,
        *,
        key: str | None = None,
        tries: int = TRIES,
        first_wait_seconds: float = _FIRST_WAIT_SECONDS,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        import httpx

        self.url = url.rstrip("/")
        self._tries = tries
        self._first_wait = first_wait_seconds
        headers = {}
        if key is not None:
            headers["Authorization"] = f"Bearer {secrets.resolve(key)}"
        self._client = httpx.Client(
            headers=headers,
            timeout=httpx.Timeout(read_seconds, connect=CONNECT_SECONDS),
            # A proxy is for the world outside; what is on this machine is asked directly.
            trust_env=not is_loopback(self.url),
        )
        self._lock = threading.Lock()
        self._unreachable = 0

    def get(self, route: str) -> Any:
        """Fetch JSON. See `post`."""
        with self._response("GET", route, None) as response:
            return _json(response, self.url)

    def post(self, route: str, body: dict[str, Any]) -> Any:
        """Send JSON and fetch the answer.

        Raises:
            UsageError: The server says that the request is wrong, or the key.
            NotFoundError: It does not know the route or the model.
            JobError: It failed, or did not answer in time, after all tries.
        """
        with self._response("POST", route, body) as response:
            return _json(response, self.url)

    def events(self, route: str, body: dict[str, Any]) -> Iterator[Any]:
        """Send JSON and yield the JSON of each server-sent event until `[DONE]`.

        Raises:
            LLMOpsError: As for `post`; or JobError when the stream breaks off or holds an error.
        """
        import httpx

        with self._response("POST", route, body) as response:
            try:
                for data in server_sent(response.iter_bytes()):
                    check_cancelled()
                    if data == "[DONE]":
                        return
                    yield self._event(data)
            except httpx.HTTPError as error:
                raise JobError(f"the stream of {self.url} broke off: {_reason(error)}") from error
        raise JobError(f"the stream of {self.url} ended before its end was said")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _event(self, data: str) -> Any:
        try:
            event = json.loads(data)
        except ValueError as error:
            raise JobError(f"{self.url} streamed what is not JSON: {data[:80]!r}") from error
        if isinstance(event, dict) and event.get("error"):
            raise JobError(f"{self.url} broke off: {_message(event)}")
        return event

    @contextmanager
    def _response(
        self, method: str, route: str, body: dict[str, Any] | None
    ) -> Iterator[httpx.Response]:
        import httpx

        error: LLMOpsError | None = None
        for attempt in range(self._tries):
            check_cancelled()
            if self._unreachable >= _GIVE_UP_AFTER:
                raise JobError(f"{self.url} cannot be reached: start the server, check the address")
            wait = self._first_wait * 2**attempt * (1 + random.random() / 4)
            request = self._client.build_request(method, f"{self.url}/{route}", json=body)
            try:
                response = self._client.send(request, stream=True)
            except httpx.ConnectError as cause:
                with self._lock:
                    self._unreachable += 1
                error = JobError(f"{self.url} cannot be reached: {_reason(cause)}")
            except httpx.HTTPError as cause:
                error = JobError(f"{self.url} did not answer: {_reason(cause)}")
            else:
                with self._lock:
                    self._unreachable = 0
                try:
                    if response.is_success:
                        yield response
                        return
                    response.read()
                    error = self._failure(response, route)
                    if response.status_code not in _TRY_AGAIN:
                        raise error
                    wait = _asked_wait(response) or wait
                except httpx.HTTPError as cause:
                    raise JobError(f"{self.url} broke off: {_reason(cause)}") from cause
                finally:
                    response.close()
            if attempt + 1 < self._tries:
                _sleep(min(wait, _LONGEST_WAIT_SECONDS))
        assert error is not None
        raise error

    def _failure(self, response: httpx.Response, route: str) -> LLMOpsError:
        status, said = response.status_code, _message_of(response)
        if status in (401, 403):
            return UsageError(
                f"{self.url} refuses the key ({status}: {said}): name the right secret, as in "
                "openai:URL?key=env:NAME#MODEL"
            )
        if status == 404:
            return NotFoundError(f"{self.url} has no '{route}', or not this model: {said}")
        if status in _TRY_AGAIN:
            return JobError(f"{self.url} failed with {status} after {self._tries} tries: {said}")
        return UsageError(f"{self.url} refuses the request ({status}): {said}")


def is_loopback(url: str) -> bool:
    """Tell whether an address is on this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def server_sent(chunks: Iterator[bytes]) -> Iterator[str]:
    """Read the data of server-sent events (WHATWG HTML, section 9.2) from a stream of bytes.

    Lines end at newlines alone: the text inside may hold other characters that Python takes for
    the end of a line.
    """
    waiting = b""
    data: list[str] = []
    for chunk in chunks:
        waiting += chunk
        *lines, waiting = waiting.split(b"\n")
        for raw in lines:
            line = raw.removesuffix(b"\r").decode("utf-8", "replace")
            if not line and data:
                yield "\n".join(data)
                data = []
            elif line.startswith("data:"):
                data.append(line[5:].removeprefix(" "))
    if data:
        yield "\n".join(data)


def _sleep(seconds: float) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        check_cancelled()
        time.sleep(min(left, _POLL_SECONDS))


def _asked_wait(response: httpx.Response) -> float | None:
    """How long the server asks to wait, when it says so in seconds."""
    try:
        return max(0.0, float(response.headers.get("retry-after", "")))
    except ValueError:
        return None


def _json(response: httpx.Response, url: str) -> Any:
    response.read()
    try:
        return response.json()
    except ValueError as error:
        raise JobError(f"{url} answered with what is not JSON: {response.text[:80]!r}") from error


def _message_of(response: httpx.Response) -> str:
    try:
        return _message(response.json())
    except ValueError:
        return _short(response.text) or "no reason given"


def _message(body: Any) -> str:
    error = body.get("error", body) if isinstance(body, dict) else body
    if isinstance(error, dict):
        error = error.get("message") or error.get("detail") or error
    return _short(str(error))


def _short(text: str) -> str:
    return secrets.redact(" ".join(text.split())[:200])


def _reason(error: Exception) -> str:
    return _short(str(error)) or type(error).__name__
