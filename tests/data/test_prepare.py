"""What a recipe makes of rows, held against plain Python and brute force."""

import math
import random
import re
import unicodedata
from collections import Counter

import pyarrow as pa
import pytest

from llmops_workbench.core.context import activate
from llmops_workbench.core.errors import DataError, NotFoundError, UsageError
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.data.prepare import prepare as prepare_operation
from llmops_workbench.execution.invoke import invoke
from llmops_workbench.text.words import words
from llmops_workbench.tracking import datasets
from llmops_workbench.tracking.catalogue import catalogue

VOCABULARY = "alpha beta gamma delta один два три 日本 語 ไทย café naïve x1 y2 z3 long".split()  # noqa: SIM905


@pytest.fixture(autouse=True)
def opened(workspace):
    with activate(workspace):
        yield workspace


def prepare(source, recipe, name="made"):
    version = datasets.snapshot(source)
    return prepare_operation(version.ref, recipe=f"steps:\n{recipe}", name=name)


def made(columns=None, name="made"):
    return datasets.load(name, columns=columns, identity=False).to_pydict()


def texts(count, seed=0):
    dice = random.Random(seed)
    found = [" ".join(dice.choices(VOCABULARY, k=dice.randint(1, 12))) for _ in range(count)]
    for row in dice.sample(range(1, count), count // 4):
        copy = found[dice.randrange(row)].split()
        copy[dice.randrange(len(copy))] = dice.choice(VOCABULARY)
        found[row] = " ".join(copy)
    return found


def jaccard(left, right, n):
    def grams(text):
        found = words(text)
        return {tuple(found[k : k + n]) for k in range(len(found) - n + 1)}

    one, two = grams(left), grams(right)
    return len(one & two) / len(one | two) if one and two else 0.0


def test_columns_are_selected_dropped_renamed_and_roles_follow():
    rows = [{"a": 1, "text": "x", "label": "y", "b": 2}]
    report = prepare(rows, "- drop: b\n- rename: {text: review}\n- select: [review, label]\n")
    assert made() == {"review": ["x"], "label": ["y"]}
    assert report.roles == {"input": "review", "target": "label"}
    with pytest.raises(UsageError, match=r"step 1 \(drop\): .*'c'"):
        prepare(rows, "- drop: c")
    with pytest.raises(UsageError, match=r"step 1 \(rename\): the name 'text' is taken"):
        prepare(rows, "- rename: {a: text}")
    with pytest.raises(UsageError, match="did you mean 'label'"):
        prepare(rows, "- select: [lable]")


def test_filter_keeps_rows_in_order_and_nulls_out():
    rows = [{"t": "a" * n if n % 3 else None, "n": n} for n in range(30)]
    report = prepare(rows, '- filter: "length(t) > 4 AND n <> 10"')
    assert made()["n"] == [n for n in range(30) if n % 3 and n > 4 and n != 10]
    assert (report.rows_in, report.rows_out) == (30, len(made()["n"]))
    assert datasets.load("made").column("__row__").to_pylist() == made()["n"]


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ("tt = 'a'", "no column 'tt'; did you mean 't'"),
        ("t in (select content from read_text('/etc/hostname'))", "reads files"),
        ("exists(select 1 from '/etc/hostname')", "does not work"),
        ("n in (select 1 from read_csv('https://x.test/a.csv'))", "reads files|does not work"),
        ("1=1; COPY t TO '/tmp/x'", "does not work"),
        ("1=1) UNION SELECT 1 --", "does not work"),
        ("random() < 0.5", "uses random, which gives another answer"),
        ("now() > '2020-01-01'::timestamp", "uses now"),
        ("n < current_date - date '2020-01-01'", "uses current_date"),
        ("t::integer > 3", "does not work: Could not convert"),
        ("getenv('HOME') = t", "does not work"),
        ("set_config('x', 'y')", "does not work"),
        ("", "does not work"),
    ],
)  # fmt: skip
def test_a_filter_reads_nothing_but_its_rows(where, sentence):
    with pytest.raises(UsageError, match=sentence):
        prepare([{"t": "a", "n": 1}], f"- filter: {{where: {where!r}}}".replace("\\'", "''"))


def test_a_word_in_a_literal_is_no_function():
    prepare([{"t": "random() now() "}, {"t": "b"}], "- filter: \"contains(t, 'random() now()')\"")
    assert made() == {"t": ["random() now() "]}


