"""What the pages say is so: commands parse, links lead somewhere, messages are the product's."""

from __future__ import annotations

import ast
import json
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from llmops_workbench.core import operations
from llmops_workbench.data.recipes import parse_recipe
from llmops_workbench.faces.arguments import parse

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md"))
# A path of somebody's machine.
FOREIGN = re.compile(r"/home/|/root/|/Users/|/tmp/")


def read(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", read(page), re.MULTILINE | re.DOTALL)


def commands() -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        for block in blocks(page, "shell"):
            joined = block.replace("\\\n", " ")
            found += [(page, line) for line in joined.splitlines() if line.startswith("llmops ")]
        inline = re.findall(r"`(llmops [a-z_]+ [^`]+)`", read(page))
        found += [(page, line) for line in inline if "VERB" not in line and "…" not in line]
        for block in blocks(page, "python"):
            lines = [line.lstrip("%") for line in block.splitlines() if line.startswith("%llmops ")]
            found += [(page, f"%{line}") for line in lines]
    return found


def test_there_are_commands_to_check() -> None:
    pages = {page for page, _ in commands()}
    assert len(commands()) > 60
    assert {"how-to/jobs.md", "how-to/gates.md", "how-to/serve.md", "reference/tune.md"} <= pages


@pytest.mark.parametrize(("page", "line"), sorted(set(commands())))
def test_a_command_is_one_that_the_product_takes(
    page: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("recipe.yaml").write_text("steps:\n  - dedup_exact: text\n", encoding="utf-8")
    # A comment begins after a space; shlex would cut `reviews@1#test`, too.
    _, verb, *tokens = shlex.split(re.sub(r"\s+# .*$", "", line))
    if verb == "count_rows":
        pytest.skip("the verb of the example of a plug-in, which has a test of its own")
    operation = operations.get(verb)
    parsed = parse(operation, tokens, magic=line.startswith("%"))
    if not parsed.switches & {"help", "schema"}:
        operation.validate_names(parsed.arguments)
    assert not tokens or parsed != type(parsed)()


def test_a_wrong_command_would_be_found() -> None:
    with pytest.raises(Exception, match="--grase"):
        parse(operations.get("cancel"), ["7f3a", "--grase", "3"])


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", read(page)):
        path, _, anchor = target.partition("#")
        place = (DOCS / page).parent / path if path else DOCS / page
        if not place.exists():
            broken.append(target)
        elif anchor:
            heads = re.findall(r"^#+ (.+)$", place.read_text(encoding="utf-8"), re.MULTILINE)
            names = {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
            if anchor not in names:
                broken.append(target)
    assert not broken


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_no_place_of_a_machine(page: str) -> None:
    assert not FOREIGN.findall(read(page))


def test_every_page_is_in_the_index_or_the_reference() -> None:
    named = set(re.findall(r"\]\(([^)#\s]+)\)", read("index.md")))
    own = {page for page in PAGES if not page.startswith("reference/")} - {"index.md", "proof.md"}
    assert own <= named


def test_recipes_in_pages_are_recipes() -> None:
    found = [
        block for page in PAGES for block in blocks(page, "yaml") if re.search("^  - ", block, re.M)
    ]
    assert found
    for block in found:
        assert parse_recipe(block)


def test_the_picture_of_the_seams_is_the_one_that_is_drawn() -> None:
    script = DOCS / "pictures" / "seams.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True)
    assert done.returncode == 0, f"run: python {script.relative_to(ROOT)}\n{done.stderr}"


def test_the_seams_name_files_that_are_there() -> None:
    paths = re.findall(r"`((?:faces|pipelines|core|execution)/[\w./]+)`", read("seams.md"))
    assert len(paths) > 4
    assert not [path for path in paths if not (ROOT / "llmops_workbench" / path).exists()]


@cache
def messages() -> list[str]:
    """Every text of the package, with a mark where a value stands in it."""
    found = []
    for file in (ROOT / "llmops_workbench").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = [v.value if isinstance(v, ast.Constant) else "…" for v in node.values]
                found.append("".join(str(part) for part in parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return found


def quoted() -> list[str]:
    rows = re.findall(r"^\| `([^`]+)` \|", read("how-to/troubleshooting.md"), re.MULTILINE)
    return [row for row in rows if row != "message"]


@pytest.mark.parametrize("message", quoted())
def test_a_message_in_troubleshooting_is_one_that_the_product_gives(message: str) -> None:
    parts = [re.escape(part) for part in re.split("…+", message)]
    pattern = re.compile(".*?".join(parts), re.DOTALL)
    wanted = max(re.split("…+", message), key=len)
    assert len(wanted) > 4
    assert any(pattern.search(text) for text in messages())


def test_the_plugins_of_the_page_work(tmp_path: Path) -> None:
    """Each block is a plug-in as it stands; one process loads all and uses what they bring."""
    files = []
    for number, block in enumerate(blocks("how-to/plugins.md", "python")):
        file = tmp_path / f"house{number}.py"
        file.write_text(block, encoding="utf-8")
        files.append(str(file))
    assert len(files) == 5
    (tmp_path / "rows.csv").write_text("text,label\nhello,a\nworld,b\n", encoding="utf-8")
    script = """
import json, sys
import llmops_workbench as lw
from llmops_workbench.core.plugins import broken
from llmops_workbench.core.workspace import Workspace
Workspace.init(".")
recipe = "steps:\\n  - shout: {column: text}\\n"
made = lw.prepare("rows.csv", recipe=recipe, name="loud")
print(json.dumps({
    "broken": broken(),
    "polite": lw.score("polite", ["thank you", "no"], ["x", "y"]).value,
    "texts": lw.show("dataset:loud").to_frame()["text"].tolist(),
    "changed": made.steps[0].changed,
    "rows": lw.count_rows("rows.csv").rows,
}))
"""
    environment = {
        "PATH": str(Path(sys.executable).parent),
        "LLMOPS_PLUGINS": ":".join(files),
        "HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    wanted = {"broken": {}, "polite": 0.5, "texts": ["HELLO", "WORLD"], "changed": 2, "rows": 2}
    assert found == wanted
