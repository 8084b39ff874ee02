from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path

import pytest

from llmops_workbench.core.errors import DataError, NotFoundError, UntrustedError, outcome
from llmops_workbench.models.engines.local import open_local
from llmops_workbench.models.safety import check_adapter, check_folder
from llmops_workbench.models.sources import open_model
from llmops_workbench.models.weights import check_safetensors, folder_hash, weights_hash


class Bomb:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return Path.touch, (self.mark,)


@pytest.fixture
def model(tiny, tmp_path) -> Path:
    return Path(shutil.copytree(tiny, tmp_path / "model"))


def edit(path: Path, **changes) -> None:
    settings = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    path.write_text(json.dumps({**settings, **changes}), encoding="utf-8")


@pytest.mark.parametrize(
    "name", ["pytorch_model.bin", "model.pt", "model.pth", "model.pkl", "model.ckpt"]
)
def test_pickled_weights_are_refused_and_never_opened(model, tmp_path, name):
    (model / "model.safetensors").unlink()
    mark = tmp_path / "exploded"
    (model / name).write_bytes(pickle.dumps(Bomb(mark)))
    with pytest.raises(UntrustedError, match="safetensors") as raised:
        open_model(str(model))
    assert name in raised.value.message
    assert outcome(raised.value).exit_code == 2
    assert not mark.exists()


def test_pickle_given_as_a_file_is_refused(tmp_path):
    path = tmp_path / "model.bin"
    path.write_bytes(pickle.dumps(Bomb(tmp_path / "exploded")))
    with pytest.raises(UntrustedError, match="is a pickle"):
        open_model(str(path))
    assert not (tmp_path / "exploded").exists()


def test_pickle_beside_safetensors_is_never_opened(model, tmp_path):
    mark = tmp_path / "exploded"
    for name in ("training_args.bin", "pytorch_model.bin", "optimizer.pt"):
        (model / name).write_bytes(pickle.dumps(Bomb(mark)))
    with open_local(str(model)) as engine:
        assert engine.generate(["yes"])[0].error is None
    assert not mark.exists()


def test_pickled_adapter_is_refused(tiny_adapter, engine, tmp_path):
    adapter = Path(shutil.copytree(tiny_adapter, tmp_path / "adapter"))
    check_adapter(adapter)
    (adapter / "adapter_model.safetensors").unlink()
    (adapter / "adapter_model.bin").write_bytes(pickle.dumps(Bomb(tmp_path / "exploded")))
    with pytest.raises(UntrustedError, match=r"adapter_model\.bin"):
        engine.load_adapter(adapter)
    assert not (tmp_path / "exploded").exists()


def test_pickle_called_safetensors_is_refused(model, tmp_path):
    (model / "model.safetensors").write_bytes(pickle.dumps(Bomb(tmp_path / "exploded")) * 50)
    with pytest.raises(UntrustedError, match="not a sound safetensors file"):
        open_local(str(model))
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize(
    ("file", "setting"),
    [
        ("config.json", {"auto_map": {"AutoModelForCausalLM": "modeling.Evil"}}),
        ("tokenizer_config.json", {"auto_map": {"AutoTokenizer": ["tok.Evil", None]}}),
        ("generation_config.json", {"custom_generate": "evil/repo"}),
    ],
)
def test_settings_that_name_code_are_refused(model, file, setting):
    edit(model / file, **setting)
    with pytest.raises(UntrustedError, match=f"{file}.*never run"):
        open_local(str(model))


def test_python_in_the_folder_is_refused(model):
    (model / "modeling.py").write_text("raise SystemExit", encoding="utf-8")
    with pytest.raises(UntrustedError, match=r"modeling\.py"):
        check_folder(model)


@pytest.mark.parametrize("shard", ["../evil.safetensors", "evil.bin", "/etc/passwd"])
def test_index_that_points_elsewhere_is_refused(model, shard):
    edit(model / "model.safetensors.index.json", weight_map={"a": shard})
    with pytest.raises(UntrustedError, match="same folder"):
        check_folder(model)


