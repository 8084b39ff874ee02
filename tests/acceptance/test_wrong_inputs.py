"""What a user gets wrong ends with one sentence and exit code 2; the good rows go on."""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path

import pytest

from tests.acceptance.conftest import Llmops, refused

PROMPT = ("--prompt", "Good? {{text}}")
ASKED = ("evaluate", "--model", "tiny", "--data", "reviews", "--limit", "4", *PROMPT)
TUNED = ("tune", "--model", "tiny", "--data", "reviews", "--name", "x", *PROMPT)
STEP = "steps:\n- dedup_exact: "


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["tunee"], ["no verb is called 'tunee'", "did you mean 'tune'"]),
        (["--jsn"], ["no flag --jsn", "llmops --help"]),
        (["explore", "reviews", "--colum", "text"], ["no flag --colum", "did you mean --column"]),
        (["evaluate", "--model", "tiny"], ["evaluate needs data", "--help"]),
        (["explore", "reviews", "--column", "txet"], ["'txet'", "did you mean 'text'"]),
        ([*TUNED, "--target", "lable"], ["'lable'", "did you mean 'label'"]),
        ([*TUNED[:-2], "--target", "lable"], ["'lable'", "did you mean 'label'"]),
        ([*ASKED, "--target", "lable"], ["'lable'", "did you mean 'label'"]),
        ([*ASKED, "--slices", "lable"], ["'lable'", "did you mean 'label'"]),
        (["evaluate", "--model", "tniy", "--data", "reviews"], ["'tniy'", "did you mean 'tiny'"]),
        (["tune", "--model", "tiny", "--data", "reveiws", "--name", "x"], ["'reviews'?"]),
        (["evaluate", "--model", "tiny@champoin", "--data", "reviews"], ["'champoin'"]),
        (["explore", "reviews@9"], ["dataset:reviews has no version 9", "its versions are 1"]),
        (["explore", "reviews#tset"], ["has no split 'tset'", "did you mean 'test'"]),
        ([*ASKED[:4], "reviews#tset", *PROMPT], ["no split 'tset'", "did you mean 'test'"]),
        ([*ASKED, "--metrics", "exact_mtch"], ["'exact_mtch'", "did you mean 'exact_match'"]),
        ([*ASKED[:-1], "Good? {{txt}}"], ["{{txt}}", "did you mean 'text'"]),
        ([*TUNED[:-1], "Good? {{txt}}"], ["'txt'", "did you mean 'text'"]),
        ([*ASKED[:-1], "Good? {{text"], ["names no column", "{{text}}"]),
        (["prompt", "p", "--text", "  "], ["empty"]),
        (["explore", "nowhere.csv"], ["no file 'nowhere.csv'", "check the path"]),
        (["explore", "/tmp"], ["'/tmp' is a folder"]),
        (["evaluate", "--model", "/nowhere/m", *ASKED[3:]], ["'/nowhere/m'", "path"]),
        (["prepare", "reviews", "--name", "x", "--recipe", "no.yaml"], ["no file 'no.yaml'"]),
        (["prepare", "reviews", "--name", "x", "--recipe", STEP + "{colum: text}"], ["'column'?"]),
        (["prepare", "reviews", "--name", "x", "--recipe", STEP + "{column: txet}"], ["'text'?"]),
        (["prepare", "reviews", "--name", "x", "--recipe", "steps:\n- dedup: {}"], ["'dedup'"]),
        (["prepare", "reviews", "--name", "x", "--recipe", "steps:\n- ["], ["recipe"]),
        (["prepare", "reviews", "--name", "a b/c", "--recipe", "recipe.yaml"], ["'a b/c'"]),
        ([*ASKED, "--max-new-tokens", "many"], ["max_new_tokens", "'many'", "integer"]),
        ([*ASKED, "--max-new-tokens", "0"], ["max_new_tokens", "'0'", "greater than 0"]),
        ([*TUNED, "--method", "loar"], ["method", "'loar'", "lora"]),
        ([*TUNED, "--choices", "pos"], ["'pos'", "two or more"]),
        (["jobs", "--state", "runing"], ["'runing'", "did you mean 'running'"]),
        (["jobs", "--set", "execution.max_jobs=2"], ["'execution.max_jobs'", "max_local_jobs"]),
        (["jobs", "--set", "execution.max_local_jobs=x"], ["execution.max_local_jobs", "'x'"]),
        (["cancel", "nojob"], ["'nojob'"]),
        (["gate", "accuracy > 1", "--run", "nope"], ["no run 'nope'", "llmops ls runs"]),
        (["promote", "tiny", "--to", "champion"], ["passed no gate", "--without-gate"]),
        (["rollback", "tiny"], ["'tiny' names no alias"]),
        (["show", "tiny"], ["'tiny' does not say what it is"]),
        (["show", "modle:tiny"], ["'modle:tiny'", "did you mean 'model:tiny'"]),
        (["lineage", "request:abc"], ["request:abc", "id"]),
        (["ls", "modles"], ["'modles'", "did you mean 'models'"]),
        (["execute", "no.yaml"], ["'no.yaml'"]),
        (["monitor", "desk", "--reference", "reviews"], ["no endpoint", "'desk'"]),
        (["label", "ratings.csv", "--queue", "q", "--value", "scoer"], ["'scoer'", "'score'"]),
        (["serve", "--model", "tiny", "--key", "env:NOT_SET"], ["'NOT_SET'", "not set"]),
        (["serve", "--model", "tiny", "--key", "file:no.key"], ["no.key"]),
        (["serve", "--model", "tiny", "--port", "99999"], ["port", "'99999'"]),
        (["--workspace", "/nowhere", "ls", "models"], ["/nowhere", "llmops init"]),
    ],
    ids=lambda value: " ".join(value)[-60:] if isinstance(value, list) else None,
)
def test_a_wrong_word_is_named_with_what_to_do(
    inside: Path, llmops: Llmops, words: list[str], parts: list[str]
) -> None:
    refused(llmops(*words), *parts)


