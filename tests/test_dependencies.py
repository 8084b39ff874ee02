"""`pyproject.toml` and `constraints.txt` say the truth about what the code needs."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Mapping
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
# Extras that may be absent here, by the module that the code imports.
BY_MODULE = {
    "bitsandbytes": "bitsandbytes",
    "deepspeed": "deepspeed",
    "keras": "keras",
    "keyring": "keyring",
    "langchain_core": "langchain-core",
    "langgraph": "langgraph",
    "llama_cpp": "llama-cpp-python",
    "polars": "polars",
    "psycopg": "psycopg",
    "pydantic_core": "pydantic",
    "ray": "ray",
    "yaml": "pyyaml",
}
# A caller's own frame may be of these libraries; the code meets them only then.
GUESTS = {"polars"}


def names(lines: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in lines}


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found - sys.stdlib_module_names - {"llmops_workbench"}


def modules() -> set[str]:
    return set().union(*(imported(path) for path in (ROOT / "llmops_workbench").rglob("*.py")))


def declares(declared: set[str], module: str, installed: Mapping[str, list[str]]) -> bool:
    known = BY_MODULE.get(module)
    found = [known] if known else installed.get(module, [])
    return any(canonicalize_name(name) in declared for name in found)


def test_every_library_that_the_package_imports_is_declared() -> None:
    declared = names(PROJECT["dependencies"])
    user_extras = {extra: lines for extra, lines in EXTRAS.items() if extra != "dev"}
    declared |= set().union(*(names(lines) for lines in user_extras.values()))
    installed = packages_distributions()
    assert not {
        module for module in modules() - GUESTS if not declares(declared, module, installed)
    }


@pytest.mark.parametrize("line", PROJECT["dependencies"])
def test_every_dependency_has_a_lower_bound_that_the_pin_satisfies(line: str) -> None:
    requirement = Requirement(line)
    assert any(clause.operator == ">=" for clause in requirement.specifier)
    assert requirement.specifier.contains(pins()[canonicalize_name(requirement.name)])


def test_an_extra_that_the_code_names_exists() -> None:
    asked = {"ja", "ko"}  # made from the names of sacrebleu's tokenizers
    for path in (ROOT / "llmops_workbench").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        asked |= set(re.findall(r"llmops-workbench\[(\w+)\]", text))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("require"):
                asked |= {
                    extra.value for extra in node.args[1:2] if isinstance(extra, ast.Constant)
                }
    assert asked <= set(EXTRAS)


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pairs}


def test_pins_carry_no_label_and_no_address() -> None:
    assert pins()["torch"] == "2.13.0"
    assert not [version for version in pins().values() if "+" in version or "/" in version]
