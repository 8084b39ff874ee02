"""The private PostgreSQL server that store tests run against."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.postgres


def test_each_test_has_an_empty_database_of_its_own(postgres_url: str) -> None:
    import sqlalchemy

    engine = sqlalchemy.create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE mark (n integer)"))
        tables = sqlalchemy.inspect(connection).get_table_names()
        user = connection.execute(sqlalchemy.text("SELECT current_user")).scalar()
    engine.dispose()
    assert tables == ["mark"]
    assert user == "llmops"


def test_what_another_test_left_is_gone(postgres_url: str) -> None:
    import sqlalchemy

    engine = sqlalchemy.create_engine(postgres_url)
    with engine.connect() as connection:
        tables = sqlalchemy.inspect(connection).get_table_names()
    engine.dispose()
    assert tables == []


def test_a_wrong_password_is_refused(postgres_url: str) -> None:
    import sqlalchemy

    wrong = sqlalchemy.make_url(postgres_url).set(password="wrong")
    engine = sqlalchemy.create_engine(wrong)
    with pytest.raises(sqlalchemy.exc.OperationalError, match="password authentication failed"):
        engine.connect()
