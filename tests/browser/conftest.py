"""A real browser, and JupyterLab with and without a workspace."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.answered import Answered, make
from tests.browser.lab import BUILT, Lab

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser of this session; each test opens a context of its own in it."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium")
    if not (BUILT / "package.json").is_file():
        pytest.skip("needs the built panels")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def start_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Lab]]:
    """Start a JupyterLab on a folder; all are ended with the session."""
    started: list[Lab] = []

    def start(root: Path, **more: object) -> Lab:
        lab = Lab(root, tmp_path_factory.mktemp("lab"), **more)  # type: ignore[arg-type]
        started.append(lab)
        return lab

    yield start
    for lab in started:
        lab.end()


@pytest.fixture(scope="session")
def lab(
    start_lab: Callable[..., Lab], stocked: Path, tmp_path_factory: pytest.TempPathFactory
) -> Lab:
    """JupyterLab on a workspace with models, prompts and data, which the tests of a session share.

    Who changes more than a name of his own takes a server of his own.
    """
    root = tmp_path_factory.mktemp("shown") / "workspace"
    shutil.copytree(stocked, root)
    return start_lab(root)


@pytest.fixture(scope="module")
def bare_lab(
    start_lab: Callable[..., Lab], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    """JupyterLab on an empty folder."""
    found = start_lab(tmp_path_factory.mktemp("bare"))
    yield found
    found.end()


@pytest.fixture(scope="session")
def answered(start_lab: Callable[..., Lab], tmp_path_factory: pytest.TempPathFactory) -> Answered:
    """JupyterLab on a workspace with comparisons and evaluations; its tests only look."""
    root = tmp_path_factory.mktemp("answered") / "workspace"
    reports = make(root)
    return Answered(start_lab(root), reports)
