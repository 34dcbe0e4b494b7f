"""Targets hide their secrets; batches carry the texts that Arrow cannot say."""

import pyarrow as pa
import pytest

from baselayer.app.connections.drivers.base import (
    Column,
    Target,
    attach,
    check_options,
    cut_in,
    kept_in,
    secret_context,
)
from baselayer.app.connections.drivers.registry import driver_for
from baselayer.app.errors import UnknownOptionError


def test_target_shows_no_secret() -> None:
    target = Target(
        "postgresql", "db", 5432, "shop", "ann", password="hunter2", tls_key="PRIVATE KEY"
    )
    assert "hunter2" not in repr(target)
    assert "PRIVATE KEY" not in repr(target)


def test_context_names_what_a_secret_was_entered_for() -> None:
    assert secret_context("postgresql", "db", 5432, "require") == "postgresql|db|5432|require"


def test_column_becomes_a_field_with_its_source_type() -> None:
    field = Column("price", pa.decimal128(10, 2), "numeric").to_field()
    assert (field.name, field.type) == ("price", pa.decimal128(10, 2))
    assert field.metadata == {b"source_type": b"numeric"}


@pytest.mark.parametrize(
    "option",
    [
        *("passfile", "service", "sslkey", "sslcert", "sslrootcert", "options", "hostaddr", "host"),
        *("requirepeer", "gssencmode", "password", "Search_Path", "search_path ", ""),
    ],
)
def test_option_outside_the_list_is_refused_by_name(option: str) -> None:
    with pytest.raises(UnknownOptionError, match="search_path"):
        check_options(driver_for("postgresql"), {option: "x"})


def test_known_options_pass() -> None:
    check_options(driver_for("postgresql"), {"search_path": "public", "timezone": "UTC"})


def test_kept_and_cut_texts_survive_the_metadata() -> None:
    batch = pa.record_batch({"a": [None, 1]})
    marked = attach(batch, {0: {0: "infinité ∞"}}, {0: {1: 99}})
    assert kept_in(marked.schema.metadata) == {0: {0: "infinité ∞"}}
    assert cut_in(marked.schema.metadata) == {0: {1: 99}}
    assert marked.schema.equals(batch.schema)


def test_batch_without_such_texts_has_no_metadata() -> None:
    batch = attach(pa.record_batch({"a": [1]}), {}, {})
    assert batch.schema.metadata is None
    assert (kept_in(None), cut_in({})) == ({}, {})
