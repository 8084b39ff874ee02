"""The Chinese catalogue: complete, true to its places, and found by JupyterLab."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import llmops_workbench
from llmops_workbench.core import operations
from llmops_workbench.faces.server.words import translations
from llmops_workbench.version import __version__

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "llmops_workbench"
CATALOGUE = PACKAGE / "locale" / "zh_CN" / "LC_MESSAGES" / "llmops_workbench.json"
DOMAIN = "llmops_workbench"
PLACE = re.compile(r"%\d")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@cache
def catalogue() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(CATALOGUE.read_text(encoding="utf-8"))
    return found


@cache
def hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hook", ROOT / "labextension" / "hatch_build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def texts_of_the_page() -> dict[str, str]:
    """Each text in the TypeScript, with the file that it was found in."""
    found = hook().find_npm()
    if found is None or not (ROOT / "labextension" / "node_modules" / "typescript").is_dir():
        pytest.skip("needs Node and its libraries: run `python labextension/hatch_build.py`")
    environment = os.environ | {"PATH": f"{found[0]}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["node", "strings.mjs"],
        cwd=ROOT / "labextension",
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return {text: facts["where"] for text, facts in json.loads(done.stdout).items()}


@cache
def texts_of_the_server() -> dict[str, str]:
    """Each text that is marked in the Python sources, and what a form says of an operation."""
    found: dict[str, str] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if "said(" not in source:
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "said":
                (text,) = node.args
                assert isinstance(text, ast.Constant), f"{path.name}: write a marked text out"
                found.setdefault(text.value, path.relative_to(ROOT).as_posix())
    # Those of the package alone: other tests of the same process bring operations of their own.
    for name, entry in operations.built_in().items():
        where = f"the operation {name}"
        found.setdefault(name.replace("_", " ").capitalize(), where)
        found.setdefault(entry.summary, where)
        for parameter in operations.get(name).parameters:
            found.setdefault(parameter.help, where)
    return found


def wanted() -> dict[str, str]:
    return {**texts_of_the_page(), **texts_of_the_server()}


def test_every_text_has_a_translation() -> None:
    missing = {text: where for text, where in wanted().items() if text not in catalogue()}
    assert not missing, json.dumps(missing, indent=1, ensure_ascii=False)


def test_no_translation_is_left_over() -> None:
    assert not set(catalogue()) - set(wanted()) - {""}


def test_a_translation_keeps_the_places_and_is_one() -> None:
    for text, found in catalogue().items():
        if not text:
            continue
        assert isinstance(found, list) and len(found) == 1, text
        assert sorted(PLACE.findall(text)) == sorted(PLACE.findall(found[0])), text
        # Names, signs and places have no words to translate.
        words = re.search(r"[A-Za-z]{2}", PLACE.sub("", text).replace("LLMOps", ""))
        assert CHINESE.search(found[0]) or not words, text


def test_the_catalogue_says_what_it_is() -> None:
    about = catalogue()[""]
    assert about["domain"] == DOMAIN
    # As the page writes it: under another name its translator finds none of the texts.
    assert about["language"] == "zh-CN"
    assert about["version"] == __version__
    assert about["plural_forms"] == "nplurals=1; plural=0;"


def test_jupyterlab_finds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from jupyterlab_server import translation_utils

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    ((name, module),) = project["entry-points"]["jupyterlab.locale"].items()
    assert module == llmops_workbench.__name__
    point = SimpleNamespace(name=name, load=lambda: llmops_workbench)
    monkeypatch.setattr(translation_utils, "entry_points", lambda group: [point])
    found, message = translation_utils.get_installed_packages_locale("zh_CN")
    assert found[DOMAIN] == catalogue(), message


def test_the_panels_get_the_same_by_text() -> None:
    told = translations("zh-CN")
    assert told == translations("zh_CN")
    assert told["Data"] == catalogue()["Data"][0]
    assert "" not in told
    assert translations("xx") == {}
