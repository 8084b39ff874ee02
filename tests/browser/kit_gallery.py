"""The kit's gallery: each part of the panels with all that data may hold, on a page of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SOURCE = Path(__file__).resolve().parents[2] / "labextension"
THEMES = Path(sys.prefix) / "share/jupyter/lab/themes/@jupyterlab"
PAGES = ("states", "controls", "table", "charts", "facets")
# The plain ones are of a host that has no theme: the system says whether it is dark.
LOOKS = ("light", "dark", "plain-light", "plain-dark")

_HTML = """<!doctype html>
<html lang="en" dir="{direction}"><meta charset="utf-8"><title>The kit</title>
<style>{theme}</style>
<style>html, body {{ margin: 0; height: 100%; background: var(--jp-layout-color1, Canvas); }}
#root {{ height: {height}; }}</style>
<body{mark}><main id="root"></main><script src="gallery.js"></script></body></html>
"""


def bundle(folder: Path) -> Path:
    """Bundle the gallery, which no wheel holds, and give its file."""
    program = SOURCE / "node_modules" / ".bin" / "esbuild"
    if shutil.which("node") is None or not program.exists():
        pytest.skip("needs Node and the packages of labextension/")
    made = folder / "gallery.js"
    line = [
        str(program),
        "views/kit/testing/gallery.tsx",
        "--bundle",
        "--format=iife",
        "--global-name=gallery",
        "--jsx=automatic",
        "--jsx-import-source=preact",
        "--loader:.css=text",
        "--target=es2022",
        "--tsconfig=views/tsconfig.json",
        f"--outfile={made}",
    ]
    subprocess.run(line, cwd=SOURCE, check=True, capture_output=True, timeout=120)
    return made


@dataclass
class Gallery:
    """One look of the gallery in an open page."""

    page: Page
    look: str
    errors: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def turn(self, name: str) -> None:
        """Show another page of the gallery."""
        self.page.evaluate("name => shown.host.state.set('page', name)", name)
        self.page.locator(f"[role=tab][aria-selected=true]:has-text('{name}')").wait_for()
        self.page.wait_for_function("document.querySelectorAll('.lw-tabs-shown *').length > 5")

    def violations(self) -> list[str]:
        """Give what axe-core finds that is serious or critical."""
        if not self.page.evaluate("'axe' in window"):
            script = SOURCE / "node_modules/axe-core/axe.min.js"
            self.page.add_script_tag(path=str(script))
        found: list[dict[str, Any]] = self.page.evaluate("axe.run().then(r => r.violations)")
        return [
            f"{one['id']}: {node['target']} {node['html'][:160]} {node.get('failureSummary', '')}"
            for one in found
            if one["impact"] in {"serious", "critical"}
            for node in one["nodes"]
        ]

    def tab_stops(self) -> list[dict[str, Any]]:
        """Press Tab through the whole panel and say how each stop shows its focus."""
        seen: list[dict[str, Any]] = []
        self.page.locator("body").click(position={"x": 1, "y": 1})
        for _ in range(200):
            self.page.keyboard.press("Tab")
            stop = self.page.evaluate(_STOP)
            if stop is None or any(stop["path"] == old["path"] for old in seen):
                break
            seen.append(stop)
        return seen


_STOP = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const style = getComputedStyle(at);
  const around = getComputedStyle(at.parentElement);
  const path = [];
  for (let one = at; one.parentElement; one = one.parentElement)
    path.push([...one.parentElement.children].indexOf(one));
  return {
    path: path.join('/'),
    name: at.outerHTML.slice(0, 120),
    shown: style.outlineStyle !== 'none' || style.boxShadow !== 'none'
      || around.boxShadow !== 'none',
  };
}"""


def open_gallery(
    browser: Browser,
    folder: Path,
    look: str = "light",
    *,
    width: int = 1600,
    name: str = "states",
    state: dict[str, Any] | None = None,
    direction: str = "ltr",
    whole: bool = False,
    **context: Any,
) -> Gallery:
    """Open the bundled gallery of a folder in one look.

    Args:
        browser: A browser that runs.
        folder: Where `gallery.js` is.
        look: One of `LOOKS`.
        width: Of the window, in pixels.
        name: The gallery's page.
        state: More of the host's state.
        direction: `ltr` or `rtl`.
        whole: Let the panel be as high as its content instead of filling the window.
        context: More options of the browser's context.
    """
    dark = look.endswith("dark")
    themed = not look.startswith("plain")
    css = (THEMES / f"theme-{look}-extension" / "index.css").read_text() if themed else ""
    mark = f' data-jp-theme-light="{"false" if dark else "true"}"' if themed else ""
    file = folder / f"{look}-{direction}-{'whole' if whole else 'fill'}.html"
    height = "auto" if whole else "100%"
    file.write_text(_HTML.format(theme=css, mark=mark, direction=direction, height=height))
    opened = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        **context,
    )
    gallery = Gallery(opened.new_page(), look)
    page = gallery.page
    page.on("pageerror", lambda error: gallery.errors.append(str(error)))
    page.on(
        "console",
        lambda said: gallery.errors.append(said.text) if said.type == "error" else None,
    )
    page.on(
        "request",
        lambda asked: (
            None
            if asked.url.startswith(folder.as_uri()) or asked.url.startswith("data:")
            else gallery.elsewhere.append(asked.url)
        ),
    )
    page.goto(file.as_uri())
    page.evaluate(
        "state => { window.shown = gallery.show(document.getElementById('root'), state); }",
        {"page": name, **(state or {})},
    )
    page.locator(".lw-panel").wait_for()
    return gallery
