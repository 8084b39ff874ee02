"""Model servers that run on this machine already."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

# The ports that these listen at unless told otherwise.
PLACES = {"Ollama": 11434, "LM Studio": 1234, "llama.cpp": 8080}
_ANSWER_SECONDS = 0.5


@dataclass(frozen=True)
class FoundServer:
    """A server that answered.

    Attributes:
        kind: Which program listens at that port by default.
        url: Its base, up to and with `/v1`.
        models: Names of its models.
    """

    kind: str
    url: str
    models: tuple[str, ...]

    @property
    def specs(self) -> tuple[str, ...]:
        """How each model is given to `open_model`."""
        return tuple(f"openai:{self.url}#{model}" for model in self.models)


def discover(places: Mapping[str, int] = PLACES) -> list[FoundServer]:
    """Look for model servers on loopback; nothing beyond this machine is asked.

    Args:
        places: Port by program.

    Returns:
        Those that listed their models within half a second.
    """
    with ThreadPoolExecutor(max(1, len(places))) as pool:
        found = pool.map(lambda place: _ask(*place), places.items())
        return [server for server in found if server is not None]


def _ask(kind: str, port: int) -> FoundServer | None:
    import httpx

    url = f"http://127.0.0.1:{port}/v1"
    try:
        # No proxy, no redirect: the answer comes from this machine or not at all.
        with httpx.Client(timeout=_ANSWER_SECONDS, trust_env=False) as client:
            entries = client.get(f"{url}/models").raise_for_status().json()["data"]
        return FoundServer(kind, url, tuple(str(entry["id"]) for entry in entries))
    except (httpx.HTTPError, ValueError, TypeError, KeyError):
        return None  # nothing there, or something else that listens at this port
