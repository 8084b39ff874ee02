"""Registries and plug-ins: one file adds a thing, a broken one is named."""

import os

import pytest

from llmops_workbench.core import plugins
from llmops_workbench.core.errors import NotFoundError
from llmops_workbench.core.registry import Registry


@pytest.fixture
def fresh_plugins():
    plugins.load_plugins.cache_clear()
    plugins._broken.clear()
    yield
    plugins.load_plugins.cache_clear()
    plugins._broken.clear()


def test_a_package_fills_it_on_first_use(tmp_path, monkeypatch):
    package = tmp_path / "parts_for_test"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from llmops_workbench.core.registry import Registry\nPARTS = Registry('part', __name__)\n"
    )
    (package / "first.py").write_text(
        "from parts_for_test import PARTS\n"
        "@PARTS.register('first', unit='s')\ndef first(): return 1\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    from parts_for_test import PARTS

    assert PARTS.names() == ["first"]
    assert PARTS.get("first")() == 1
    assert PARTS.meta("first") == {"unit": "s"}
    (package / "second.py").write_text("never imported: it came too late")
    assert "second" not in PARTS


def test_an_unknown_name_names_the_nearest():
    parts = Registry("check")
    parts.register("contains")(len)
    with pytest.raises(NotFoundError, match="did you mean 'contains'"):
        parts.get("contians")


def test_a_file_named_in_the_environment_is_loaded(tmp_path, monkeypatch, fresh_plugins):
    (tmp_path / "good.py").write_text("VALUE = 1\n")
    (tmp_path / "bad.py").write_text("raise RuntimeError('no luck')\n")
    names = [str(tmp_path / "good.py"), str(tmp_path / "bad.py"), str(tmp_path / "gone.py")]
    monkeypatch.setenv("LLMOPS_PLUGINS", os.pathsep.join(names))
    assert names[0] in plugins.load_plugins()
    broken = plugins.broken()
    assert broken[names[1]] == "RuntimeError: no luck"
    assert "FileNotFoundError" in broken[names[2]]
