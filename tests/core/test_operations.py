"""Operations: one definition, read without importing it."""

import json
import subprocess
import sys
from typing import Annotated, Literal

import pytest
from pydantic import Field

from llmops_workbench.core import operations
from llmops_workbench.core.errors import NotFoundError, UsageError
from llmops_workbench.core.references import ColumnName, DatasetRef, Reference
from llmops_workbench.core.results import Result


@pytest.fixture
def sample():
    @operations.operation(stage="data", records=False)
    def sample_operation(
        source: DatasetRef,
        *,
        column: ColumnName | None = None,
        others: list[DatasetRef] = [],
        limit: Annotated[int | None, Field(gt=0)] = None,
        mode: Literal["fast", "exact"] = "fast",
        shuffle: bool = False,
        rate: float = 0.5,
        options: dict[str, int] = {},
    ) -> Result:
        """Count things in a dataset.

        They are counted one by one.

        Args:
            source: Where they are.
            limit: Use only the first rows;
                all when left out.

        Raises:
            NotFoundError: There is no such dataset.

        Example:
            llmops sample_operation home@1 --limit 3
        """
        return Result()

    yield operations.get("sample_operation")
    del operations._loaded["sample_operation"]


def test_the_docstring_gives_the_help(sample):
    assert sample.summary == "Count things in a dataset."
    assert sample.description == "They are counted one by one."
    assert sample.example == "llmops sample_operation home@1 --limit 3"
    assert sample.errors == [("NotFoundError", "There is no such dataset.")]
    assert sample.parameter("limit").help == "Use only the first rows; all when left out."


def test_the_signature_gives_the_parameters(sample):
    described = {item.name: item for item in sample.parameters}
    assert described["source"].positional
    assert described["source"].required
    assert described["source"].points.kind == "dataset"
    assert not described["limit"].positional
    assert described["others"].many
    assert described["others"].points.kind == "dataset"
    assert described["mode"].literal == ("fast", "exact")
    assert described["shuffle"].flag
    assert described["options"].mapping
    assert described["column"].choices.source == "columns"


def test_text_is_converted_to_the_declared_types(sample):
    checked = sample.validate(
        {"source": "dataset:a@1", "limit": "3", "shuffle": "true", "rate": "0.25"}
    )
    assert checked["source"] == Reference("dataset", "a", "1")
    assert (checked["limit"], checked["shuffle"], checked["rate"]) == (3, True, 0.25)
    assert checked["mode"] == "fast"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"source": "dataset:a@1", "limt": 3}, "no parameter 'limt'; did you mean 'limit'"),
        ({}, "needs source"),
        ({"source": "dataset:a@1", "limit": 0}, "limit is 0"),
        ({"source": "dataset:a@1", "limit": "many"}, "limit is 'many'"),
        ({"source": "dataset:a@1", "mode": "slow"}, "mode is 'slow'"),
    ],
)
def test_wrong_arguments_get_one_sentence(sample, arguments, sentence):
    with pytest.raises(UsageError) as caught:
        sample.validate(arguments)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_schema_is_json_and_names_kinds_and_choices(sample):
    schema = json.loads(json.dumps(sample.schema()))
    assert schema["required"] == ["source"]
    assert schema["properties"]["source"]["x-llmops-kind"] == "dataset"
    assert schema["properties"]["mode"]["enum"] == ["fast", "exact"]
    assert schema["properties"]["limit"]["description"].startswith("Use only")
    assert schema["additionalProperties"] is False


def test_an_unknown_verb_names_the_nearest(sample):
    with pytest.raises(NotFoundError, match="did you mean 'sample_operation'"):
        operations.get("sample_operatoin")


def test_the_index_imports_no_room():
    code = (
        "import sys; from llmops_workbench.core import operations; operations.index();"
        "print([m for m in sys.modules if m.startswith('llmops_workbench.')"
        " and not m.startswith('llmops_workbench.core') and m != 'llmops_workbench.version'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_the_index_says_is_what_the_function_says():
    for name, entry in operations.built_in().items():
        found = operations.get(name)
        assert (entry.stage, entry.runs) == (found.stage, found.runs), name
        assert entry.summary == found.summary, name


def test_every_parameter_and_error_of_every_operation_is_explained():
    for name in operations.built_in():
        found = operations.get(name)
        for parameter in found.parameters:
            assert parameter.help, f"{name}: {parameter.name} has no help"
        assert found.example.startswith("llmops "), f"{name} has no example"
