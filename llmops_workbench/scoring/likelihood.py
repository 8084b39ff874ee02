"""Choose among given answers by how likely a model finds each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from llmops_workbench.core.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray


class Choice(NamedTuple):
    """Which answer won on each row.

    Attributes:
        winner: Place of the likeliest answer, shape (n,); -1 where a likelihood is not a number.
        margin: Its lead over the second, in nats (per token or character when normalised), (n,).
    """

    winner: NDArray[np.int64]
    margin: NDArray[np.float64]


def choose(
    log_likelihoods: ArrayLike,
    lengths: ArrayLike | None = None,
    normalize: Literal["sum", "token", "char"] = "sum",
) -> Choice:
    """Pick the likeliest of k answers on each of n rows.

    Args:
        log_likelihoods: Shape (n, k), the summed log-likelihood of each answer, in nats.
        lengths: Shape (n, k) or (k,), the answers' lengths in tokens or characters.
        normalize: "sum" compares the sums; "token" and "char" divide by the lengths, so that a long
            answer is not held back by its length.

    Returns:
        The choices; of equal answers the first wins, with margin 0.

    Raises:
        UsageError: Shapes do not fit, or a length is missing or not positive.
    """
    import numpy as np

    scores = np.asarray(log_likelihoods, dtype=np.float64)
    if scores.ndim != 2 or scores.shape[1] < 2:
        raise UsageError(
            f"likelihoods have shape {scores.shape}; give rows of at least two answers each"
        )
    if normalize not in ("sum", "token", "char"):
        raise UsageError(f"normalize is '{normalize}'; it is sum, token or char")
    if normalize != "sum":
        if lengths is None:
            raise UsageError(f"normalize='{normalize}' needs the answers' lengths")
        sizes = np.asarray(lengths, dtype=np.float64)
        if sizes.shape not in (scores.shape, scores.shape[1:]) or not (sizes > 0).all():
            raise UsageError("lengths are positive and have the shape of the likelihoods")
        scores = scores / sizes
    lost: NDArray[np.bool_] = np.asarray(np.isnan(scores).any(axis=1))
    safe = np.where(lost[:, None], 0.0, scores)
    ordered = np.sort(safe, axis=1)
    with np.errstate(invalid="ignore"):  # two answers that are both impossible
        margin = ordered[:, -1] - ordered[:, -2]
    return Choice(
        np.where(lost, -1, safe.argmax(axis=1)),
        np.where(lost, np.nan, np.nan_to_num(margin, nan=0.0, posinf=np.inf)),
    )