def test_cast_says_what_cannot_be_converted():
    rows = [{"n": "1", "x": 1.0}, {"n": " 2", "x": 2.0}, {"n": "1.5", "x": None}]
    with pytest.raises(DataError, match=r"1 values of 'n' have no form as integer.*'1.5' in row 2"):
        prepare(rows, "- cast: {columns: {n: integer}}")
    report = prepare(rows, "- cast: {columns: {n: integer, x: integer}, errors: missing}")
    assert made() == {"n": [1, 2, None], "x": [1, 2, None]}
    assert report.steps[0].detail == {"became_missing": {"n": 1}}
    prepare(rows, "- cast: {columns: {n: number, x: text}}")
    assert made()["n"] == [1.0, 2.0, 1.5]
    with pytest.raises(DataError, match="no form as boolean"):
        prepare(rows, "- cast: {columns: {n: boolean}}")


def test_normalise_against_unicodedata():
    raw = ["  e\u0301té\u00a0 ", "ﬁne\x00\x07", "", None, "plain", "\ufeffA  B"]
    report = prepare([{"t": t} for t in raw], "- normalise: {column: t}")
    expected = [unicodedata.normalize("NFC", t).strip() if t is not None else None for t in raw]
    expected[1], expected[5] = "ﬁne", "A  B"
    assert made()["t"] == expected
    assert report.steps[0].changed == sum(a != b for a, b in zip(raw, expected, strict=True))
    recipe = "- normalise: {column: t, unicode: NFKC, whitespace: collapse, case: fold}"
    prepare([{"t": "ﬁNE  ẞ\n\tx"}], recipe)
    assert made()["t"] == ["fine ss x"]


def test_only_changed_rows_get_a_new_id_and_keep_their_number():
    rows = [{"t": " a"}, {"t": "b"}, {"t": "c "}]
    before = datasets.load(datasets.snapshot(rows)).column("__id__").to_pylist()
    prepare(rows, "- normalise: t")
    table = datasets.load("made")
    after = table.column("__id__").to_pylist()
    assert [old == new for old, new in zip(before, after, strict=True)] == [False, True, False]
    assert len({*before, *after}) == 5
    assert table.column("__row__").to_pylist() == [0, 1, 2]


@pytest.mark.parametrize("shingle", [1, 2])
@pytest.mark.parametrize("threshold", [0.5, 0.7, 1.0])
def test_dedup_near_against_brute_force(threshold, shingle):
    raw = [*texts(120), "", "", None, "...", "..."]
    raw += [raw[3], raw[5].upper()]
    kept = []
    for row, text in enumerate(raw):
        near = (jaccard(text or "", raw[k] or "", shingle) for k in kept)
        if not any(value >= threshold - 1e-12 for value in near):
            kept.append(row)
    recipe = f"- dedup_near: {{column: t, threshold: {threshold}, shingle: {shingle}}}"
    report = prepare([{"t": text} for text in raw], recipe)
    assert datasets.load("made").column("__row__").to_pylist() == kept
    assert 0 < report.rows_out < len(raw)


def test_dedup_exact_by_text_by_columns_and_by_whole_rows():
    rows = [
        {"t": "a", "n": 1, "m": [1]},
        {"t": "a", "n": 2, "m": [1]},
        {"t": "A ", "n": 1, "m": [1]},
        {"t": "a", "n": 1, "m": [1]},
        {"t": None, "n": None, "m": None},
        {"t": None, "n": None, "m": None},
    ]

    def kept(recipe):
        prepare(rows, recipe)
        return datasets.load("made").column("__row__").to_pylist()

    assert kept("- dedup_exact: {column: t}") == [0, 2, 4]
    assert kept("- dedup_exact: {column: t, ignore: casefold}") == [0, 4]
    assert kept("- dedup_exact") == [0, 1, 2, 4]
    assert kept("- dedup_exact: {columns: [n, m]}") == [0, 1, 4]


def test_redact_pii_counts_what_it_finds():
    rows = [{"t": "write to ann@example.org or bob@example.org"}, {"t": "nothing"}, {"t": None}]
    report = prepare(rows, "- redact_pii: t")
    assert made()["t"] == ["write to [EMAIL] or [EMAIL]", "nothing", None]
    assert report.steps[0].model_dump()["changed"] == 1
    assert report.steps[0].detail == {"finds": {"email": 2}}
    kept = catalogue().get("dataset:made")
    assert "ann@example" not in str(kept.meta)


def test_decontaminate_takes_out_what_stands_in_the_other_set():
    test = "one two three four five six seven eight nine ten"
    datasets.register("held", [{"q": test, "label": "x"}, {"q": "short one", "label": "y"}])
    rows = [
        {"text": "before " + test.upper() + " after"},
        {"text": "one two three four five six seven"},
        {"text": "short, one"},
        {"text": "unrelated words"},
    ]
    recipe = "- decontaminate: {against: held, column: text, against_column: q}"
    report = prepare(rows, recipe)
    assert datasets.load("made").column("__row__").to_pylist() == [1, 3]
    assert report.steps[0].detail["against"] == "dataset:held@1"
    assert "dataset:held@1" in catalogue().get("dataset:made").parents
    with pytest.raises(NotFoundError, match=r"step 1 \(decontaminate\): .*did you mean 'held'"):
        prepare(rows, "- decontaminate: {against: hled, column: text}")


