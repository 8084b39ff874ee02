"""README's commands are those that the product has, and the path from a CSV really leads there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from llmops_workbench.core import operations
from llmops_workbench.faces.arguments import parse

README = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    inline = re.findall(r"`(llmops [a-z]+ [^`]+)`", README)
    return [line for line in [*lines, *inline] if line.startswith("llmops ")]


def magics() -> list[str]:
    lines = [line for block in blocks("python") for line in block.splitlines()]
    return [line.removeprefix("%") for line in lines if line.startswith("%llmops ")]


@pytest.mark.parametrize("line", [*commands(), *magics()])
def test_a_command_of_readme_is_one_that_the_product_takes(line: str) -> None:
    _, verb, *tokens = shlex.split(line, comments=True)
    parsed = parse(operations.get(verb), tokens, magic=line in magics())
    assert parsed.arguments or not tokens


def test_the_path_from_a_csv_takes_six_commands_at_most() -> None:
    section = README.split("## From a CSV")[1].split("\n## ")[0]
    (lines,) = re.findall(r"^```sh\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    assert 0 < len(lines.splitlines()) <= 6
