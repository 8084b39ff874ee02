"""The single rows of an evaluation: what changed in which, read by ranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from llmops_workbench.core.errors import DataError, NotFoundError
from llmops_workbench.core.views import question
from llmops_workbench.evaluation.slices import slice_value
from llmops_workbench.scoring import kept

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from llmops_workbench.scoring.kept import Floats, Mask

    Places = NDArray[np.int64]

Outcome = Literal["up", "down", "wrong", "right", "failed"]
# In the order in which they are read: what changed, then what did not, then what cannot be told.
OUTCOMES: tuple[Outcome, ...] = ("up", "down", "wrong", "right", "failed")
_UP, _DOWN, _WRONG, _RIGHT, _FAILED = range(len(OUTCOMES))
_MEASURED = ("prompt_tokens", "new_tokens")


class Examples:
    """What an evaluation kept of every row.

    Args:
        report: The evaluation's result, as its run keeps it.
    """

    def __init__(self, report: Mapping[str, Any]) -> None:
        if not report["rows"]:
            raise NotFoundError("this evaluation kept no rows")
        self.report = report
        self.paired = bool(report["baseline"])
        self.table = kept.read_kept(report["rows"])
        self.rows = self.table.num_rows

    @cached_property
    def metrics(self) -> list[dict[str, Any]]:
        """What the rows were scored by, the first one first."""
        return [kept.metric_facts(name) for name in self.report["metrics"]]

    @cached_property
    def inputs(self) -> list[str]:
        """The columns of the data that the prompt shows."""
        from llmops_workbench.core.references import parse
        from llmops_workbench.evaluation.used_rows import asked_columns

        try:
            found = asked_columns(self.report["prompt"], parse(self.report["data"], "dataset"))
        except NotFoundError:
            return []
        return [name for name in found if name != self.report["target"]]

    @cached_property
    def source(self) -> pa.ChunkedArray | None:
        """What was asked about, a text a row; None when the data is removed."""
        return kept.source_texts(self.report["data"], self.inputs, self.rows)

    @cached_property
    def expected(self) -> pa.ChunkedArray:
        """The right answer of each row."""
        return kept.texts(self.table.column("expected"))

    def said(self, metric: str, prefix: str = "") -> pa.ChunkedArray:
        """Give the answers that a metric read."""
        return self.table.column(kept.read_column(self.table, metric, prefix))

    def outcomes(self, metric: str) -> NDArray[np.int8]:
        """Tell what became of each row, as a place in `OUTCOMES`.

        With a baseline: `up` and `down` for a score that rose or fell towards the metric's best
        (a wrong answer that is right now, and the other way round), `wrong` and `right` for one
        that stayed. Without: `wrong` and `right` alone. `failed` has no score.
        """
        import numpy as np

        facts = self._facts(metric)
        own = kept.floats(self.table, metric)
        right = kept.at_best(own, facts)
        found = np.where(right, _RIGHT, _WRONG).astype(np.int8)
        if self.paired:
            change = self._gain(metric)
            found[change > 0] = _UP
            found[change < 0] = _DOWN
            own = own + kept.floats(self.table, f"baseline_{metric}")
        found[np.isnan(own)] = _FAILED
        return found

    def slice_of(self, column: str) -> list[str]:
        """Give the part that each row is in.

        Raises:
            NotFoundError: The data is removed, or has no such column.
        """
        from llmops_workbench.tracking import datasets

        table = datasets.load(
            self.report["data"], columns=[column], limit=self.rows, identity=False
        )
        return [slice_value(value) for value in table.column(column).to_pylist()]

    def found(self, search: str = "", part: tuple[str, str] | None = None) -> Mask:
        """Tell which rows hold some words and are in a part of the data."""
        import numpy as np

        mask = np.ones(self.rows, bool)
        if part is not None:
            mask &= np.array([value == part[1] for value in self.slice_of(part[0])], bool)
        question().check()
        if search:
            names = ("answer", "choice", "baseline_answer", "baseline_choice")
            said = [self.table.column(name) for name in names if name in self.table.column_names]
            source = [] if self.source is None else [self.source]
            mask &= kept.matches([*source, self.expected, *said], search)
        return mask

    def counts(
        self, metric: str, search: str = "", part: tuple[str, str] | None = None
    ) -> dict[str, int]:
        """Count the rows of each outcome."""
        outcomes = self.outcomes(metric)[self.found(search, part)]
        return {name: int((outcomes == at).sum()) for at, name in enumerate(OUTCOMES)}

    def order(
        self,
        metric: str,
        outcomes: Sequence[Outcome] = (),
        search: str = "",
        part: tuple[str, str] | None = None,
        sort: str = "change",
        descending: bool = False,
    ) -> Places:
        """Say which rows are shown, and in which order.

        Args:
            metric: What outcomes and scores are by.
            outcomes: Only these; all when empty.
            search: Words that must stand in the row.
            part: A column and the value that the row must have there.
            sort: `change` (by outcome, the largest change first), `row`, `score` or
                `baseline_score`.
            descending: The other way round; what has no score is last either way.

        Returns:
            Places in the order of the data.
        """
        import numpy as np

        codes, mask = self.outcomes(metric), self.found(search, part)
        if outcomes:
            mask &= np.isin(codes, [OUTCOMES.index(name) for name in outcomes])
        places: Places = np.flatnonzero(mask)
        if sort == "row":
            return places[::-1] if descending else places
        if sort == "change":
            size = np.abs(np.nan_to_num(self._gain(metric))) if self.paired else np.zeros(self.rows)
            sign = 1.0 if self._facts(metric)["higher"] else -1.0
            score = np.nan_to_num(sign * kept.floats(self.table, metric))
            order = np.lexsort((places, score[places], -size[places], codes[places]))
            return places[order[::-1] if descending else order]
        name = f"baseline_{metric}" if sort == "baseline_score" else metric
        return places[kept.by_value(kept.floats(self.table, name)[places], descending)]

    def range(self, places: Places, metric: str) -> pa.Table:
        """Give some rows, each text only as far as a line can show it.

        Returns:
            `place`, `row`, `outcome`, `text`, `expected`, `answer`, `error`, `score`, and with a
            baseline `base`, `base_error`, `base_score`.
        """
        import pyarrow as pa

        rows = pa.array(places)
        nothing = pa.nulls(len(places), pa.string())
        columns: dict[str, Any] = {
            "place": pa.array(places, pa.int32()),
            "row": kept.row_numbers(self.table).take(rows).cast(pa.float64()),
            "outcome": pa.array(self.outcomes(metric)[places], pa.int8()),
            "text": nothing if self.source is None else kept.shortened(self.source, rows),
            "expected": kept.shortened(self.expected, rows),
        }
        sides = (("", "", "answer"), ("baseline_", "base_", "base")) if self.paired else (_OWN,)
        for prefix, short, name in sides:
            question().check()
            columns[name] = kept.shortened(self.said(metric, prefix), rows)
            columns[f"{short}error"] = kept.shortened(self.table.column(f"{prefix}error"), rows)
            values = kept.floats(self.table, f"{prefix}{metric}")[places]
            columns[f"{short}score"] = pa.array(values, pa.float64(), from_pandas=True)
        return pa.table(columns)

    def detail(self, place: int, longest: int = kept.DETAILED) -> dict[str, Any]:
        """Give all that is kept of one row.

        Raises:
            NotFoundError: There is no such row.
        """
        if not 0 <= place < self.rows:
            raise NotFoundError(f"this evaluation has no row {place}")
        line = kept.read_row(self.report["rows"], place)
        source = None if self.source is None else self.source[place].as_py()
        sent = line.get("sent")
        return {
            "place": place,
            "row": line.get("row"),
            "row_id": line["row_id"],
            "text": kept.detailed(source, longest),
            "expected": kept.detailed(line["expected"], longest),
            "model": {"sent": kept.detailed_turns(sent, longest), **self._side(line, "", longest)},
            "baseline": {
                "sent": kept.detailed_turns(line.get("baseline_sent", sent), longest),
                **self._side(line, "baseline_", longest),
            }
            if self.paired
            else None,
        }

    def _side(self, line: Mapping[str, Any], prefix: str, longest: int) -> dict[str, Any]:
        return {
            **{
                name: kept.detailed(line.get(f"{prefix}{name}"), longest)
                for name in ("answer", "choice", "error")
            },
            "scores": {
                facts["name"]: line.get(f"{prefix}{facts['name']}") for facts in self.metrics
            },
            **{name: line.get(f"{prefix}{name}") for name in _MEASURED},
        }

    def _gain(self, metric: str) -> Floats:
        """How much nearer to the best each row came; NaN where one of the two has no score."""
        own, base = (kept.floats(self.table, f"{prefix}{metric}") for prefix in ("", "baseline_"))
        return own - base if self._facts(metric)["higher"] else base - own

    def _facts(self, metric: str) -> dict[str, Any]:
        for facts in self.metrics:
            if facts["name"] == metric:
                return facts
        raise DataError(f"'{metric}' is not among the metrics of this evaluation")


_OWN = ("", "", "answer")
