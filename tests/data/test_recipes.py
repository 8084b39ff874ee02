"""A recipe is checked whole before a row is touched, and an error says where and what is near."""

import pytest

from llmops_workbench.core.errors import NotFoundError, UsageError
from llmops_workbench.data.recipes import parse_recipe, read_recipe_text, steps

KNOWN = {
    "select", "rename", "drop", "cast", "filter", "normalise", "normalize", "dedup_exact",
    "dedup_near", "redact_pii", "decontaminate", "map_values", "sample", "roles", "split",
}  # fmt: skip


def test_all_steps_are_found_by_their_files():
    assert set(steps.names()) >= KNOWN


def test_bare_values_stand_for_the_first_option():
    plan = parse_recipe(
        "steps:\n- dedup_exact: text\n- filter: n > 3\n- sample: 5\n- drop: a\n- dedup_exact\n"
        "- redact_pii: [a, b]\n"
    )
    assert [planned.key for planned in plan] == [
        'dedup_exact {"column": "text", "columns": null, "ignore": "none"}',
        'filter {"where": "n > 3"}',
        'sample {"fraction": null, "rows": 5, "seed": 0}',
        'drop {"columns": ["a"]}',
        'dedup_exact {"column": null, "columns": null, "ignore": "none"}',
        'redact_pii {"column": null, "columns": ["a", "b"], "kinds": null}',
    ]


def test_the_contracts_steps_are_understood():
    plan = parse_recipe(
        "steps:\n- dedup_near: {column: text, threshold: 0.7, shingle: 1}\n"
        "- dedup_exact: {column: text}\n- split: {train: 0.8, test: 0.2, seed: 7}\n"
        "- roles: {input: text, target: label}\n"
    )
    assert plan[2].options.parts == {"train": 0.8, "test": 0.2}
    assert plan[3].options.roles == {"input": "text", "target": "label"}


def test_no_is_a_label():
    (plan,) = parse_recipe("- map_values: {column: a, values: {no: off, yes: on, true: 1}}")
    assert plan.options.values == {"no": "off", "yes": "on", True: 1}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("steps:\n- dedup_naer: {column: text}", "step 1: .*'dedup_naer'; .*'dedup_near'"),
        ("steps:\n- dedup_near: {column: t, treshold: 1}", "no option 'treshold'.*'threshold'"),
        ("steps:\n- dedup_near: {column: t, threshold: 1.5}", "threshold: .*than or equal to 1"),
        ("steps:\n- dedup_near: {}", "the option 'column' is missing"),
        ("steps:\n- split: {train: 0.8, test: 0.3}", r"sum of 1 \(it is 1.1\)"),
        ("steps:\n- sample: {rows: 1, fraction: 0.5}", "either 'rows' or 'fraction'"),
        ("steps:\n- redact_pii: {column: t, kinds: [emial]}", "did you mean 'email'"),
        ("steps:\n- cast: {columns: {n: int}}", "columns.n: .*'text', 'integer'"),
        ("steps:\n- {a: 1, b: 2}", "step 1 of the recipe is not one"),
        ("steps: {}", "not a list of steps"),
        ("stepz:\n- a", "a recipe is YAML with 'steps:'"),
        ("steps:\n- a\nextra: 1", "no 'extra'"),
        ("steps:\n- a: [", "not YAML at line"),
        ("- !!python/object/apply:os.system [id]", "not YAML"),
        ("", "a recipe is YAML"),
        ("[" * 5000, "nested too deeply|not YAML"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_sentence(text, words):
    with pytest.raises(UsageError, match=words):
        parse_recipe(text)


def test_a_recipe_is_its_text_or_a_file(tmp_path):
    file = tmp_path / "r.yaml"
    file.write_text("steps:\n- dedup_exact: text\n", encoding="utf-8")
    assert read_recipe_text(str(file)) == file.read_text()
    assert read_recipe_text("steps: [dedup_exact]") == "steps: [dedup_exact]"
    with pytest.raises(NotFoundError, match=r"no recipe file 'none.yaml'"):
        read_recipe_text("none.yaml")
