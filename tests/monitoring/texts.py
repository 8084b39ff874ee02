"""Made-up texts of two sources, and traffic of an endpoint that was asked them."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

FILM_TEXT = "film actor scene plot director story cast screen drama ending script comedy camera"
SHOP_TEXT = "battery price delivery phone charger order refund parcel invoice cable screen box"
COMMON_TEXT = "the a is was very not good bad and but with this that more than really"
FILM, SHOP, COMMON = FILM_TEXT.split(), SHOP_TEXT.split(), COMMON_TEXT.split()


def texts(count: int, seed: int, topic: list[str] = FILM) -> list[str]:
    """Short texts about one topic; the same seed gives the same ones."""
    draw = random.Random(seed)
    words = [*topic, *COMMON]
    return [" ".join(draw.choices(words, k=draw.randint(4, 18))) for _ in range(count)]


def ask(workspace: Any, asked: Iterable[str], **fields: Any) -> None:
    """Append traffic events as an endpoint keeps them."""
    from llmops_workbench.tracking import events

    user = fields.pop("user", None)
    made = [
        {
            "endpoint": "reviews",
            "request_id": f"{user}-{number}-{random.random()}",
            "request": {"messages": [{"role": "user", "content": text}], "user": user},
            "status": 200,
            "latency_ms": 10.0 + number,
            "prompt_tokens": 5,
            "completion_tokens": 2,
            **fields,
        }
        for number, text in enumerate(asked)
    ]
    events.append("traffic", made, workspace=workspace)


def register_endpoint(workspace: Any) -> None:
    from llmops_workbench.tracking.catalogue import Catalogue

    Catalogue(workspace).register("endpoint", "reviews", hash="sha256-" + "0" * 64, meta={})
