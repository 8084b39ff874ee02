import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmops_workbench.core.errors import (
    AmbiguousError,
    ConflictError,
    NotFoundError,
    UsageError,
)
from llmops_workbench.core.references import parse
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.tracking.catalogue import Catalogue


def sha(number: int) -> str:
    return f"sha256-{number:064x}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def catalogue(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Catalogue]:
    if request.param == "postgres":
        monkeypatch.setenv("LLMOPS_STORE_URL", request.getfixturevalue("postgres_url"))
    workspace = Workspace.init(tmp_path / "ws")
    yield Catalogue(workspace)
    workspace.store.close()


def test_versions_count_up_and_the_same_content_is_not_doubled(catalogue: Catalogue) -> None:
    first = catalogue.register("dataset", "home", hash=sha(1), meta={"rows": 3})
    again = catalogue.register("dataset", "home", hash=sha(1))
    second = catalogue.register("dataset", "home", hash=sha(2), parents=["dataset:home"])
    other_way = catalogue.register("dataset", "home", hash=sha(2))
    back = catalogue.register("dataset", "home", hash=sha(1))
    assert again == first
    assert [str(v.ref) for v in (first, second, other_way, back)] == [
        "dataset:home@1",
        "dataset:home@2",
        "dataset:home@3",
        "dataset:home@4",
    ]
    assert second.parents == ("dataset:home@1",)
    assert catalogue.get("dataset:home").ref == back.ref
    assert catalogue.versions("dataset", "home") == [first, second, other_way, back]


def test_a_reference_resolves_by_number_alias_hash_and_as_the_newest(catalogue: Catalogue) -> None:
    one = catalogue.register("model", "triage", hash=sha(0xA << 252), aliases=["champion"])
    two = catalogue.register("model", "triage", hash=sha(0xAB << 248))
    plain = catalogue.register("dataset", "", hash=sha(0xC << 252))
    assert catalogue.get("triage@1", "model") == one
    assert catalogue.get("model:triage@champion") == one
    assert catalogue.get("model:triage") == two
    assert catalogue.get("model:triage@sha256-ab0000") == two
    assert catalogue.get("dataset:@sha256-c00000") == plain
    assert str(plain.ref) == f"dataset:@{sha(0xC << 252)}"
    assert plain.number is None
    assert catalogue.pin("dataset:@sha256-c00000#test") == f"{plain.ref}#test"
    assert catalogue.pin("model:./folder") == "model:./folder"


def test_two_hashes_that_begin_alike_are_told_apart(catalogue: Catalogue) -> None:
    base = 0xABCDEF << 232
    catalogue.register("dataset", "a", hash=sha(base + 1))
    catalogue.register("dataset", "b", hash=sha(base + 2))
    with pytest.raises(AmbiguousError, match="more digits"):
        catalogue.get("dataset:@sha256-abcdef")
    assert catalogue.get(f"dataset:@{sha(base + 2)}").ref.name == "b"


@pytest.mark.parametrize(
    ("ref", "sentence"),
    [
        ("model:triag", r"no model is called 'triag'; did you mean 'triage'\?"),
        ("model:triage@champ", r"triage .*'champ'; did you mean 'champion'\?"),
        ("model:triage@9", "has no version 9; its versions are 1"),
        ("model:@sha256-abcdef", "no model has a content hash that begins"),
        ("run:0123456789", "there is no run '0123456789'"),
        ("prompt:x", "no prompt is called 'x'; there is none yet"),
        ("model:/a/folder", "not registered"),
    ],
)
def test_what_is_not_there_is_said_with_the_nearest(
    catalogue: Catalogue, ref: str, sentence: str
) -> None:
    catalogue.register("model", "triage", hash=sha(1), aliases=["champion"])
    with pytest.raises(NotFoundError, match=sentence):
        catalogue.get(ref)


