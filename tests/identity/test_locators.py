"""Locators: there and back, and nothing else."""

import uuid

import pytest

from baselayer.app.identity.locators import by_locator, hashed_id_of, id_in, locator_of, number_in
from baselayer.app.models import Account, SqlConnection, UserProfile


def test_locator_leads_back_to_its_record() -> None:
    assert locator_of(Account(id=1)) == "account-rMTAwMDAwMQx"
    assert Account(id=1).record_locator == "account-rMTAwMDAwMQx"
    for number in (1, 77, 2**31 - 1):
        assert number_in(locator_of(UserProfile(id=number)), UserProfile) == number
    assert number_in("account-000rMTAwMDAwMQx", Account) == 1


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "account-",
            "account-rx",
            "account-r!!x",
            "account-rMTAwMDAwMQ",
            "ACCOUNT-rMTAwMDAwMQx",
        ),
        *("userprofile-rMTAwMDAwMQx", "account-rMTAwMDAwMAx", "account-rOTk5OTk5OTk5OTk5OTk5x"),
        *("account-rMTAwMDAwMQx ", "account-r4pGix", "account-rMQx"),
    ],
)
def test_what_is_no_locator_of_the_class_names_nothing(text: str) -> None:
    assert number_in(text, Account) is None


def test_look_up_by_locator_needs_no_database_for_nonsense() -> None:
    assert by_locator(None, Account, "nonsense") is None  # type: ignore[call-overload] # none is asked


def test_locator_of_a_uuid_leads_back_too() -> None:
    ident = uuid.UUID("01890000-0000-7000-8000-000000000001")
    record = SqlConnection(id=ident)
    assert record.record_locator == f"sqlconnection-{record.hashed_id}"
    assert record.hashed_id == hashed_id_of(ident)
    assert id_in(record.record_locator, SqlConnection) == ident
    assert number_in(record.record_locator, SqlConnection) is None
    assert id_in(f"account-{record.hashed_id}", Account) is None
    assert id_in("sqlconnection-rMTAwMDAwMQx", SqlConnection) is None
