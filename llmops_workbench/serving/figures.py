"""What an endpoint counts, for `/metrics`; the names are the OpenTelemetry GenAI conventions'.

The conventions are still in development, so the names stand in this one place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

if TYPE_CHECKING:
    from llmops_workbench.models.engine import Generation

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
_TOKENS = (1, 4, 16, 64, 256, 1024, 4096, 16384)


class Figures:
    """The counters of one endpoint.

    Args:
        model: The model's reference, a label of every series.
    """

    def __init__(self, model: str) -> None:
        self._registry = CollectorRegistry()
        self._model = model
        self.requests = Counter(
            "llmops_requests", "Requests by status.", ["model", "status"], registry=self._registry
        )
        self.waiting = Gauge(
            "llmops_requests_waiting", "Requests that wait.", ["model"], registry=self._registry
        )
        self.lost = Gauge(
            "llmops_traffic_lost", "Events that were not kept.", ["model"], registry=self._registry
        )
        self._seconds = Histogram(
            "gen_ai_server_request_duration_seconds",
            "From the request to the end of the answer.",
            ["model"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._first = Histogram(
            "gen_ai_server_time_to_first_token_seconds",
            "From the request to the first token.",
            ["model"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._tokens = Histogram(
            "gen_ai_client_token_usage",
            "Tokens by type.",
            ["model", "type"],
            buckets=_TOKENS,
            registry=self._registry,
        )

    def answered(self, answer: Generation, seconds: float, first_seconds: float | None) -> None:
        """Count an answer."""
        self._seconds.labels(self._model).observe(seconds)
        if first_seconds is not None:
            self._first.labels(self._model).observe(first_seconds)
        self._tokens.labels(self._model, "input").observe(answer.prompt_tokens)
        self._tokens.labels(self._model, "output").observe(answer.new_tokens)

    def status(self, code: int) -> None:
        """Count a request by its status."""
        self.requests.labels(self._model, str(code)).inc()

    def text(self, waiting: int, lost: int) -> bytes:
        """Write all series in Prometheus' text format."""
        self.waiting.labels(self._model).set(waiting)
        self.lost.labels(self._model).set(lost)
        return generate_latest(self._registry)