def test_an_alias_moves_and_its_history_is_kept(catalogue: Catalogue) -> None:
    for number in (1, 2):
        catalogue.register("model", "triage", hash=sha(number))
    assert catalogue.set_alias("model", "triage", "champion", 1) is None
    assert catalogue.set_alias("model", "triage", "champion", 2, run_id="r") == 1
    assert catalogue.set_alias("model", "triage", "champion", 2) == 2
    assert catalogue.aliases("model", "triage") == {"champion": 2}
    with pytest.raises(ConflictError, match="champion"):
        catalogue.remove("model:triage@2")
    assert catalogue.delete_alias("model", "triage", "champion") == 2
    moves = [
        (move["previous"], move["version"], move["run_id"])
        for move in catalogue.alias_history("model", "triage", "champion")
    ]
    assert moves == [(None, 1, None), (1, 2, "r"), (2, None, None)]
    with pytest.raises(NotFoundError, match="champion"):
        catalogue.delete_alias("model", "triage", "champion")
    with pytest.raises(NotFoundError, match="has no version 7"):
        catalogue.set_alias("model", "triage", "champion", 7)


@pytest.mark.parametrize("alias", ["3", "v2", "latest", "sha256-abcdef", "a b", "", "a@b"])
def test_an_alias_cannot_read_like_something_else(catalogue: Catalogue, alias: str) -> None:
    with pytest.raises(UsageError, match="alias"):
        catalogue.register("model", "triage", hash=sha(1), aliases=[alias])
    with pytest.raises(NotFoundError):  # nothing was left behind
        catalogue.get("model:triage")


def test_a_removed_version_is_gone_and_its_number_is_not_given_again(catalogue: Catalogue) -> None:
    catalogue.register("dataset", "home", hash=sha(1))
    catalogue.register("dataset", "home", hash=sha(2))
    catalogue.remove("dataset:home@2")
    assert catalogue.get("dataset:home").number == 1
    assert catalogue.items("datasets")[1] == 1
    with pytest.raises(NotFoundError):
        catalogue.get("dataset:home@2")
    assert catalogue.register("dataset", "home", hash=sha(2)).number == 3


def test_pages_are_newest_first_and_searched_by_fields(catalogue: Catalogue) -> None:
    for number in range(1, 8):
        version = catalogue.register(
            "model", f"m{number % 2}", hash=sha(number), meta={"size": "big" * number, "rows": 1}
        )
        catalogue.score(version.ref, {"f1": number / 10, "em": {"value": 0.5, "lower": 0.4}}, "r")
        catalogue.tag(version.ref, "team", "a b" if number > 5 else "c")
    catalogue.set_alias("model", "m1", "prod", 2)
    catalogue.register("model", "", hash=sha(99))

    page, total = catalogue.items("models", limit=3, offset=1)
    assert total == 7
    assert [item["hash"] for item in page] == [sha(6), sha(5), sha(4)]
    assert set(page[0]) >= {"ref", "hash", "parents", "created"}

    def found(where: str) -> list[str]:
        return sorted(item["ref"] for item in catalogue.items("model", where=where)[0])

    assert found("m0") == ["model:m0@1", "model:m0@2", "model:m0@3"]
    assert found("scores.f1>0.55") == ["model:m0@3", "model:m1@4"]
    assert found("scores.f1>=0.1 scores.em=0.5 name=m1 version<2") == ["model:m1@1"]
    assert found("alias=prod") == ["model:m1@2"]
    assert len(found("alias!=prod")) == 6
    assert found("tags.team='a b'") == ["model:m0@3", "model:m1@4"]
    assert len(found("tags.nothing!=x")) == 7
    assert found("meta.size=bigbig") == ["model:m0@1"]
    assert found("100%") == []
    with pytest.raises(UsageError, match="did you mean 'version'"):
        found("verson=1")
    with pytest.raises(UsageError, match="number"):
        found("scores.f1>high")
    with pytest.raises(UsageError, match="did you mean 'models'"):
        catalogue.items("modles")


