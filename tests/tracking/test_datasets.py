"""A dataset version gives back the rows that it was given, and says which they are."""

import subprocess
import sys

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from llmops_workbench.core.context import activate
from llmops_workbench.core.errors import DataError, NotFoundError, UsageError
from llmops_workbench.core.events import Event
from llmops_workbench.tracking import datasets
from llmops_workbench.tracking.hashing import content_hash
from llmops_workbench.tracking.rows import combine_ids, derive_ids, id_fractions, source_identity

TABLE = pa.table(
    {
        "text": ["один", "二", "three", None, ""],
        "label": ["a", "b", "a", "b", "a"],
        "chat": [[{"role": "user", "content": "hi"}], [], None, [], []],
    }
)


@pytest.fixture(autouse=True)
def opened(workspace):
    with activate(workspace):
        yield workspace


def test_a_version_gives_its_rows_back_and_each_its_id():
    version = datasets.register("talk", TABLE)
    assert str(version.ref) == "dataset:talk@1"
    assert version.hash == content_hash(TABLE)
    back = datasets.load("talk")
    assert back.drop_columns(["__row__", "__id__"]).to_pylist() == TABLE.to_pylist()
    assert back.column("__row__").to_pylist() == [0, 1, 2, 3, 4]
    ids = back.column("__id__").to_pylist()
    assert len(set(ids)) == 5
    assert all(len(found) == 16 for found in ids)
    assert datasets.count("talk") == 5


def test_the_same_content_is_one_version_and_one_file(opened):
    first, again = datasets.register("talk", TABLE), datasets.register("talk", TABLE.to_pandas())
    assert first.ref == again.ref
    other = datasets.register("talk", TABLE.slice(1))
    assert str(other.ref) == "dataset:talk@2"
    assert len(list((opened.dot / "datasets").iterdir())) == 2


@pytest.mark.parametrize("held", [TABLE.select(["text", "label"])], ids=["arrow"])
def test_a_snapshot_is_known_by_its_hash_however_it_was_held(held, tmp_path):
    version = datasets.snapshot(held)
    assert str(version.ref) == f"dataset:@{content_hash(held)}"
    assert datasets.snapshot(held.to_pandas()).ref == version.ref
    assert datasets.snapshot(pl.DataFrame(held)).ref == version.ref
    assert datasets.snapshot(held.to_pylist()).ref == version.ref
    pl.DataFrame(held).write_parquet(tmp_path / "a.parquet")
    assert datasets.snapshot(tmp_path / "a.parquet").ref == version.ref
    assert datasets.load(str(version.ref), identity=False).equals(held)


def test_a_snapshot_stays_one_when_a_name_has_the_same_content():
    named = datasets.register("talk", TABLE)
    nameless = datasets.snapshot(TABLE)
    assert str(nameless.ref) == f"dataset:@{named.hash}"
    assert datasets.snapshot(TABLE).ref == nameless.ref
    assert datasets.load(nameless).equals(datasets.load(named))


def test_selected_rows_keep_their_ids_through_pandas():
    whole = datasets.load(datasets.register("talk", TABLE.select(["text", "label"])))
    chosen = whole.to_pandas().query("label == 'a'")
    kept = datasets.load(datasets.register("chosen", chosen, parents=["dataset:talk@1"]))
    assert kept.column("__row__").to_pylist() == [0, 2, 4]
    expected = whole.filter(pc.equal(whole["label"], "a"))
    assert kept.column("__id__").to_pylist() == expected.column("__id__").to_pylist()
    assert datasets.find("chosen").parents == ("dataset:talk@1",)


def test_splits_are_counted_and_chosen():
    names = ["train", "train", "test", "train", "test"]
    table = TABLE.append_column("__split__", pa.array(names))
    version = datasets.register("talk", table)
    assert datasets.splits(version) == {"train": 3, "test": 2}
    assert datasets.load("talk@1#test").column("text").to_pylist() == ["three", ""]
    assert datasets.load("talk", split="train", limit=2, columns=["text"]).to_pydict() == {
        "text": ["один", "二"],
        "__row__": [0, 1],
        "__id__": datasets.load("talk").column("__id__").to_pylist()[:2],
    }
    assert datasets.count("talk#test") == 2
    assert datasets.load("talk").column("__split__").to_pylist() == names
    with pytest.raises(NotFoundError, match="did you mean 'train'"):
        datasets.load("talk", split="trian")
    with pytest.raises(NotFoundError, match="did you mean 'label'"):
        datasets.load("talk", columns=["lable"])


def test_a_limit_reads_the_first_rows_and_columns_keep_their_order():
    datasets.register("big", pa.table({"a": range(200_000), "b": ["x"] * 200_000}))
    table = datasets.load("big", limit=70_000, columns=["b", "a"])
    assert table.column_names == ["b", "a", "__row__", "__id__"]
    assert table.column("a").to_pylist() == table.column("__row__").to_pylist() == [*range(70_000)]
    assert datasets.load("big", columns=[], limit=3).num_rows == 3


