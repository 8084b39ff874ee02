"""Whether a label is the right one."""

from __future__ import annotations

from llmops_workbench.scoring.metric import metric


@metric("accuracy", kind="proportion", help="Share of labels that are right.")
def accuracy(prediction: str, references: list[str]) -> float:
    """Give 1 when the label equals one of the right labels, else 0; spaces at the ends are ignored.

    Args:
        prediction: The label that was given.
        references: The right labels.
    """
    return float(prediction.strip() in {one.strip() for one in references})