def test_map_values_names_labels():
    rows = [{"y": 0}, {"y": 1}, {"y": 2}, {"y": None}]
    report = prepare(rows, "- map_values: {column: y, values: {0: bad, 1: good}, other: drop}")
    assert made() == {"y": ["bad", "good", None]}
    assert (report.steps[0].changed, report.steps[0].detail) == (2, {"other": 1})
    prepare(rows, "- map_values: {column: y, values: {0: 5}, other: missing}")
    assert made() == {"y": [5, None, None, None]}
    with pytest.raises(DataError, match=r"1 values of 'y'.*the first is 2"):
        prepare(rows, "- map_values: {column: y, values: {0: a, 1: b}, other: fail}")


def test_a_sample_is_drawn_by_id():
    rows = [{"n": n} for n in range(500)]
    prepare(rows, "- sample: {rows: 100, seed: 3}")
    first = made()["n"]
    prepare(rows, "- sample: {fraction: 0.2, seed: 3}")
    assert made()["n"] == first == sorted(first)
    assert len(first) == 100
    prepare(rows, "- sample: {rows: 100, seed: 4}")
    assert made()["n"] != first
    # Row by row, half of a sample of twice the size is what a smaller sample of the seed holds.
    prepare(rows, "- sample: {rows: 200, seed: 3}")
    assert set(first) < set(made()["n"])


def test_splits_have_their_parts_and_every_row_one_place():
    rows = [{"text": t, "label": "ab"[n % 2]} for n, t in enumerate(texts(1000))]
    report = prepare(rows, "- split: {train: 0.7, validation: 0.1, test: 0.2, seed: 7}")
    assert report.splits == {"train": 700, "validation": 100, "test": 200}
    assert datasets.splits("made") == report.splits
    first = datasets.load("made").column("__split__").to_pylist()
    prepare(rows, "- split: {train: 0.7, validation: 0.1, test: 0.2, seed: 7}")
    assert datasets.load("made").column("__split__").to_pylist() == first
    prepare(rows, "- split: {train: 0.7, validation: 0.1, test: 0.2, seed: 8}")
    other = datasets.load("made").column("__split__").to_pylist()
    same = sum(a == b for a, b in zip(first, other, strict=True)) / 1000
    assert same == pytest.approx(0.7**2 + 0.1**2 + 0.2**2, abs=0.06)


def test_a_stratified_split_keeps_proportions():
    dice = random.Random(5)
    labels = [dice.choices("abcd", [0.6, 0.3, 0.08, 0.02])[0] for _ in range(2000)]
    rows = [{"text": str(n), "label": label} for n, label in enumerate(labels)]
    prepare(rows, "- split: {train: 0.75, test: 0.25, seed: 1, stratify: label}")
    table = datasets.load("made").to_pydict()
    total = Counter(labels)
    counted = Counter(zip(table["label"], table["__split__"], strict=True))
    for label, count in total.items():
        assert abs(counted[label, "train"] - 0.75 * count) <= 1


def test_a_grouped_split_keeps_groups_together_and_parts_nearly():
    dice = random.Random(6)
    rows = [{"user": dice.randrange(80) if n % 20 else None, "n": n} for n in range(1500)]
    report = prepare(rows, "- split: {train: 0.8, test: 0.2, seed: 1, group: user}")
    table = datasets.load("made").to_pydict()
    sides = {}
    for user, side in zip(table["user"], table["__split__"], strict=True):
        if user is not None:
            assert sides.setdefault(user, side) == side
    assert abs(report.splits["test"] - 300) < 40
    alone = [s for u, s in zip(table["user"], table["__split__"], strict=True) if u is None]
    assert set(alone) == {"train", "test"}


def test_near_duplicates_stay_on_one_side_through_chains():
    raw = texts(150, seed=3)
    prepare([{"t": t} for t in raw], "- split: {a: 0.5, b: 0.5, seed: 2, near: {column: t}}")
    sides = datasets.load("made").column("__split__").to_pylist()
    for one in range(len(raw)):
        for two in range(one):
            if jaccard(raw[one], raw[two], 1) >= 0.7:
                assert sides[one] == sides[two]
    assert set(sides) == {"a", "b"}