def test_roles_are_given_or_guessed_once():
    datasets.register("talk", TABLE.select(["text", "label"]))
    assert datasets.roles("talk") == {"input": "text", "target": "label"}
    assert datasets.roles_guessed("talk")
    version = datasets.register(
        "other", TABLE, meta={"roles": {"target": "text", "input": "label"}}
    )
    assert datasets.roles(version) == {"input": "label", "target": "text"}
    assert not datasets.roles_guessed(version)
    with pytest.raises(UsageError, match="no column 'txt'; did you mean 'text'"):
        datasets.register("bad", TABLE, meta={"roles": {"input": "txt"}})
    with pytest.raises(UsageError, match="no role 'inputs'; did you mean 'input'"):
        datasets.register("bad", TABLE, meta={"roles": {"inputs": "text"}})


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (["prompt", "completion"], {"prompt": "prompt", "completion": "completion"}),
        (["prompt", "chosen", "rejected"], dict.fromkeys(["prompt", "chosen", "rejected"], "")),
        (["Question", "answer"], {"input": "Question", "target": "answer"}),
        (["instruction", "output"], {"prompt": "instruction", "completion": "output"}),
        (["question", "response"], {"input": "question", "target": "response"}),
        (["utt"], {"input": "utt"}),
        (["one", "two"], {}),
        (["id", "text", "sentiment"], {"input": "text", "target": "sentiment", "id": "id"}),
    ],
)  # fmt: skip
def test_roles_are_guessed_from_usual_names(columns, expected):
    version = datasets.snapshot([dict.fromkeys(columns, "x")])
    assert datasets.roles(version) == {role: name or role for role, name in expected.items()}


def test_chats_are_recognised_by_their_type():
    assert datasets.roles(datasets.snapshot(TABLE.rename_columns(["t", "l", "messages"]))) == {
        "messages": "messages"
    }
    assert datasets.roles(datasets.snapshot([{"messages": "text"}])) == {"input": "messages"}


def test_a_files_bad_rows_are_kept_in_the_record_and_said(tmp_path, opened):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n3\n")
    heard: list[Event] = []
    with activate(opened, listener=heard.append):
        version = datasets.snapshot(tmp_path / "a.csv")
    assert version.meta["bad_rows"] == 1
    assert version.meta["bad_rows_listed"][0]["line"] == 3
    assert [event.data["message"] for event in heard if event.kind == "warning"] == [
        "a.csv: 1 bad row was left out; line 3: has 1 fields where the header has 2"
    ]


def test_reserved_columns_and_no_tables_are_refused():
    with pytest.raises(DataError, match="'__id__' is reserved"):
        datasets.snapshot(pd.DataFrame({"a": [1], "__id__": ["x"]}))
    with pytest.raises(DataError, match="reserved"):
        datasets.snapshot(pd.DataFrame({"a": [1], "__id__": ["x"], "__row__": [0]}))
    with pytest.raises(UsageError, match=r"a int is not a table"):
        datasets.snapshot(3)
    with pytest.raises(UsageError, match="'a' stands twice"):
        datasets.snapshot(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    with pytest.raises(NotFoundError, match=r"did you mean 'talk'"):
        datasets.register("talk", TABLE)
        datasets.load("tallk")


def test_a_damaged_table_is_said_in_one_sentence(opened):
    version = datasets.register("talk", TABLE)
    datasets.content_path(version).write_bytes(b"PAR1 nothing")
    with pytest.raises(DataError, match="is damaged or gone"):
        datasets.load("talk")


def test_an_interrupted_write_leaves_no_table(opened):
    """The process dies in the middle of the write: the name must not be there."""
    code = (
        "import os, sys; from pathlib import Path\n"
        "from llmops_workbench.tracking.storage import write_atomically\n"
        "def half(path):\n"
        "    path.write_bytes(b'half'); os._exit(9)\n"
        "write_atomically(Path(sys.argv[1]), half)\n"
    )
    target = opened.path("datasets", "x.parquet")
    assert subprocess.run([sys.executable, "-c", code, str(target)]).returncode == 9
    assert not target.exists()


def test_a_moved_workspace_gives_the_same_rows(opened, tmp_path):
    from llmops_workbench.core.workspace import Workspace

    datasets.register("talk", TABLE)
    before = datasets.load("talk")
    opened.store.engine.dispose()
    moved = opened.root.rename(tmp_path / "elsewhere")
    with activate(Workspace.find(moved)):
        assert datasets.load("talk").equals(before)


def test_ids_are_never_shared_within_a_source_a_step_or_between_sources():
    _, one = source_identity("sha256-one", 50_000)
    _, two = source_identity("sha256-two", 50_000)
    derived = derive_ids(one, "normalise {}")
    joined = combine_ids([one, two], "join")
    everything = [*one.to_pylist(), *two.to_pylist(), *derived.to_pylist(), *joined.to_pylist()]
    assert len(set(everything)) == 200_000
    assert derive_ids(one.slice(7, 9), "normalise {}").equals(derived.slice(7, 9))
    assert not derive_ids(one, "normalise {x}").equals(derived)


def test_fractions_of_ids_are_uniform_and_depend_on_the_seed():
    _, ids = source_identity("sha256-one", 50_000)
    fractions = id_fractions(ids, 7)
    # Kolmogorov-Smirnov distance; 1.63 / sqrt(n) is its 1 % point.
    ordered = sorted(fractions)
    distance = max(abs(found - k / 50_000) for k, found in enumerate(ordered))
    assert distance < 1.63 / 50_000**0.5
    assert abs(pd.Series(fractions).corr(pd.Series(id_fractions(ids, 8)))) < 0.02
    assert (id_fractions(ids.slice(5, 5), 7) == fractions[5:10]).all()