def test_a_wrong_rule_of_a_gate_is_named(inside: Path, llmops: Llmops) -> None:
    run_id = llmops(*ASKED).json["run_id"]
    refused(llmops("gate", "exact_match is 1", "--run", run_id), "'exact_match is 1'")
    refused(llmops("gate", "exact_mtch >= 0", "--run", run_id), "exact_mtch")


def test_a_port_that_is_taken_is_said(inside: Path, llmops: Llmops) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused(llmops("serve", "--model", "tiny", "--port", port), f"port {port}", "or 0")


@pytest.mark.parametrize(
    ("step", "parts"),
    [
        ("{template: explor, with: {source: reviews}}", ["'explor'", "did you mean 'explore'"]),
        ("{template: explore, with: {sorce: reviews}}", ["step 'a'", "did you mean 'source'"]),
        ("{template: explore, with: {source: reviews}, after: b}", ["'b'"]),
        ("{template: explore, wiht: {source: reviews}}", ["'wiht'", "did you mean 'with'"]),
    ],
)
def test_a_wrong_pipeline_is_refused(
    inside: Path, llmops: Llmops, step: str, parts: list[str]
) -> None:
    (inside / "p.yaml").write_text(f"steps:\n  a: {step}\n", encoding="utf-8")
    refused(llmops("execute", "p.yaml"), *parts)


def test_a_name_that_is_a_file_and_a_dataset_is_refused(inside: Path, llmops: Llmops) -> None:
    made = llmops("prepare", "reviews", "--recipe", "recipe.yaml", "--name", "reviews.csv")
    assert made.code == 0
    refused(llmops("explore", "reviews.csv"), "'./reviews.csv'", "'dataset:reviews.csv'")
    assert llmops("explore", "./reviews.csv").json["rows"] == 61
    assert llmops("explore", "dataset:reviews.csv").json["rows"] == 60


