"""Draw the seams: `python docs/pictures/seams.py` writes `seams.svg` beside this file.

The rooms and their order are read from the import contract in `pyproject.toml`, so that the
picture cannot show a direction that the code does not keep.
"""

from __future__ import annotations

import re
import sys
import tomllib
from html import escape
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1] / "pyproject.toml"

INK, SOFT, LINE = "#1a202c", "#4a5568", "#a0aec0"
FACE, ROOM, CALL, DISK, OUT = "#2b6cb0", "#ebf4ff", "#e6fffa", "#fefcbf", "#edf2f7"
WIDTH, HEIGHT = 1100, 630

FACES = (
    ("Python", "lw.tune(…)"),
    ("magic", "%llmops tune …"),
    ("shell", "llmops tune …"),
    ("form", "JSON schema"),
    ("pipeline step", "tune.ipynb"),
)
CALLS = (
    ("invoke", ("names are checked,", "references pinned,", "files become versions")),
    ("run opened", ("one call = one run;", "its inputs are edges", "of the lineage")),
    ("operation", ("one typed function;", "workspace, progress, stop", "come from the context")),
    ("run closed", ("result and outputs kept;", "every face shows", "the same record")),
)
JOB = ("spec.json", "events.jsonl", "state.json", "heartbeat.json", "checkpoints/", "result.json")
STORE = (
    "versions, aliases, runs, edges",
    "label, traffic, audit events",
    "jobs, response cache, outbox",
)


