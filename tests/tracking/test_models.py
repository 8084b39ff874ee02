"""A model version's files are kept by content, and it remembers how it was made."""

import pytest

from llmops_workbench.core.context import activate
from llmops_workbench.core.errors import NotFoundError, UsageError
from llmops_workbench.tracking import models
from llmops_workbench.tracking.models import ModelMeta


@pytest.fixture(autouse=True)
def opened(workspace):
    with activate(workspace):
        yield workspace


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "weights"
    (path / "sub").mkdir(parents=True)
    (path / "config.json").write_text("{}")
    (path / "sub" / "model.safetensors").write_bytes(bytes(range(256)) * 5000)
    return path


def test_files_are_kept_once_and_given_back(folder, opened):
    version = models.register("tiny", folder, meta=ModelMeta(license="Apache-2.0"))
    home = models.model_path("tiny@1")
    assert home.is_relative_to(opened.dot)
    assert (home / "sub" / "model.safetensors").read_bytes() == bytes(range(256)) * 5000
    assert folder.is_dir()
    again = models.register("tiny", home, meta=ModelMeta())
    assert (again.ref, again.hash) == (version.ref, version.hash)
    (folder / "config.json").write_text("{ }")
    assert str(models.register("tiny", folder, meta=ModelMeta(), move=True).ref) == "model:tiny@2"
    assert not folder.exists()
    assert sorted(p.name for p in (opened.dot / "models").iterdir() if p.name[0] == ".") == []


def test_a_version_remembers_prompt_roles_and_choices(folder):
    made = ModelMeta(
        format="peft",
        base="model:tiny@1",
        prompt="prompt:sort@2",
        roles={"input": "text", "target": "label"},
        choices=["yes", "no"],
        data="dataset:movies@1#train",
        tokens=1234,
        license="MIT",
        method="lora",
        parameters={"rank": 8},
        notes=["The weights were 4-bit."],
    )
    models.register("tuned", folder, meta=made)
    kept = models.load_meta("tuned")
    assert kept.model_dump(exclude={"path"}) == made.model_dump(exclude={"path"})
    card = (models.model_path("tuned") / "README.md").read_text()
    for words in ("base_model: model:tiny@1", "license: MIT", "yes, no", "rank: 8", "4-bit"):
        assert words in card


def test_the_path_survives_a_move_of_the_workspace(folder, opened, tmp_path):
    from llmops_workbench.core.workspace import Workspace

    models.register("tiny", folder, meta=ModelMeta())
    assert str(tmp_path) not in models.load_meta("tiny").path
    opened.store.engine.dispose()
    moved = Workspace.find(opened.root.rename(tmp_path / "elsewhere"))
    with activate(moved):
        assert (models.model_path("tiny") / "config.json").is_file()


def test_the_hash_sees_names_and_bytes_but_not_the_card(folder):
    before = models.folder_hash(folder)
    (folder / "README.md").write_text("words")
    assert models.folder_hash(folder) == before
    (folder / "config.json").rename(folder / "config2.json")
    assert models.folder_hash(folder) != before


def test_what_cannot_be_kept_is_refused(folder, tmp_path):
    with pytest.raises(UsageError, match="'tuned' needs the base"):
        models.register("tuned", folder, meta=ModelMeta(format="peft"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="holds no files"):
        models.register("tuned", tmp_path / "empty", meta=ModelMeta())
    models.register("tiny", folder, meta=ModelMeta())
    for path in sorted(models.model_path("tiny").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    models.model_path("tiny").rmdir()
    with pytest.raises(NotFoundError, match="files of model:tiny@1 are gone"):
        models.model_path("tiny")
