"""The whole life of a model on real weights and data, small; then again, with nothing to do."""

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.conftest import CACHE

# Fewer rows than the real thing, and a gate that asks for no skill: what is learned from so few
# rows is chance. The figures of the real thing are shown by `make demo` and `make prove`.
SMALL = {"train_rows": 48, "compare_rows": 8, "requests": 24, "rules": ["failed == 0"]}

pytestmark = [pytest.mark.model, pytest.mark.slow]


@pytest.fixture(scope="module")
def demo(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not list(CACHE.glob("archives/vaderSentiment-*.tar.gz")):
        pytest.skip("the sample data is not in the cache: python -m tests.prefetch fetches it")
    return tmp_path_factory.mktemp("quickstart") / "demo"


def quickstart(folder: Path) -> tuple[subprocess.CompletedProcess[str], dict]:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "llmops_workbench.faces.cli", "quickstart", "--json"),
            *("--workspace", str(folder), "--parameters", json.dumps(SMALL)),
        ],
        capture_output=True,
        text=True,
        cwd=folder.parent,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done, json.loads(done.stdout.splitlines()[-1])


@pytest.mark.timeout(1800)
def test_the_whole_life_of_a_model_and_then_again(demo: Path) -> None:
    _, found = quickstart(demo)
    for name in ("skill_before", "skill_after", "format_before", "format_after"):
        assert 0 <= found[name]["lower"] <= found[name]["value"] <= found[name]["upper"] <= 1
    gain = found["skill_after"]["value"] - found["skill_before"]["value"]
    assert found["skill_gain"]["value"] == pytest.approx(gain)
    assert found["champion"] == "model:reviews@1"
    assert found["served_requests"] == 4 * SMALL["requests"]
    assert set(found["drift"]) == {"movies", "tweets", "editorials", "products"}
    # These read nothing like movie reviews; that the reviews raise no alarm takes more requests.
    assert found["drift"]["editorials"]["alarm"]
    assert found["agreement"]["people"]["value"] > 0.5
    assert found["cached_steps"] == []
    page = Path(found["report"])
    assert page == demo / "report.html"
    check_page(page.read_text(encoding="utf-8"), found)
    check_trace(demo)
    check_split(demo)

    _, again = quickstart(demo)
    assert again["cached_steps"] == again["steps"]
    assert again["skill_after"] == found["skill_after"]


class Page(HTMLParser):
    """Collect what a page would fetch or run."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        self.fetched += [
            str(value) for name, value in attributes if name in ("src", "href", "srcset")
        ]


def check_page(text: str, found: dict) -> None:
    """Every picture and number is in the page itself."""
    page = Page()
    page.feed(text)
    assert page.scripts == 0
    assert [link for link in page.fetched if not link.startswith(("#", "data:"))] == []
    assert not re.search(r"url\((?!#|data:)", text)
    assert text.count("<svg") >= 6
    for name in ("skill_before", "skill_after", "format_after"):
        assert f"{found[name]['value']:.3f}" in text


def check_trace(demo: Path) -> None:
    """One served answer leads back to the rows that its model learned from."""
    traffic = lines(demo, "show", "endpoint:reviews")
    assert traffic["kind"] == "endpoint"
    shown = json.loads(
        next(demo.glob(".llmops/pipelines/quickstart/*/trace/result.json")).read_text("utf-8")
    )
    refs = {node["ref"] for node in shown["nodes"]}
    assert {"model:reviews@1", "dataset:movies@1", "dataset:vader-movies@1"} <= refs
    assert "model:smollm2@1" in refs


def check_split(demo: Path) -> None:
    """No test row was learned, and the test rows were read by one evaluation alone."""
    runs = lines(demo, "ls", "runs", "--limit", "1000")["items"]
    readers = {
        run["operation"] for run in runs if "dataset:movies@1#test" in json.dumps(run["arguments"])
    }
    assert readers == {"evaluate"}


def lines(demo: Path, *arguments: str) -> dict:
    command = [sys.executable, "-m", "llmops_workbench.faces.cli", *arguments]
    done = subprocess.run(
        [*command, "--workspace", str(demo), "--json"], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])
