"""Addresses of databases are shown without what is secret."""

import pytest

from console.sources.postgres.address import address_of, is_address


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://zak:s3cret%21@db.example:5433/prod", "postgresql://zak@db.example:5433/prod"),
        ("postgres://zak@db/prod?sslmode=require&password=s3cret!", "postgresql://zak@db/prod?sslmode=require"),
        ("postgresql://db/prod", "postgresql://db/prod"),
        ("postgresql:///prod?host=/run/pg", "postgresql:///prod?host=%2Frun%2Fpg"),
        ("postgresql://:s3cret!@/prod", "postgresql:///prod"),
    ],
)
def test_what_is_secret_is_left_out(text: str, shown: str) -> None:
    found = address_of(text)
    assert found.shown == shown and "s3cret" not in found.shown + repr(found) + found.name
    assert "s3cret" not in text or "s3cret" not in found.without_secrets("refused: password s3cret! or s3cret%21")
    assert is_address(text) and not is_address("/tmp/postgresql")


def test_two_databases_have_two_names() -> None:
    names = {address_of(f"postgresql://{each}").name for each in ("a/x", "a/y", "b/x", "zak@a/x", "a:5433/x")}
    assert len(names) == 5
    assert address_of("postgresql://u:one@a/x").name == address_of("postgresql://u:two@a/x").name


def test_an_address_that_cannot_be_read_repeats_nothing() -> None:
    with pytest.raises(ValueError, match="no address of a database") as error:
        address_of("postgresql://u:s3cret@[::1/x")
    assert "s3cret" not in str(error.value)
