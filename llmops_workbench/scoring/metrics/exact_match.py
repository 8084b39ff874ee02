"""Whether an answer is the reference, after a stated clean-up."""

from __future__ import annotations

from llmops_workbench.scoring.metric import metric, one_of
from llmops_workbench.scoring.normal_forms import NORMAL_FORMS


@metric("exact_match", kind="proportion", help="Share of answers that are the reference.")
def exact_match(prediction: str, references: list[str], *, normalize: str = "strip") -> float:
    """Give 1 when the prediction equals one of the references, else 0.

    Args:
        prediction: The answer.
        references: The right answers.
        normalize: "none" compares as it stands; "strip" ignores spaces at both ends; "fold" also
            case, width and repeated spaces; "squad" lower-cases and drops ASCII punctuation and
            English articles (Rajpurkar and others, EMNLP 2016).
    """
    form = NORMAL_FORMS[one_of("exact_match", "normalize", normalize, tuple(NORMAL_FORMS))]
    return float(form(prediction) in {form(one) for one in references})
