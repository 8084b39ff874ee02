"""A workspace that cannot be used as it is: read-only, full, of another format, or broken."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.chain import LLMOPS
from tests.acceptance.conftest import ROOT, Llmops, Said, permits, refused, shell

NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
OWN_MOUNTS = ("unshare", "-rm")
READ_ONLY = (
    'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && cd "$1" && shift && exec "$@"'
)
LOOKS = [
    ["ls", "models"],
    ["ls", "runs"],
    ["show", "model:tiny@1"],
    ["show", "reviews.csv-is-no-reference"],
    ["lineage", "dataset:reviews@1"],
    ["jobs"],
    ["doctor"],
]
WRITES = [
    ["explore", "reviews.csv"],
    ["prepare", "reviews", "--recipe", "recipe.yaml", "--name", "again"],
    ["prompt", "polarity", "--text", "Another? {{text}}"],
    ["tune", "--model", "tiny", "--data", "reviews", "--name", "x", "--prompt", "Good? {{text}}"],
    ["promote", "tiny@1", "--to", "champion", "--without-gate", "a trial"],
    ["serve", "--model", "tiny"],
]


@pytest.fixture
def public(stocked: Path) -> Iterator[Path]:
    """A copy of the stocked workspace where another user can get to."""
    base = Path(tempfile.mkdtemp(prefix="llmops-public-"))
    base.chmod(0o755)
    shutil.copytree(stocked, base / "workspace")
    yield base / "workspace"
    shutil.rmtree(base)


def looks_answer_and_writes_are_refused(folder: Path, *prefix: str) -> None:
    home = {"HOME": "/nonexistent", "LLMOPS_CACHE": "/nonexistent"}
    for words in LOOKS:
        said = shell(folder, *words, "--json", "--quiet", prefix=prefix, **home)
        expected = 2 if "no-reference" in words[-1] else 0
        assert said.code == expected, (words, said)
    for words in WRITES:
        said = shell(folder, *words, "--json", "--quiet", prefix=prefix, **home)
        sentence = refused(said, str(folder))
        assert "read-only" in sentence or "cannot be written" in sentence
        assert "copy" in sentence or "owner" in sentence


@pytest.mark.skipif(not permits(*NOBODY), reason="only root can become another user")
def test_another_user_can_look_and_is_told_that_they_cannot_write(public: Path) -> None:
    looks_answer_and_writes_are_refused(public, *NOBODY)


@pytest.mark.netns
@pytest.mark.skipif(not permits(*OWN_MOUNTS), reason="private mounts are not permitted here")
def test_a_read_only_mount_can_be_looked_at_and_not_written(public: Path) -> None:
    prefix = (*OWN_MOUNTS, "sh", "-c", READ_ONLY, "sh", str(public))
    looks_answer_and_writes_are_refused(public, *prefix)


FILL = r"""
import json, os, shutil, subprocess, sys
from pathlib import Path
disk, stocked, left = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(disk)], check=True)
shutil.copytree(stocked, disk / "w")
free = shutil.disk_usage(disk).free
with (disk / "big").open("wb") as big:
    for _ in range((free - left) // 4096):
        big.write(bytes(4096))
words = ["tune", "--model", "tiny", "--data", "reviews", "--name", "x", "--method", "full",
         "--prompt", "Good? {{text}}", "--steps", "6", "--checkpoints", "6",
         "--set", "execution.min_free_mb=1", "--json", "--quiet"]
def run(*words):
    done = subprocess.run([*json.loads(sys.argv[4]), *words], cwd=disk / "w",
                          capture_output=True, text=True)
    return [done.returncode, done.stdout, done.stderr]
said = {"tune": run(*words)}
said["jobs"] = run("jobs", "--json")
(disk / "big").unlink()
job = json.loads(said["jobs"][1])["items"][0]["job"]
said["resume"] = run("resume", job, "--json", "--quiet")
said["after"] = run("logs", job, "--follow", "--json", "--quiet")
said["show"] = run("show", "model:x@1", "--json")
print(json.dumps(said))
"""


@pytest.mark.netns
@pytest.mark.skipif(not permits(*OWN_MOUNTS), reason="private mounts are not permitted here")
@pytest.mark.parametrize("left", [1_200_000, 1_900_000])
def test_a_disk_that_fills_while_tuning_is_said_and_the_job_goes_on_with_room(
    stocked: Path, tmp_path: Path, left: int
) -> None:
    command = [sys.executable, "-c", FILL, str(tmp_path), str(stocked), str(left)]
    done = subprocess.run(
        [*OWN_MOUNTS, *command, json.dumps(LLMOPS)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    said = {name: Said(*shown) for name, shown in json.loads(done.stdout).items()}
    # That the record could not be brought to MLflow either may be said before.
    said["tune"].err = said["tune"].err.splitlines()[-1]
    refused(said["tune"], "disk is full")
    assert said["jobs"].json["items"][0]["state"] == "failed"
    assert said["resume"].code == 0, said["resume"]
    assert said["after"].json["state"] == "done", said["after"]
    assert said["show"].code == 0, said["show"]


def test_a_nearly_full_disk_is_refused_before_the_start(inside: Path, llmops: Llmops) -> None:
    full = ("--set", "execution.min_free_mb=999999999")
    said = llmops(*WRITES[3], *full)
    refused(said, "MB free", "999999999 MB", "llmops gc")
    assert llmops("jobs").json["items"] == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("[workspace\n", ["llmops.toml", "broken"]),
        ("[workspace]\nname = 'x'\n", ["llmops.toml", "format"]),
        ("[workspace]\nformat = 99\n", ["format 99", "newer", "pip install --upgrade"]),
        ("[workspace]\nformat = 0\n", ["format 0", "older", "llmops upgrade"]),
        (
            "[workspace]\nformat = 1\n[execution]\nmax_local_jobs = 'many'\n",
            ["execution.max_local_jobs", "'many'"],
        ),
        ("[workspace]\nformat = 1\n[store]\nurl = 'sqlit:///x'\n", ["store"]),
    ],
)
def test_a_wrong_settings_file_is_named(inside: Path, text: str, parts: list[str]) -> None:
    (inside / "llmops.toml").write_text(text, encoding="utf-8")
    refused(shell(inside, *WRITES[3], "--json", "--quiet"), *parts)


def test_a_store_of_a_newer_version_is_refused(inside: Path, llmops: Llmops) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(inside / ".llmops" / "store.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    refused(llmops("ls", "models"), "newer", "pip install --upgrade")


def test_a_store_that_is_no_database_is_said(inside: Path, llmops: Llmops) -> None:
    for ending in ("", "-wal", "-shm"):
        (inside / ".llmops" / f"store.db{ending}").unlink(missing_ok=True)
    (inside / ".llmops" / "store.db").write_text("hello " * 1000, encoding="utf-8")
    refused(llmops("ls", "models"), "store.db")


def test_a_broken_plug_in_is_named_by_doctor_and_stops_nothing(inside: Path) -> None:
    plugin = inside / "broken_plugin.py"
    plugin.write_text("import nothing_of_that_name\n", encoding="utf-8")
    said = shell(inside, "doctor", "--json", LLMOPS_PLUGINS=str(plugin))
    assert "broken_plugin.py" in said.out
    assert "nothing_of_that_name" in said.out
    listed = shell(inside, "ls", "models", "--json", LLMOPS_PLUGINS=str(plugin))
    assert (listed.code, listed.json["total"]) == (0, 1)
    assert listed.err == ""
