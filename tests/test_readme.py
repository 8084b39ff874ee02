"""README's commands are those that the product has, and the path from a CSV really leads there."""

from __future__ import annotations

import csv
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from llmops_workbench.core import operations
from llmops_workbench.faces.arguments import parse

LLMOPS = str(Path(sys.executable).parent / "llmops")
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
def test_a_command_of_readme_is_one_that_the_product_takes(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("recipe.yaml").write_text(own_path()[0], encoding="utf-8")
    _, verb, *tokens = shlex.split(line, comments=True)
    parsed = parse(operations.get(verb), tokens, magic=line in magics())
    assert parsed.arguments or not tokens


def own_path() -> tuple[str, list[str]]:
    """The recipe and the commands of the section about a CSV of one's own."""
    section = README.split("## From a CSV")[1].split("\n## ")[0]
    (recipe,) = re.findall(r"^```yaml\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    (lines,) = re.findall(r"^```sh\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    return recipe, lines.splitlines()


def test_the_path_from_a_csv_takes_six_commands_at_most() -> None:
    assert 0 < len(own_path()[1]) <= 6


def tickets(folder: Path) -> None:
    """Forty short tickets, half of them bugs."""
    things = ["the login page", "dark mode", "the invoice list", "search", "the calendar"]
    bugs = ["{} shows an error", "{} is broken", "{} freezes at once", "I lost data in {}"]
    questions = ["How do I open {}?", "What is {}?", "May I share {}?", "Does my plan have {}?"]
    rows = [(form.format(thing), "bug") for thing in things for form in bugs]
    rows += [(form.format(thing), "question") for thing in things for form in questions]
    with (folder / "tickets.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([("text", "label"), *rows])


def run(line: list[str], folder: Path) -> dict[str, Any]:
    done = subprocess.run([LLMOPS, *line, "--json"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, f"{shlex.join(line)}\n{done.stderr}"
    return json.loads(done.stdout.splitlines()[-1])


def ask(served: dict[str, Any], question: str) -> str:
    import openai

    key = Path(served["key_file"]).read_text(encoding="utf-8").strip()
    client = openai.OpenAI(base_url=served["url"], api_key=key, max_retries=0)
    answer = client.chat.completions.create(
        model=served["name"], messages=[{"role": "user", "content": question}], max_tokens=8
    )
    return answer.choices[0].message.content


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.timeout(1200)
def test_the_path_from_a_csv_leads_to_a_served_model(tmp_path: Path, smollm2: Path) -> None:
    assert smollm2.is_dir()
    recipe, lines = own_path()
    (tmp_path / "recipe.yaml").write_text(recipe, encoding="utf-8")
    tickets(tmp_path)
    results = {}
    for line in lines:
        program, verb, *rest = shlex.split(line)
        if program == "llmops":
            free = ["0" if word == "8000" else word for word in rest]  # 8000 may be taken
            results[verb] = run([verb, *free], tmp_path)
    served = results["serve"]
    try:
        answer = ask(served, "the calendar shows an error")
    finally:
        run(["cancel", served["job"]], tmp_path)
    assert results["prepare"]["rows_in"] == 40
    assert results["tune"]["ref"] == served["model"] == "model:triage@1"
    evaluated = results["evaluate"]
    assert (evaluated["n"], evaluated["failed"]) == (8, 0)
    assert set(evaluated["metrics"]) == {"accuracy", "exact_match"}
    assert set(evaluated["paired"]) == {"accuracy", "exact_match"}
    assert answer.strip() in {"bug", "question"}
