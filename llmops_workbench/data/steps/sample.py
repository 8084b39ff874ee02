"""Keep some of the rows, drawn by their ids: the same seed draws the same rows."""

from pydantic import Field, model_validator

from llmops_workbench.data.recipes import Change, State, StepOptions, step
from llmops_workbench.tracking.rows import id_fractions
from llmops_workbench.tracking.tables import ID


class SampleOptions(StepOptions):
    """Options of `sample`: a number of `rows` or a `fraction` of them, and the `seed`."""

    shorthand = "rows"

    rows: int | None = Field(default=None, gt=0)
    fraction: float | None = Field(default=None, gt=0, le=1)
    seed: int = 0

    @model_validator(mode="after")
    def _one_of_two(self) -> "SampleOptions":
        if (self.rows is None) == (self.fraction is None):
            msg = "give either 'rows' or 'fraction'"
            raise ValueError(msg)
        return self


@step("sample", SampleOptions)
def sample(state: State, options: SampleOptions) -> Change:
    """Keep some of the rows, in their order."""
    import numpy as np
    import pyarrow as pa

    total = state.table.num_rows
    wanted = options.rows if options.rows is not None else round(total * (options.fraction or 0))
    order = np.argsort(id_fractions(state.table.column(ID), options.seed), kind="stable")
    return Change(state.table.take(pa.array(np.sort(order[:wanted]))))
