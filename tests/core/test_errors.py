"""The error tree and its single map."""

import errno

import pytest

from llmops_workbench.core import errors


@pytest.mark.parametrize(
    ("error", "status", "exit_code"),
    [
        (errors.UsageError("x"), 400, 2),
        (errors.NotFoundError("x"), 404, 2),
        (errors.AmbiguousError("x"), 409, 2),
        (errors.DataError("x"), 422, 2),
        (errors.UntrustedError("x"), 403, 2),
        (errors.WorkspaceError("x"), 503, 2),
        (errors.StorageError("x"), 507, 2),
        (errors.MissingDependencyError("x"), 501, 2),
        (errors.ConflictError("x"), 409, 1),
        (errors.JobError("x"), 500, 1),
        (errors.GateNotPassedError("x"), 409, 100),
        (errors.CancelledError("x"), 499, 130),
        (KeyboardInterrupt(), 499, 130),
        (OSError(errno.ENOSPC, "No space left on device", "/a/b"), 507, 2),
        (OSError(errno.EROFS, "Read-only file system", "/a/b"), 503, 2),
        (ZeroDivisionError("division by zero"), 500, 1),
    ],
)
def test_every_error_has_one_status_and_one_code(error, status, exit_code):
    found = errors.outcome(error)
    assert (found.status, found.exit_code) == (status, exit_code)
    assert found.message


def test_every_class_of_the_tree_is_in_the_map():
    def below(kind):
        return {kind}.union(*(below(child) for child in kind.__subclasses__()))

    mapped = tuple(kind for kind, _, _ in errors._OUTCOMES if kind is not errors.LLMOpsError)
    unmapped = {kind for kind in below(errors.LLMOpsError) if not issubclass(kind, mapped)}
    assert unmapped == {errors.LLMOpsError}


def test_a_message_is_one_line():
    assert "\n" not in errors.outcome(errors.UsageError("first\nsecond\n third")).message


def test_a_foreign_error_names_its_type():
    assert errors.outcome(ZeroDivisionError("by zero")).message == "ZeroDivisionError: by zero"


def test_the_nearest_name_is_suggested():
    known = ["accuracy", "rougeL", "Über"]
    assert errors.nearest("acuracy", known) == "accuracy"
    assert errors.nearest("ROUGEL", known) == "rougeL"
    assert errors.nearest("über", known) == "Über"
    assert errors.nearest("zzzz", known) is None


def test_not_found_lists_what_there_is_when_nothing_is_near():
    assert "did you mean 'bleu'" in str(errors.not_found("metric", "bleuu", ["bleu", "chrf"]))
    assert "there is bleu, chrf" in str(errors.not_found("metric", "zzz", ["chrf", "bleu"]))
    assert "there is none yet" in str(errors.not_found("model", "zzz", []))


def test_a_missing_part_names_the_extra_to_install():
    with pytest.raises(
        errors.MissingDependencyError, match=r"pip install 'llmops-workbench\[ray\]'"
    ):
        errors.require("no_such_module_anywhere", "ray", "to scale out")


def test_a_full_disk_is_said_whichever_library_wrapped_it():
    wrapped = RuntimeError("(sqlite3.OperationalError) database or disk is full [SQL: INSERT …]")
    said = errors.outcome(wrapped)
    assert (said.status, said.exit_code) == (507, 2)
    assert "the disk is full" in said.message
