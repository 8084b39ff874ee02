"""Secrets: by name, and struck out of what leaves."""

import pytest

from llmops_workbench.core import secrets
from llmops_workbench.core.errors import NotFoundError, UntrustedError, UsageError


def test_environment_and_file(tmp_path, monkeypatch):
    monkeypatch.setenv("A_KEY", "s3cret-value-one")
    assert secrets.resolve("env:A_KEY") == "s3cret-value-one"
    file = tmp_path / "key"
    file.write_text("s3cret-value-two\n")
    file.chmod(0o600)
    assert secrets.resolve(f"file:{file}") == "s3cret-value-two"
    assert secrets.redact("x s3cret-value-one y s3cret-value-two") == "x [secret] y [secret]"


def test_a_file_that_others_can_read_is_refused(tmp_path):
    file = tmp_path / "key"
    file.write_text("s3cret")
    file.chmod(0o644)
    with pytest.raises(UntrustedError, match="chmod 600"):
        secrets.resolve(f"file:{file}")


def test_missing_ones_never_show_a_value(tmp_path):
    with pytest.raises(NotFoundError, match="NO_SUCH_KEY"):
        secrets.resolve("env:NO_SUCH_KEY")
    with pytest.raises(NotFoundError, match="no secret file"):
        secrets.resolve(f"file:{tmp_path}/none")
    with pytest.raises(UsageError) as caught:
        secrets.resolve("sk-literal-value")
    assert "sk-literal-value" not in str(caught.value)


def test_a_value_inside_another_leaves_nothing_of_it():
    secrets.remember("swordfish")
    secrets.remember("swordfish-and-chips")
    assert secrets.redact("eat swordfish-and-chips, swordfish") == "eat [secret], [secret]"