def layers() -> list[list[str]]:
    """Read the rooms from the import contract, the highest first; one list a layer."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))
    contract = project["tool"]["importlinter"]["contracts"][0]
    return [re.findall(r"\w+", layer) for layer in contract["layers"]]


def box(x: float, y: float, w: float, h: float, fill: str, stroke: str = LINE) -> str:
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" rx="6" fill="{fill}" '
        f'stroke="{stroke}"/>'
    )


def text(
    x: float, y: float, words: str, size: float = 12, fill: str = INK, bold: bool = False,
    anchor: str = "middle", mono: bool = False,
) -> str:  # fmt: skip
    weight = ' font-weight="600"' if bold else ""
    family = ' font-family="ui-monospace, monospace"' if mono else ""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" text-anchor="{anchor}" '
        f'fill="{fill}"{weight}{family}>{escape(words)}</text>'
    )


def arrow(path: str, dashed: bool = False) -> str:
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    return (
        f'<path d="{path}" fill="none" stroke="{SOFT}" stroke-width="1.6"{dash} '
        'marker-end="url(#tip)"/>'
    )


def line(path: str) -> str:
    return f'<path d="{path}" fill="none" stroke="{SOFT}" stroke-width="1.6"/>'


def rooms(x: float, y: float, w: float) -> list[str]:
    """Stack the rooms; each may import what is below it."""
    parts = [text(x + w / 2, y - 12, "Rooms: imports point down", 13.5, bold=True)]
    height, gap, start = 44.0, 10.0, y
    found = layers()
    for number, names in enumerate(found):
        top = y + number * (height + gap)
        if len(names) > 2:
            parts.append(box(x, top, w, height * 2 + gap, ROOM))
            note = "stages, which never import each other"
            parts.append(text(x + w / 2, top + 18, note, 11, SOFT))
            for row in range(0, len(names), 3):
                joined = " · ".join(names[row : row + 3])
                parts.append(text(x + w / 2, top + 40 + row * 7, joined, 12.5, bold=True))
            y += height + gap
        else:
            each = (w - gap * (len(names) - 1)) / len(names)
            for place, name in enumerate(names):
                left = x + place * (each + gap)
                fill, ink = (FACE, "#fff") if name == "faces" else (ROOM, INK)
                parts.append(box(left, top, each, height, fill))
                parts.append(text(left + each / 2, top + 27, name, 13, ink, bold=True))
    bottom = y + len(found) * (height + gap) - gap
    parts.append(arrow(f"M{x - 14:g} {start:g}V{bottom:g}"))
    notes = (
        "Only tracking imports MLflow.",
        "core knows no Jupyter, no torch, no MLflow.",
        "Stages hand over references.",
    )
    for number, note in enumerate(notes):
        parts.append(text(x + w / 2, bottom + 24 + number * 17, note, 11.5, SOFT))
    return parts


def faces(x: float, y: float, w: float) -> list[str]:
    parts = [text(x + w / 2, y - 12, "One definition, five faces", 13.5, bold=True)]
    gap = 8.0
    each = (w - gap * (len(FACES) - 1)) / len(FACES)
    for place, (name, sample) in enumerate(FACES):
        left = x + place * (each + gap)
        parts.append(box(left, y, each, 46, FACE, FACE))
        parts.append(text(left + each / 2, y + 19, name, 12.5, "#fff", bold=True))
        parts.append(text(left + each / 2, y + 36, sample, 10.5, "#fff", mono=True))
        parts.append(line(f"M{left + each / 2:g} {y + 46:g}v16"))
    parts.append(line(f"M{x + each / 2:g} {y + 62:g}H{x + w - each / 2:g}"))
    parts.append(arrow(f"M{x + each / 2:g} {y + 62:g}v18"))
    return parts


def calls(x: float, y: float, w: float) -> list[str]:
    parts = []
    gap = 20.0
    each = (w - gap * (len(CALLS) - 1)) / len(CALLS)
    for place, (name, words) in enumerate(CALLS):
        left = x + place * (each + gap)
        parts.append(box(left, y, each, 86, CALL))
        parts.append(text(left + each / 2, y + 22, name, 13, bold=True))
        for row, each_line in enumerate(words):
            parts.append(text(left + each / 2, y + 42 + row * 16, each_line, 11, SOFT))
        if place:
            parts.append(arrow(f"M{left - gap + 1:g} {y + 43:g}h{gap - 3:g}"))
    return parts


def disk(x: float, y: float, w: float) -> list[str]:
    """What is on disk, and what goes on to MLflow."""
    third = (w - 40) / 3
    parts = [
        box(x, y, third, 190, DISK),
        text(x + third / 2, y + 22, "job folder", 13, bold=True),
        text(x + third / 2, y + 40, ".llmops/jobs/JOB/", 10.5, SOFT, mono=True),
        *[
            text(x + 18 + (n % 2) * (third / 2 - 6), y + 68 + n // 2 * 20, name, 10.5,
                 anchor="start", mono=True)
            for n, name in enumerate(JOB)
        ],
        text(x + third / 2, y + 140, "a detached process writes it;", 11, SOFT),
        text(x + third / 2, y + 156, "any face reads it, stops it,", 11, SOFT),
        text(x + third / 2, y + 172, "resumes it", 11, SOFT),
    ]  # fmt: skip
    left = x + third + 20
    parts += [
        box(left, y, third, 190, DISK),
        text(left + third / 2, y + 22, "workbench store", 13, bold=True),
        text(left + third / 2, y + 40, "SQLite, or PostgreSQL", 10.5, SOFT),
        *[text(left + third / 2, y + 68 + n * 20, line, 10.5) for n, line in enumerate(STORE)],
        text(left + third / 2, y + 140, "ls, show, lineage and", 11, SOFT),
        text(left + third / 2, y + 156, "completion ask it alone;", 11, SOFT),
        text(left + third / 2, y + 172, "a change is written here first", 11, SOFT),
    ]
    left += third + 20
    parts += [
        box(left, y, third, 190, OUT),
        text(left + third / 2, y + 22, "MLflow", 13, bold=True),
        text(left + third / 2, y + 40, "embedded, or a server", 10.5, SOFT),
        text(left + third / 2, y + 68, "runs, with the same ids when embedded,", 10.5),
        text(left + third / 2, y + 86, "models and prompts, aliases;", 11),
        text(left + third / 2, y + 104, "the outbox brings them here", 11),
        text(left + third / 2, y + 140, "what its own clients change", 11, SOFT),
        text(left + third / 2, y + 156, "comes back by reconcile", 11, SOFT),
        arrow(f"M{left - 19:g} {y + 108:g}h17"),
        arrow(f"M{left - 2:g} {y + 150:g}h-17", dashed=True),
    ]
    return parts


def files(x: float, y: float, w: float) -> list[str]:
    words = (
        "llmops:/ = .llmops/ of the open workspace, which can be moved and copied:",
        "datasets (Parquet) and models (safetensors) by content hash, and artifacts of runs",
    )
    return [
        box(x, y, w, 62, DISK),
        text(x + w / 2, y + 26, words[0], 12),
        text(x + w / 2, y + 46, words[1], 12),
    ]


def lineage(x: float, y: float, w: float) -> list[str]:
    title = "Lineage is the graph of references that runs leave behind"
    words = "served request → model version → run → dataset version → its rows, prompt, recipe"
    return [
        text(x + w / 2, y, title, 13, bold=True),
        text(x + w / 2, y + 22, words, 12, SOFT),
    ]


def draw() -> str:
    """Give the whole picture; the same for the same contract."""
    left, wide = 340.0, WIDTH - 340.0 - 24.0
    parts = [
        *rooms(44, 52, 252),
        *faces(left, 52, wide),
        *calls(left, 134, wide),
        arrow(f"M{left + wide * 0.5:g} 222v36"),
        text(left + wide * 0.5 + 10, 244, "inline, or as a job: a process of its own", 11.5, SOFT,
             anchor="start"),
        *disk(left, 262, wide),
        arrow(f"M{left + wide * 0.5:g} 454v22"),
        *files(left, 480, wide),
        *lineage(left, 572, wide),
    ]  # fmt: skip
    title = "Rooms and imports, the five faces of an operation, and what a call leaves on disk"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{title}" font-family="system-ui, sans-serif">\n'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        f'markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="{SOFT}"/></marker></defs>\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="10" fill="#fff" stroke="#cbd5e0"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def main(argv: list[str]) -> int:
    """Write the picture, or with `--check` say whether it is stale (exit code 1)."""
    file = HERE / "seams.svg"
    fresh = draw()
    if "--check" in argv:
        return int(not file.is_file() or file.read_text(encoding="utf-8") != fresh)
    file.write_text(fresh, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
