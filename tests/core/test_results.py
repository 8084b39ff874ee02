"""Results: frozen, shown everywhere, and compared without what varies."""

import pytest
from pydantic import BaseModel, ValidationError

from llmops_workbench.core.results import Result, Volatile


class Part(BaseModel):
    name: str
    seconds: Volatile[float]


class Counted(Result):
    rows: int
    path: Volatile[str] = ""
    parts: list[Part] = []
    note: str = ""


def test_the_digest_leaves_out_what_varies_at_every_depth():
    one = Counted(rows=3, path="a", run_id="r1", parts=[Part(name="x", seconds=1.0)])
    two = Counted(rows=3, path="b", run_id="r2", parts=[Part(name="x", seconds=2.0)])
    three = Counted(rows=4, path="a", run_id="r1", parts=[Part(name="x", seconds=1.0)])
    assert one.digest() == two.digest()
    assert one.digest() != three.digest()


def test_a_result_cannot_be_changed():
    with pytest.raises(ValidationError):
        Counted(rows=3).rows = 4


def test_it_survives_its_json():
    one = Counted(rows=3, parts=[Part(name="数", seconds=1.0)])
    assert Counted.model_validate(one.to_dict()) == one


def test_what_is_shown_is_text_and_never_markup():
    shown = Counted(rows=1, note="<script>alert(1)</script>")._repr_html_()
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown


def test_it_is_a_table():
    assert Counted(rows=3).to_frame().loc[0, "rows"] == 3
