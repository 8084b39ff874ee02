"""Run the benchmarks and write `docs/benchmarks.md`: `python -m tests.benchmarks [NAME …]`.

Each `bench_*.py` here is run as it stands, and what it prints becomes its part of the page. With
names, only those are run and the other parts stay. `--frame` runs nothing: it adds what is new.
"""

from __future__ import annotations

import ast
import os
import platform
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
NOT_YET = "Not measured yet."

_HEAD = """\
# Benchmarks

What things cost, and how that compares with what people would use otherwise. Each script runs ours
and the peer in turn, in one run, on the same input, and prints a ratio. Read the ratios: seconds
depend on the machine, and a busy one distorts them. CPU seconds are those of all threads.

`make bench` runs all of them and writes this page; `python -m tests.benchmarks NAME` runs one.
"""


@dataclass(frozen=True)
class Benchmark:
    """One script.

    Attributes:
        name: Of the script, without `bench_`.
        title: The first line of its docstring.
        about: What it measures and how, from its docstring.
    """

    name: str
    title: str
    about: str

    @property
    def command(self) -> str:
        """What runs it."""
        return f"python tests/benchmarks/bench_{self.name}.py"


def benchmarks(folder: Path = FOLDER) -> list[Benchmark]:
    """Find the scripts of a folder, by name."""
    return [_describe(file) for file in sorted(folder.glob("bench_*.py"))]


def _describe(file: Path) -> Benchmark:
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or file.stem
    title, _, rest = text.partition("\n")
    # The command, which stands indented in the docstring, has a place of its own on the page.
    parts = [part for part in rest.strip().split("\n\n") if not part.startswith("    ")]
    parts = [part for part in parts if part.strip() and not part.lstrip().startswith("python ")]
    return Benchmark(file.stem.removeprefix("bench_"), title.rstrip("."), "\n\n".join(parts))


def measured(page: str) -> dict[str, str]:
    """Read what a page already has, by the name of the benchmark."""
    found = {}
    for section in page.split("\n## ")[1:]:
        name = re.search(r"bench_(\w+)\.py", section)
        _, mark, rest = section.partition("<!-- measured -->\n")
        if name and mark:
            found[name[1]] = rest.strip()
    return found


def render(known: list[Benchmark], results: dict[str, str]) -> str:
    """Write the page.

    Args:
        known: The benchmarks, each of which gets a part.
        results: What was measured, by name.
    """
    lines = [_HEAD]
    for each in known:
        lines += [f"## {each.title}", ""]
        lines += [each.about, ""] if each.about else []
        lines += ["```shell", each.command, "```", "", "<!-- measured -->"]
        lines += [results.get(each.name, NOT_YET), ""]
    return "\n".join(lines)


def run(each: Benchmark, folder: Path = FOLDER) -> tuple[str, int]:
    """Run a script, showing what it prints, and give its part of the page and its exit code."""
    begun = time.monotonic()
    printed = []
    with subprocess.Popen(
        [sys.executable, "-u", str(folder / f"bench_{each.name}.py")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            printed.append(line.rstrip())
    code = process.returncode
    return part(printed, code, time.monotonic() - begun), code


def part(printed: list[str], code: int, seconds: float) -> str:
    """Write what one script printed as its part of the page."""
    text = "\n".join(printed).strip("\n").replace(str(ROOT), ".")
    table = all(line.startswith("|") for line in text.splitlines() if line)
    shown = text if table and text else f"```text\n{text}\n```"
    failed = f" It ended with exit code {code}." if code else ""
    return f"{shown}\n\nMeasured {_when()} in {seconds:.0f} s.{failed}"


def _when() -> str:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    day = datetime.now(UTC).date().isoformat()
    machine = f"{platform.system()} {platform.machine()}, {cores} cores"
    return f"on {day} ({machine}, Python {platform.python_version()})"


def main(argv: list[str]) -> int:
    """Run those that were named, all without names; 1 when one failed."""
    known = benchmarks()
    names = [word for word in argv if not word.startswith("-")]
    for name in names:
        if name not in {each.name for each in known}:
            print(f"there is no benchmark '{name}'", file=sys.stderr)
            return 2
    results = measured(PAGE.read_text(encoding="utf-8")) if PAGE.exists() else {}
    worst = 0
    for each in known:
        if "--frame" in argv or (names and each.name not in names):
            continue
        print(f"== {each.command}", flush=True)
        results[each.name], code = run(each)
        worst = max(worst, int(code != 0))
        # After each, so that an interrupted run keeps what it has.
        PAGE.write_text(render(known, results), encoding="utf-8")
    PAGE.write_text(render(known, results), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