def write_safetensors(path: Path, header: dict | bytes, data: bytes) -> Path:
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(raw).to_bytes(8, "little") + raw + data)
    return path


def entry(begin: int, end: int, shape: list[int]) -> dict:
    return {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}


def test_sound_header_is_accepted(tmp_path):
    header = {"__metadata__": {"a": "b"}, "a": entry(0, 8, [2]), "b": entry(8, 12, [])}
    path = write_safetensors(tmp_path / "a.safetensors", header, b"\0" * 12)
    check_safetensors(path)
    from safetensors import safe_open

    with safe_open(path, "numpy") as opened:  # the format's own reader agrees
        assert sorted(opened.keys()) == ["a", "b"]


@pytest.mark.parametrize(
    ("header", "data"),
    [
        ({"a": entry(0, 8, [2])}, b"\0" * 4),
        ({"a": entry(0, 8, [2])}, b"\0" * 9),
        ({"a": entry(0, 8, [2]), "b": entry(4, 12, [2])}, b"\0" * 12),
        ({"a": entry(4, 12, [2])}, b"\0" * 12),
        ({"a": entry(0, 8, [3])}, b"\0" * 8),
        ({"a": {"dtype": "F32", "shape": [2]}}, b"\0" * 8),
        ({"a": {"dtype": "F32", "shape": 2, "data_offsets": [0, 8]}}, b"\0" * 8),
        ({"a": {"dtype": "F32", "shape": ["2"], "data_offsets": [0, 8]}}, b"\0" * 8),
        ({"a": {"dtype": ["F32"], "shape": [2], "data_offsets": [0, 8]}}, b"\0" * 8),
        ({"a": {"dtype": "F32", "shape": [2], "data_offsets": ["0", None]}}, b"\0" * 8),
        (b"[1, 2]", b""),
        (b"not json", b""),
        (b"\xff\xfe\x00", b""),
    ],
)
def test_header_that_lies_is_refused(tmp_path, header, data):
    path = write_safetensors(tmp_path / "a.safetensors", header, data)
    with pytest.raises(UntrustedError, match=r"a\.safetensors"):
        check_safetensors(path)


@pytest.mark.parametrize("content", [b"", b"\0" * 7, b"\xff" * 8 + b"{}", b"\0" * 8])
def test_file_that_is_no_safetensors_is_refused(tmp_path, content):
    path = tmp_path / "a.safetensors"
    path.write_bytes(content)
    with pytest.raises(UntrustedError, match="impossible length"):
        check_safetensors(path)


def test_folder_without_a_model_is_said(tmp_path):
    with pytest.raises(NotFoundError, match="no model folder"):
        check_folder(tmp_path / "nothing")
    with pytest.raises(DataError, match="no weights"):
        check_folder(tmp_path)


def test_broken_config_is_said(model):
    (model / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match=r"config\.json.*not JSON"):
        open_local(str(model))


def test_hashes_follow_the_content(model, tmp_path):
    weights, whole = weights_hash(model), folder_hash(model)
    copy = Path(shutil.copytree(model, tmp_path / "copy"))
    assert (weights_hash(copy), folder_hash(copy)) == (weights, whole)
    (copy / "trainer_state.json").write_text("{}", encoding="utf-8")
    (copy / "training_args.bin").write_bytes(b"x")
    assert folder_hash(copy) == whole
    edit(copy / "generation_config.json", temperature=0.5)
    assert weights_hash(copy) == weights
    assert folder_hash(copy) != whole


def test_large_file_is_hashed_again_when_it_changes(tmp_path, monkeypatch):
    import hashlib

    monkeypatch.setenv("LLMOPS_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "model.safetensors"
    for content in (b"a" * 2_000_000, b"b" * 2_000_000):
        path.write_bytes(content)
        inner = hashlib.sha256(content).hexdigest()
        expected = hashlib.sha256(f"model.safetensors\0{inner}\n".encode()).hexdigest()
        assert weights_hash(tmp_path) == f"sha256-{expected}"
        assert weights_hash(tmp_path) == f"sha256-{expected}"
    assert len(list((tmp_path / "cache" / "hashes").iterdir())) == 2
