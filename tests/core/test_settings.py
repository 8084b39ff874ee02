"""Settings: where a value comes from, and wrong ones."""

import pytest

from llmops_workbench.core.errors import NotFoundError, UsageError, WorkspaceError
from llmops_workbench.core.settings import Settings


def test_flag_beats_environment_beats_file_beats_default(tmp_path, monkeypatch):
    key = "execution.max_local_jobs"
    file = tmp_path / "llmops.toml"
    assert (Settings(file).get(key), Settings(file).source(key)) == (1, "default")
    file.write_text("[execution]\nmax_local_jobs = 2\n")
    assert (Settings(file).get(key), Settings(file).source(key)) == (2, "llmops.toml")
    monkeypatch.setenv("LLMOPS_EXECUTION_MAX_LOCAL_JOBS", "3")
    assert Settings(file).get(key) == 3
    assert Settings(file).source(key).startswith("environment")
    flagged = Settings(file, {key: "4"})
    assert (flagged.get(key), flagged.source(key)) == (4, "flag")


def test_wrong_names_and_values_get_a_sentence(tmp_path):
    with pytest.raises(NotFoundError, match=r"did you mean 'models\.threads'"):
        Settings(None).get("models.thread")
    with pytest.raises(UsageError, match="must be a int"):
        Settings(None, {"models.threads": "many"}).get("models.threads")
    broken = tmp_path / "llmops.toml"
    broken.write_text("[models\n")
    with pytest.raises(WorkspaceError, match="not valid TOML"):
        Settings(broken)
