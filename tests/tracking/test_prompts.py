"""A prompt version is its template: the same text is one version, a changed one the next."""

import pytest

from llmops_workbench.core.context import activate
from llmops_workbench.core.errors import NotFoundError, UsageError
from llmops_workbench.tracking import prompts

CHAT = [
    {"role": "system", "content": "You sort {{ kind }}."},
    {"role": "user", "content": "{{text}} {{kind}} {not} {{}}"},
]


@pytest.fixture(autouse=True)
def opened(workspace):
    with activate(workspace):
        yield workspace


def test_a_template_is_versioned_by_content():
    first = prompts.register("sort", "Say {{x}} and {{ y }} and {{x}}")
    assert prompts.register("sort", "Say {{x}} and {{ y }} and {{x}}").ref == first.ref
    second = prompts.register("sort", CHAT, aliases=["prod"])
    assert [str(first.ref), str(second.ref)] == ["prompt:sort@1", "prompt:sort@2"]
    assert prompts.load("sort@1").variables == ("x", "y")
    loaded = prompts.load("sort@prod")
    assert (loaded.template, loaded.variables) == (CHAT, ("kind", "text"))


def test_a_literal_is_known_by_its_hash_and_has_the_hash_of_the_named_one():
    literal = prompts.snapshot("Sort {{text}}")
    assert str(literal.ref) == f"prompt:@{literal.hash}"
    assert prompts.load(str(literal.ref)).template == "Sort {{text}}"
    assert prompts.register("sort", "Sort {{text}}").hash == literal.hash
    assert prompts.snapshot("Sort {{text}} ").hash != literal.hash


def test_text_and_a_chat_of_the_same_words_differ():
    assert prompts.template_hash("hi") != prompts.template_hash([{"role": "user", "content": "hi"}])
    turned = [{"content": "hi", "role": "user"}]
    assert prompts.template_hash(turned) == prompts.template_hash(
        [{"role": "user", "content": "hi"}]
    )


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("  \n", "empty"),
        ([], "no messages"),
        ([{"role": "user"}], "message 1 .* needs exactly"),
        ([{"role": "user", "content": 3}], "message 1 .* not both text"),
    ],
)
def test_a_malformed_template_is_refused(template, words):
    with pytest.raises(UsageError, match=words):
        prompts.register("bad", template)
    with pytest.raises(NotFoundError):
        prompts.load("bad")
