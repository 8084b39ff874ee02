"""The operation `monitor`."""

import html
import math
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, Field

from llmops_workbench.core import context
from llmops_workbench.core.errors import DataError, UsageError
from llmops_workbench.core.operations import operation
from llmops_workbench.core.references import ColumnName, DatasetRef, EndpointRef
from llmops_workbench.core.results import Result, Volatile

# Fewer requests than this cannot show a drift that matters; the test says so instead of guessing.
FEWEST = 20
# Kernel, classifier and lengths.
TESTS = 3


class DriftTest(BaseModel):
    """One feature of the traffic against the reference.

    Attributes:
        feature: What was compared.
        statistic: Size of the difference, in the unit of the test.
        p: Chance of one as large if nothing had changed.
        adjusted_p: The same after Holm's correction for all tests of this look.
        method: Which test.
        drifted: Whether it counts as a drift.
    """

    feature: str
    statistic: float
    p: float
    adjusted_p: float
    method: str
    drifted: bool


class MonitorReport(Result):
    """What an endpoint was asked, against a reference.

    Attributes:
        alarm: Whether any feature drifted.
        requests: Requests that were looked at.
        repeated: Requests whose text had been sent before; they count once in the tests.
        reference_rows: Rows of the reference that were used.
        tests: One entry a feature.
        moved: The requests that look least like the reference, with how sure the classifier is.
        errors: Requests that failed; they are in no test of the answers.
        embedder: What turned texts into vectors.
    """

    view: ClassVar[str] = "monitor"

    endpoint: Volatile[str]
    reference: Volatile[str]
    alarm: bool
    alpha: float
    requests: int
    repeated: int = 0
    reference_rows: int
    tests: list[DriftTest]
    moved: list[dict[str, Any]] = []
    errors: int = 0
    latency_p50_ms: Volatile[float | None] = None
    latency_p95_ms: Volatile[float | None] = None
    tokens: int = 0
    embedder: str
    monitor: Volatile[str]

    def headline(self) -> dict[str, float]:
        """Give the alarm and each test."""
        found = {"alarm": float(self.alarm), "requests": float(self.requests)}
        for test in self.tests:
            found[f"{test.feature}.statistic"] = test.statistic
            found[f"{test.feature}.p"] = test.adjusted_p
        return found

    def frame_rows(self) -> list[dict[str, Any]]:
        """Give one line a test."""
        return [test.model_dump() for test in self.tests]

    def html_body(self) -> str:
        """Give the verdict, the tests and the requests that moved."""
        lines = "".join(
            f"<tr><td>{'▲ drift' if test.drifted else 'no drift'}</td>"
            f"<td>{html.escape(test.feature)}</td><td>{test.statistic:.3g}</td>"
            f"<td>{test.adjusted_p:.3g}</td><td>{html.escape(test.method)}</td></tr>"
            for test in self.tests
        )
        moved = "".join(
            f"<li>{html.escape(str(item['text'])[:200])}</li>" for item in self.moved if self.alarm
        )
        verdict = "▲ alarm" if self.alarm else "no alarm"
        return (
            f"<p><b>{verdict}</b>: {self.requests} requests at {html.escape(self.endpoint)} "
            f"against {html.escape(self.reference)}</p><table>{lines}</table><ul>{moved}</ul>"
        )


@operation(stage="monitoring")
def monitor(
    endpoint: EndpointRef,
    *,
    reference: DatasetRef,
    column: ColumnName | None = None,
    user: str = "",
    since: str = "",
    until: str = "",
    last: Annotated[int, Field(gt=0, le=2000)] = 500,
    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.01,
    permutations: Annotated[int, Field(ge=100, le=20_000)] = 1000,
    seed: int = 0,
) -> MonitorReport:
    """Test whether what an endpoint is asked still looks like a reference.

    Three features are compared: the texts' vectors by a kernel (maximum mean discrepancy) and by a
    classifier that tries to tell the two apart, and the texts' lengths. The p-values are corrected
    for looking at several features; a drift is a corrected p below alpha.

    Args:
        endpoint: Whose traffic.
        reference: Rows that the model was made for, such as its validation split.
        column: The column of the texts; by default the one whose role is input.
        user: Only requests that name this user.
        since: Only requests from this time on, as 2026-11-24T10:00:00Z.
        until: Only requests up to this time.
        last: At most so many of the newest requests, and as many rows of the reference.
        alpha: The chance of a false alarm that is accepted for this look.
        permutations: Shuffles for the p-values; they tell p down to one in so many.
        seed: Fixes which rows are drawn and how they are shuffled.

    Raises:
        NotFoundError: There is no such endpoint, or no such column.
        DataError: There are too few requests or rows to tell anything.
        UsageError: A time is none, or there are too few permutations for an alarm at alpha.

    Example:
        llmops monitor triage --reference reviews@1#validation --user web
    """
    from llmops_workbench.monitoring import drift, traffic
    from llmops_workbench.text.embeddings import embed

    needed = math.ceil(TESTS / alpha)
    if permutations < needed:
        raise UsageError(
            f"{permutations} permutations cannot show a p below {alpha:g} after the correction for "
            f"{TESTS} tests: give {needed} or more, or a larger alpha"
        )
    asked = traffic.read(endpoint, user=user, since=since, until=until, last=last)
    sent = [request.text for request in asked if request.error is None]
    # A text that is sent again, by a retry or by a thousand callers, is one observation: counted
    # often, it would look like a change of what is asked.
    texts = list(dict.fromkeys(sent))
    rows = drift.reference_texts(reference, column, last, seed)
    for count, what in (
        (len(texts), f"different requests at {endpoint}"),
        (len(rows), "reference rows"),
    ):
        if count < FEWEST:
            raise DataError(f"there are {count} {what}; {FEWEST} are needed to tell a drift")
    with context.progress("drift tests", total=TESTS) as bar:
        found = embed(texts + rows)
        vectors, base = found.vectors[: len(texts)], found.vectors[len(texts) :]
        tests, scores = drift.compare(
            vectors,
            base,
            [len(text) for text in texts],
            [len(text) for text in rows],
            permutations=permutations,
            seed=seed,
            told=bar.advance,
        )
    adjusted = drift.holm([test.p for test in tests])
    judged = [
        DriftTest(**test._asdict(), adjusted_p=p, drifted=p < alpha)
        for test, p in zip(tests, adjusted, strict=True)
    ]
    latencies = [request.latency_ms for request in asked if request.latency_ms is not None]
    alarm = any(test.drifted for test in judged)
    if alarm:
        names = ", ".join(test.feature for test in judged if test.drifted)
        context.emit("alarm", endpoint=str(endpoint), features=names)
        context.warn(f"what {endpoint} is asked has drifted from {reference}: {names}")
    return MonitorReport(
        run_id=context.current().run_id,
        endpoint=str(endpoint),
        reference=str(reference),
        alarm=alarm,
        alpha=alpha,
        requests=len(asked),
        repeated=len(sent) - len(texts),
        reference_rows=len(rows),
        tests=judged,
        moved=drift.most_moved(texts, scores),
        errors=sum(request.error is not None for request in asked),
        latency_p50_ms=drift.percentile(latencies, 50),
        latency_p95_ms=drift.percentile(latencies, 95),
        tokens=sum(request.tokens for request in asked),
        embedder=found.embedder,
        monitor=traffic.register(endpoint, reference, alpha=alpha, user=user),
        failed=sum(request.error is not None for request in asked),
    )
