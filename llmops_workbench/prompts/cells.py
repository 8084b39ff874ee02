"""The answers of a comparison as a grid: a line a row, a place a variant, read by ranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from llmops_workbench.core.errors import NotFoundError
from llmops_workbench.core.views import question
from llmops_workbench.scoring import kept
from llmops_workbench.scoring.asking import LIKELIHOOD

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from llmops_workbench.scoring.kept import Floats, Mask

    Places = NDArray[np.int64]

Show = Literal["all", "failures", "errors", "different"]


class Cells:
    """What a comparison kept, without asking anything again.

    Args:
        report: The comparison's result, as its run keeps it.
    """

    def __init__(self, report: Mapping[str, Any]) -> None:
        self.report = report
        self.rows = int(report["n"])
        self.variants = len(report["columns"])
        self.table = kept.read_kept(report["cells"])
        if self.table.num_rows != self.rows * self.variants:
            raise NotFoundError(
                f"{report['cells']} has {self.table.num_rows} answers, not {self.rows} for each of "
                f"{self.variants} variants: it is not the table of this comparison"
            )

    @cached_property
    def metrics(self) -> list[dict[str, Any]]:
        """What the answers were scored by, the first one first."""
        names = dict.fromkeys(
            name for column in self.report["columns"] for name in column["metrics"]
        )
        return [kept.metric_facts(name) for name in names]

    @cached_property
    def inputs(self) -> list[str]:
        """The columns of the data that any of the prompts shows."""
        return shown_columns([column["prompt"] for column in self.report["columns"]])

    @cached_property
    def source(self) -> pa.ChunkedArray | None:
        """What was asked about, a text a row; None when the data is removed."""
        return kept.source_texts(self.report["data"], self.inputs, self.rows)

    @cached_property
    def expected(self) -> pa.ChunkedArray:
        """The right answer of each row."""
        return kept.texts(self._of("expected", 0))

    @cached_property
    def said(self) -> list[pa.ChunkedArray]:
        """The answers of each variant: what it wrote, or chose where it wrote nothing."""
        name = kept.read_column(self.table, "")
        return [self._of(name, number) for number in range(self.variants)]

    def scores(self, metric: str) -> Floats:
        """Give the scores by one metric, a line a variant."""
        return kept.floats(self.table, metric).reshape(self.variants, self.rows)

    @cached_property
    def errors(self) -> Mask:
        """Which cells failed, a line a variant."""
        import numpy as np

        valid = self.table.column("error").is_valid().to_numpy()
        return np.asarray(valid, bool).reshape(self.variants, self.rows)

    @cached_property
    def different(self) -> Mask:
        """In which rows the variants do not all say the same."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        joined = pa.chunked_array([chunk for column in self.said for chunk in column.chunks])
        plain = pc.utf8_trim_whitespace(pc.fill_null(joined, ""))
        codes = plain.combine_chunks().dictionary_encode().indices.to_numpy()
        lines = np.asarray(codes).reshape(self.variants, self.rows)
        return np.asarray((lines != lines[0]).any(axis=0), bool)

    def failures(self, metric: str) -> Mask:
        """In which rows at least one variant has a score below the best."""
        import numpy as np

        scores, facts = self.scores(metric), self._facts(metric)
        if facts is None:
            return np.zeros(self.rows, bool)
        wrong = ~np.isnan(scores) & ~kept.at_best(scores, facts)
        return np.asarray(wrong.any(axis=0), bool)

    def found(self, search: str) -> Mask:
        """In which rows the question, the right answer or any answer holds some words."""
        import numpy as np

        if not search:
            return np.ones(self.rows, bool)
        source = [] if self.source is None else [self.source]
        return kept.matches([*source, self.expected, *self.said], search)

    def counts(self, metric: str, search: str = "", starred: Sequence[int] = ()) -> dict[str, int]:
        """Count the rows that each choice of `show` would leave, and the starred ones."""
        found = self.found(search)
        masks = {
            "all": found,
            "failures": found & self.failures(metric),
            "errors": found & self.errors.any(axis=0),
            "different": found & self.different,
            "starred": found & self._only(starred),
        }
        return {name: int(mask.sum()) for name, mask in masks.items()}

    def order(
        self,
        metric: str,
        show: Show = "all",
        search: str = "",
        sort: str = "row",
        descending: bool = False,
        only: Sequence[int] | None = None,
    ) -> Places:
        """Say which rows are shown, and in which order.

        Args:
            metric: What "failures" and the scores of the order are by.
            show: `all`, `failures` (at least one answer below the best), `errors` (at least one
                that failed), `different` (answers that are not all the same).
            search: Words that must stand in the row.
            sort: `row`, `score` (the mean of all variants), `change` (the largest difference to
                the first variant), or the number of a variant for its own score.
            descending: Whether the highest comes first; what has no score is last either way.
            only: Places of rows, such as the starred ones.

        Returns:
            Places in the order of the data.
        """
        import numpy as np

        mask = self.found(search)
        question().check()
        if show == "failures":
            mask &= self.failures(metric)
        elif show == "errors":
            mask &= self.errors.any(axis=0)
        elif show == "different":
            mask &= self.different
        if only is not None:
            mask &= self._only(only)
        places: Places = np.flatnonzero(mask)
        if sort == "row":
            return places[::-1] if descending else places
        return places[kept.by_value(self._ranked(metric, sort)[places], descending)]

    def _only(self, places: Sequence[int]) -> Mask:
        import numpy as np

        chosen = np.zeros(self.rows, bool)
        chosen[[place for place in places if 0 <= place < self.rows]] = True
        return chosen

    def _ranked(self, metric: str, sort: str) -> Floats:
        import warnings

        import numpy as np

        scores = self.scores(metric)
        if sort.isdecimal() and int(sort) < self.variants:
            one: Floats = scores[int(sort)]
            return one
        with warnings.catch_warnings():
            # A row that nobody answered has no mean; it stays without one.
            warnings.simplefilter("ignore", RuntimeWarning)
            if sort == "change":
                return np.asarray(np.nanmax(np.abs(scores - scores[0]), axis=0), np.float64)
            return np.asarray(np.nanmean(scores, axis=0), np.float64)

    def range(self, places: Places) -> pa.Table:
        """Give some rows, each text only as far as a cell can show it.

        Returns:
            `place`, `row`, `text`, `expected`; of each variant N its answer `aN`, choice `cN`,
            error `eN`, and its score `sN_M` by each metric M.
        """
        import pyarrow as pa

        rows = pa.array(places)
        nothing = pa.nulls(len(places), pa.string())
        columns: dict[str, Any] = {
            "place": pa.array(places, pa.int32()),
            "row": kept.row_numbers(self.table).take(rows).cast(pa.float64()),
            "text": nothing if self.source is None else kept.shortened(self.source, rows),
            "expected": kept.shortened(self.expected, rows),
        }
        both = kept.read_column(self.table, LIKELIHOOD) != kept.read_column(self.table, "")
        for number in range(self.variants):
            question().check()
            columns[f"a{number}"] = kept.shortened(self.said[number], rows)
            if both:
                columns[f"c{number}"] = kept.shortened(self._of("choice", number), rows)
            columns[f"e{number}"] = kept.shortened(self._of("error", number), rows)
            for at, facts in enumerate(self.metrics):
                values = self.scores(facts["name"])[number][places]
                columns[f"s{number}_{at}"] = pa.array(values, pa.float64(), from_pandas=True)
        return pa.table(columns)

    def detail(self, place: int, variant: int, longest: int = kept.DETAILED) -> dict[str, Any]:
        """Give all that is kept of one cell.

        Raises:
            NotFoundError: There is no such cell.
        """
        if not (0 <= place < self.rows and 0 <= variant < self.variants):
            raise NotFoundError(f"the grid has no row {place} of variant {variant}")
        line = kept.read_row(self.report["cells"], variant * self.rows + place)
        source = None if self.source is None else self.source[place].as_py()
        return {
            "place": place,
            "variant": variant,
            "row": line.get("row"),
            "row_id": line["row_id"],
            "id": self.table.column("__id__")[variant * self.rows + place].as_py(),
            "text": kept.detailed(source, longest),
            "sent": kept.detailed_turns(line.get("sent"), longest),
            "answer": kept.detailed(line["answer"], longest),
            "choice": kept.detailed(line["choice"], longest),
            "expected": kept.detailed(line["expected"], longest),
            "error": kept.detailed(line["error"], longest),
            "scores": {facts["name"]: line.get(facts["name"]) for facts in self.metrics},
            **{name: line.get(name) for name in _MEASURED},
        }

    def answers(self, variant: int) -> dict[str, str | None]:
        """Give one variant's answers by the id of the row."""
        ids = self._of("row_id", variant).to_pylist()
        return dict(zip(ids, self.said[variant].to_pylist(), strict=True))

    def _of(self, name: str, variant: int) -> pa.ChunkedArray:
        return self.table.column(name).slice(variant * self.rows, self.rows)

    def _facts(self, metric: str) -> dict[str, Any] | None:
        return next((facts for facts in self.metrics if facts["name"] == metric), None)


_MEASURED = ("prompt_tokens", "new_tokens", "seconds", "cached")


def shown_columns(prompts: Sequence[str]) -> list[str]:
    """Name what prompts show of a row, in the order of their first use."""
    from llmops_workbench.tracking import prompts as kept_prompts

    names: dict[str, None] = {}
    for ref in dict.fromkeys(prompts):
        try:
            names |= dict.fromkeys(kept_prompts.load(ref).variables)
        except NotFoundError:
            continue
    return list(names)