def test_a_run_is_opened_closed_found_and_opened_again(catalogue: Catalogue) -> None:
    catalogue.register("dataset", "home", hash=sha(1), aliases=["prod"])
    parent = catalogue.start_run("execute", {})
    run = catalogue.start_run(
        "tune", {"lr": 0.1}, inputs=["dataset:home@prod#train"], parent=parent, replay="llmops tune"
    )
    assert len(run) == 32
    catalogue.finish_run(run, "interrupted", metrics={"loss": 2.0})
    assert catalogue.start_run("tune", {"lr": 0.1}, run_id=run) == run
    catalogue.finish_run(
        run, "done", metrics={"acc": {"value": 0.9, "lower": 0.8}}, result={"n": 1}
    )
    found = catalogue.run(run[:8])
    assert found["state"] == "done"
    assert found["inputs"] == ["dataset:home@1#train"]
    assert found["metrics"] == {"loss": 2.0, "acc": {"value": 0.9, "lower": 0.8}}
    assert (found["parent"], found["result"], found["error"]) == (parent, {"n": 1}, None)
    assert found["ended"] >= found["started"]
    assert catalogue.get(f"run:{run}").meta == found
    page, total = catalogue.runs(where="metrics.acc>0.8 input=dataset:home@1#train state=done")
    assert (total, page[0]["ref"]) == (1, f"run:{run}")
    assert catalogue.runs(where=f"parent={parent}")[1] == 1
    assert catalogue.runs(where="arguments.lr=0.1")[1] == 1
    with pytest.raises(UsageError, match="did you mean 'done'"):
        catalogue.finish_run(run, "dine")
    with pytest.raises(NotFoundError):
        catalogue.finish_run("nobody", "done")
    catalogue.remove(f"run:{run}")
    assert catalogue.runs()[1] == 1


def test_jobs_are_kept_by_id_and_found_by_their_run(catalogue: Catalogue) -> None:
    catalogue.save_job("job-1", operation="tune", run_id="abcdef", folder="jobs/1")
    catalogue.save_job("job-1", state="running", step=3, steps=10, pid=42, eta=5)
    catalogue.save_job("other", operation="sweep", state="done")
    job = catalogue.job("abcd")
    assert (job["job"], job["state"], job["step"], job["pid"], job["eta"]) == (
        "job-1",
        "running",
        3,
        42,
        5,
    )
    assert [found["job"] for found in catalogue.jobs(states=["done"])[0]] == ["other"]
    assert catalogue.jobs()[1] == 2
    with pytest.raises(NotFoundError, match="llmops jobs"):
        catalogue.job("nothing")
    with pytest.raises(UsageError, match="operation"):
        catalogue.save_job("new", state="running")


def test_values_that_json_cannot_write_are_kept_as_what_they_mean(catalogue: Catalogue) -> None:
    import numpy as np

    meta = {"nan": float("nan"), "np": np.float32(0.5), "path": Path("a/b"), "nul": "a\x00b"}
    catalogue.register("model", "odd", hash=sha(1), meta=meta)
    kept = catalogue.get("model:odd").meta
    assert kept == {"nan": None, "np": 0.5, "path": "a/b", "nul": "a\x00b"}


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=12))
def test_numbers_follow_the_model_of_a_list(workspace: Workspace, contents: list[int]) -> None:
    catalogue = Catalogue(workspace)
    name = f"d-{uuid.uuid4()}"
    model: list[int] = []
    for content in contents:
        if not model or model[-1] != content:
            model.append(content)
        version = catalogue.register("dataset", name, hash=sha(content))
        assert (version.number, version.hash) == (len(model), sha(model[-1]))
    assert [v.hash for v in catalogue.versions("dataset", name)] == [sha(c) for c in model]
    assert all(parse(str(v.ref)) == v.ref for v in catalogue.versions("dataset", name))


def test_reading_the_catalogue_imports_nothing_heavy(workspace: Workspace) -> None:
    catalogue = Catalogue(workspace)
    catalogue.register("dataset", "home", hash=sha(1))
    catalogue.register("model", "triage", hash=sha(2), parents=["dataset:home"], aliases=["prod"])
    run = catalogue.start_run("tune", {}, inputs=["dataset:home"])
    catalogue.save_job("j", operation="tune", run_id=run)
    code = f"""
import json, sys
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.tracking.catalogue import Catalogue
c = Catalogue(Workspace.find({str(workspace.root)!r}))
answers = [c.items("models")[1], c.get("model:triage@prod").number, c.jobs()[1], c.runs()[1],
           len(c.lineage("model:triage")["nodes"]), c.names("dataset"), c.store.revision() > 0]
heavy = [m for m in ("mlflow", "pandas", "pyarrow", "numpy", "alembic", "torch", "papermill")
         if m in sys.modules]
print(json.dumps([answers, heavy]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert json.loads(done.stdout or "0") == [[1, 1, 1, 1, 2, ["home"], True], []], done.stderr