def test_an_empty_split_and_an_empty_result_are_errors():
    with pytest.raises(DataError, match="the split 'test' would be empty with 2 rows"):
        prepare([{"t": "a"}, {"t": "b"}], "- split: {train: 0.9, test: 0.1}")
    with pytest.raises(DataError, match=r"step 2 \(filter\) left no row of 2"):
        prepare([{"t": "a"}, {"t": "b"}], "- normalise: t\n- filter: \"t = 'c'\"")


def test_roles_are_recorded_and_a_changed_recipe_is_a_new_version():
    rows = [{"a": "x", "b": "y"}]
    one = prepare(rows, "- roles: {input: a, target: b}")
    two = prepare(rows, "- roles: {input: b, target: a}")
    assert one.hash == two.hash
    assert (datasets.roles(one.ref), datasets.roles(two.ref)) == (
        {"input": "a", "target": "b"},
        {"input": "b", "target": "a"},
    )
    assert not datasets.roles_guessed(two.ref)
    with pytest.raises(UsageError, match=r"step 1 \(roles\): .*did you mean 'input'"):
        prepare(rows, "- roles: {inptu: a}")


RECIPE = """\
- normalise: {column: text, whitespace: collapse}
- filter: "length(text) > 3"
- dedup_exact: {column: text}
- dedup_near: {column: text, threshold: 0.8}
- redact_pii: {column: text}
- split: {train: 0.8, test: 0.2, seed: 7, stratify: label}
- roles: {input: text, target: label}
"""


def test_a_replay_gives_the_same_hash_in_another_workspace(tmp_path, opened):
    rows = [{"text": t, "label": "ab"[n % 2]} for n, t in enumerate(texts(300))]
    first = prepare(rows, RECIPE)
    ids = datasets.load("made").column("__id__")
    again = prepare(rows, RECIPE + "# a comment changes nothing\n")
    assert (first.ref, first.digest()) == (again.ref, again.digest())
    other = Workspace.init(tmp_path / "other")
    with activate(other):
        replayed = prepare(pa.Table.from_pylist(rows), RECIPE, "elsewhere")
        assert replayed.hash == first.hash
        assert datasets.load("elsewhere").column("__id__").equals(ids)
    other.store.engine.dispose()
    version = catalogue().get(first.ref)
    assert version.meta["recipe"] == f"steps:\n{RECIPE}"
    assert [step["rows_out"] for step in version.meta["steps"]] == [
        step.rows_out for step in first.steps
    ]
    assert first.recipe in version.parents
    assert all(step.rows_in >= step.rows_out for step in first.steps)
    assert first.steps[-1].rows_out == first.rows_out == sum(first.splits.values())


def test_the_call_by_name_is_recorded_and_its_report_a_picture(tmp_path, opened):
    (tmp_path / "a.csv").write_text("text,n\n<b>hi</b>,1\nyou,2\nragged\n", encoding="utf-8")
    (tmp_path / "r.yaml").write_text("steps: [{dedup_exact: text}]", encoding="utf-8")
    arguments = {"recipe": str(tmp_path / "r.yaml"), "name": "made"}
    report = invoke("prepare", {"source": str(tmp_path / "a.csv"), **arguments}, workspace=opened)
    assert (report.failed, report.rows_in) == (1, 2)
    assert catalogue().get("dataset:made").run_id == report.run_id
    assert report.to_frame()["rows_out"].tolist() == [2]
    page = report._repr_html_()
    assert "<svg" in page
    assert "<script" not in page


def test_chats_are_compared_by_what_is_said():
    def chat(*said):
        return {"messages": [{"role": "user", "content": text} for text in said]}

    rows = [chat("hello there", "how are you"), chat("hello there how are you"), chat("other")]
    prepare(rows, "- dedup_near: {column: messages, threshold: 0.9}")
    assert datasets.load("made").column("__row__").to_pylist() == [0, 2]


def test_a_long_way_through_hostile_text_keeps_every_row():
    rows = [{"t": t} for t in ("'; DROP TABLE x; --", '"quoted"', "\u202eevil", "a\\b", "$x {{y}}")]
    prepare(rows, "- filter: \"t <> ''\"\n- dedup_exact: t\n- dedup_near: t\n- sample: 5")
    assert made()["t"] == [row["t"] for row in rows]


def test_stratum_offsets_do_not_favour_a_side():
    """Many strata of one row: each side gets its part of them, not all or none."""
    rows = [{"label": f"l{n}"} for n in range(1000)]
    report = prepare(rows, "- split: {train: 0.8, test: 0.2, stratify: label}")
    deviation = math.sqrt(1000 * 0.8 * 0.2)
    assert abs(report.splits["test"] - 200) < 4 * deviation
    assert re.fullmatch(r"dataset:made@\d+", report.ref)
