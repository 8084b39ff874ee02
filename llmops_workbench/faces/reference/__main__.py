"""Write the reference pages: `python -m llmops_workbench.faces.reference [--check] [FOLDER]`."""

from __future__ import annotations

import sys
from pathlib import Path

from llmops_workbench.faces.reference.pages import stale

_DOCS = Path(__file__).resolve().parents[3] / "docs" / "reference"


def main(argv: list[str]) -> int:
    """Write the pages that differ, or with `--check` say which do (exit code 1)."""
    check = "--check" in argv
    folders = [Path(word) for word in argv if not word.startswith("-")]
    folder = folders[0] if folders else _DOCS
    differing = stale(folder)
    for name, text in differing.items():
        path = folder / name
        if not check and text is None:
            path.unlink()
        elif not check and text is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{'stale' if check else 'written'}: {name}\n")
    return 1 if differing and check else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