def test_a_variable_that_is_a_dataset_too_is_refused_in_the_magic(
    inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import pandas as pd
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell.instance(config=config)
    try:
        shell.run_line_magic("load_ext", "llmops_workbench")
        shell.user_ns["reviews"] = pd.DataFrame({"text": ["a"]})
        shell.run_cell("%llmops explore reviews")
    finally:
        InteractiveShell.clear_instance()
    shown = capsys.readouterr()
    said = shown.out + shown.err
    assert "'reviews'" in said
    assert "dataset:reviews" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("name", "content", "parts"),
    [
        ("empty.csv", b"", ["empty.csv is empty"]),
        ("head.csv", b"text,label\n", ["head.csv", "no rows"]),
        ("all.jsonl", b'{"a\n{\n', ["all.jsonl", "line 1"]),
        ("no.parquet", b"hello", ["no.parquet", "Parquet"]),
        ("book.xlsx", b"hello", ["xlsx", "csv"]),
        ("cut.json", b'[{"text": "a"}, {"te', ["cut.json"]),
    ],
)
def test_a_file_without_good_rows_is_refused(
    inside: Path, llmops: Llmops, name: str, content: bytes, parts: list[str]
) -> None:
    (inside / name).write_bytes(content)
    refused(llmops("explore", name), *parts)


@pytest.mark.parametrize(
    ("name", "content", "line", "reason"),
    [
        ("ragged.csv", b"text,label\na,b\nc\nd,e\n", 3, "1 field"),
        ("bytes.csv", b"text,label\na,b\nc\xff\xfe,d\ne,f\n", 3, "UTF-8"),
        ("cut.jsonl", b'{"text":"a"}\n{"text":"b\n{"text":"c"}\n', 2, "broken JSON"),
        ("bytes.jsonl", b'{"text":"a"}\n{"text":"\xff"}\n{"text":"c"}\n', 2, "UTF-8"),
    ],
)
def test_a_bad_row_is_counted_and_listed_and_the_good_ones_go_on(
    inside: Path, llmops: Llmops, name: str, content: bytes, line: int, reason: str
) -> None:
    (inside / name).write_bytes(content)
    said = llmops("explore", name)
    assert said.code == 0
    assert (said.json["rows"], said.json["failed"]) == (2, 1)
    assert f"line {line}" in said.err
    assert reason in said.err
    assert "1 failed" in said.err
    ref = llmops("ls", "runs", "--limit", "1").json["items"][0]["parents"][0]
    (listed,) = llmops("show", ref).json["details"]["bad_rows_listed"]
    assert listed["line"] == line
    assert reason in listed["reason"]


def test_nan_and_nul_are_kept_and_counted(inside: Path, llmops: Llmops) -> None:
    rows = '{"text":"a film","x":NaN}\n{"text":"b\\u0000c","x":1.0}\n{"text":null,"x":2}\n'
    (inside / "odd.jsonl").write_text(rows, encoding="utf-8")
    said = llmops("explore", "odd.jsonl")
    assert said.code == 0, said.err
    report = said.json
    columns = {column["name"]: column for column in report["columns"]}
    assert report["rows"] == 3
    assert columns["text"]["missing"] == 1
    assert report["encoding"] == {"nul": 1}
    assert "NaN" not in said.out
    assert llmops(*ASKED[:4], "odd.jsonl", *PROMPT, "--target", "x").code == 0


def test_pickled_weights_are_refused(inside: Path, llmops: Llmops, tiny: Path) -> None:
    bad = inside / "pickled"
    shutil.copytree(tiny, bad)
    (bad / "model.safetensors").unlink()
    (bad / "pytorch_model.bin").write_bytes(b"\x80\x02K\x01.")
    for words in (["fetch", "./pickled"], ["evaluate", "--model", "./pickled", *ASKED[3:]]):
        refused(llmops(*words), "pickled (pytorch_model.bin)", "safetensors")


def test_code_that_came_with_a_model_is_refused_and_not_run(
    inside: Path, llmops: Llmops, tiny: Path
) -> None:
    bad = inside / "remote"
    shutil.copytree(tiny, bad)
    config = json.loads((bad / "config.json").read_text(encoding="utf-8"))
    config["auto_map"] = {"AutoModelForCausalLM": "modeling.Model"}
    (bad / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (bad / "modeling.py").write_text("open('ran', 'w')\n", encoding="utf-8")
    for words in (["fetch", "./remote"], ["tune", "--model", "./remote", *TUNED[3:]]):
        refused(llmops(*words), "auto_map", "config.json")
    assert not list(inside.rglob("ran"))
