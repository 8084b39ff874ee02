"""What texts say: lengths, near-duplicates, damage, personal data and languages of a sample."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from llmops_workbench.core import context
from llmops_workbench.core.errors import UsageError, not_found
from llmops_workbench.data.columns import texts_of
from llmops_workbench.data.profiles import ColumnProfile, Duplicates, TextProfile, TokenProfile
from llmops_workbench.data.profiling import spread_of

if TYPE_CHECKING:
    import pyarrow as pa

    from llmops_workbench.core.references import Reference
    from llmops_workbench.tracking.catalogue import Version

TEXT_ROLES = ("input", "prompt", "messages", "completion", "chosen", "context")
TEXT_KINDS = ("text", "chat")


def choose_text_column(
    asked: str | None, roles: dict[str, str], profiles: list[ColumnProfile], ref: "Reference"
) -> str | None:
    """Which column's texts to read.

    Args:
        asked: The column that was named, if any.
        roles: Role to column.
        profiles: The columns' profiles.
        ref: What the dataset is called in messages.

    Returns:
        The named column, that of the first text role, or the one with the longest texts; None when
        no column holds text.

    Raises:
        NotFoundError: the named column does not exist.
        UsageError: it holds no text.
    """
    kinds = {profile.name: profile.type for profile in profiles}
    if asked is not None:
        if asked not in kinds:
            raise not_found(f"column of {ref}", asked, kinds)
        if kinds[asked] not in TEXT_KINDS:
            msg = f"the column '{asked}' holds {kinds[asked]}, not text: name a text column"
            raise UsageError(msg)
        return asked
    for role in TEXT_ROLES:
        if kinds.get(roles.get(role, "")) in TEXT_KINDS:
            return roles[role]
    sizes = {
        profile.name: profile.spread.mean or 0.0
        for profile in profiles
        if profile.type in TEXT_KINDS and profile.spread is not None
    }
    return max(sizes, key=lambda name: sizes[name]) if sizes else None


def read_signals(
    version: "Version",
    split: str | None,
    profile: ColumnProfile,
    *,
    rows: int,
    limit: int | None,
    text_rows: int,
    language_rows: int,
    tokenizer: "Reference | None",
    near: Duplicates,
    seed: int,
) -> dict[str, Any]:
    """Read a sample of a text column word by word.

    Args:
        version: The dataset version.
        split: Of which split.
        profile: Of the text column.
        rows: How many rows there are.
        limit: Only the first rows.
        text_rows: Rows to read at most.
        language_rows: Rows to detect the language of at most.
        tokenizer: A model whose tokens to count.
        near: What near-duplicates are; its counts are filled in.
        seed: Of the sample.

    Returns:
        The fields of the report: text, duplicates, languages, languages_rows, encoding, pii.
    """
    from llmops_workbench.text.encoding import damage
    from llmops_workbench.text.lengths import lengths
    from llmops_workbench.text.near_duplicates import near_duplicates
    from llmops_workbench.tracking import datasets

    column = profile.name
    table = datasets.load(version, split=split, columns=[column], limit=limit, identity=False)
    exact = _repeated(profile, table, column)
    sampled = table.num_rows > text_rows
    if sampled:
        table = table.take(_sample(table.num_rows, text_rows, seed))
    texts = texts_of(table, column)
    counter = _counter(tokenizer)
    with context.progress("texts", total=4, unit="signals") as bar:
        measured = lengths(texts, counter)
        bar.advance()
        found = near_duplicates(texts, near.threshold, near.shingle)
        bar.advance()
        marks = {sign: int(rows.sum()) for sign, rows in damage(texts).items()}
        kinds = _personal(texts)
        bar.advance()
        languages, detected = _languages(texts, language_rows, seed)
        bar.advance()
    there = [row for row, text in enumerate(texts) if text is not None]
    tokens = None
    if measured.tokens is not None:
        spread = spread_of(measured.tokens[there])
        total = float(measured.tokens.sum()) * (rows / max(len(texts), 1))
        tokens = TokenProfile(
            model=str(tokenizer), lengths=spread, total=round(total), total_estimated=sampled
        )
    text = TextProfile(
        column=column,
        rows=len(texts),
        sampled=sampled,
        characters=spread_of(measured.characters[there]),
        words=spread_of(measured.words[there]),
        tokens=tokens,
    )
    duplicates = near.model_copy(
        update={
            "exact": exact,
            "near": int((~found.kept).sum()),
            "near_rows": len(texts),
            "method": found.method,
        }
    )
    return {
        "text": text,
        "duplicates": duplicates,
        "languages": languages,
        "languages_rows": detected,
        "encoding": {sign: count for sign, count in marks.items() if count},
        "pii": kinds,
    }


def _repeated(profile: ColumnProfile, table: "pa.Table", column: str) -> int:
    """How many rows have a text that stood before; a missing text equals the empty one."""
    from llmops_workbench.text.exact_duplicates import exact_duplicates

    if profile.type == "text":
        nothing = 1 if profile.missing and not profile.empty else 0
        return max(int(table.num_rows) - profile.unique - nothing, 0)
    return int((~exact_duplicates(texts_of(table, column)).kept).sum())


def _sample(total: int, wanted: int, seed: int) -> Any:
    """The numbers of a random sample of rows, ascending."""
    import numpy as np

    chosen = np.random.default_rng(seed).choice(total, wanted, replace=False)
    return np.sort(chosen)


def _counter(tokenizer: "Reference | None") -> Any:
    if tokenizer is None:
        return None
    from llmops_workbench.models.counting import token_counter

    return token_counter(tokenizer)


def _personal(texts: list[str | None]) -> dict[str, int]:
    """In how many rows each kind of personal data or secret stands."""
    from llmops_workbench.text import pii

    rows: Counter[str] = Counter()
    for text in texts:
        if text:
            rows.update({span.kind for span in pii.find(text)})
    return dict(sorted(rows.items()))


def _languages(texts: list[str | None], most: int, seed: int) -> tuple[dict[str, int], int]:
    from llmops_workbench.text.language import detect

    there = [text for text in texts if text]
    if len(there) > most:
        there = [there[row] for row in _sample(len(there), most, seed)]
    counted = Counter(language.code for language in detect(there)) if there else Counter[str]()
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return dict(ordered), len(there)
