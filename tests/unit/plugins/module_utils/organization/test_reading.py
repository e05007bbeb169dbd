# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of AWS for an organization, and what becomes of the answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any
from unittest.mock import patch

import botocore.session
import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from botocore.client import BaseClient
from botocore.config import Config

from ansible_collections.trailwatch.aws.plugins.module_utils.account import RETRIES
from ansible_collections.trailwatch.aws.plugins.module_utils.denied import DeniedError
from ansible_collections.trailwatch.aws.plugins.module_utils.organization.reading import denial, read, read_tags
from ansible_collections.trailwatch.aws.plugins.module_utils.organization.tree import OrganizationError, Unit
from ansible_collections.trailwatch.aws.tests.unit.plugins.modules.aws_calls import answering, error

SESSION = botocore.session.get_session()
KEYS = {"region_name": "us-east-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}
CLIENT = SESSION.create_client("organizations", config=Config(retries=RETRIES), **KEYS)
STS = SESSION.create_client("sts", **KEYS)

PAGE = 20  # as many as Organizations gives at once
JOINED = datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))
UNITS = {"r-ab12": ["Workloads", "Sandbox"], "Workloads": ["Production"]}


def account(number: int, **other: Any) -> dict[str, Any]:
    known = {"Name": f"account {number}", "Email": "a@example.com", "Arn": "arn", "JoinedMethod": "INVITED"}
    return {"Id": f"{number:012}", **known, "JoinedTimestamp": JOINED, "State": "ACTIVE", **other}


ACCOUNTS = {
    "r-ab12": [account(1)],
    "Production": [account(number) for number in range(100, 145)],
    "Sandbox": [account(2, State="CLOSED", Status="SUSPENDED"), account(3, State=None, Status="ACTIVE")],
}


def page(items: list[Any], name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """One of the pages; before the first, an empty one that goes on, as AWS says that there may be."""
    token = arguments.get("NextToken")
    if token is None and items:
        return {name: [], "NextToken": "0"}
    start = int(token or 0)
    after = {"NextToken": str(start + PAGE)} if start + PAGE < len(items) else {}
    return {name: items[start : start + PAGE], **after}


@contextmanager
def organizations() -> Iterator[list[str]]:
    """In the block, there is an organization; the operations called are recorded."""
    calls: list[str] = []

    def answer(_client: Any, name: str, arguments: Any) -> Any:
        calls.append(name)
        parent = arguments.get("ParentId")
        units = [{"Id": unit, "Name": unit} for unit in UNITS.get(parent, [])]
        answers = {
            "DescribeOrganization": lambda: {"Organization": {"Id": "o-x", "MasterAccountId": "000000000001"}},
            "ListRoots": lambda: {"Roots": [{"Id": "r-ab12", "Name": "Root"}]},
            "ListOrganizationalUnitsForParent": lambda: page(units, "OrganizationalUnits", arguments),
            "ListAccountsForParent": lambda: page(ACCOUNTS.get(parent, []), "Accounts", arguments),
            "ListTagsForResource": lambda: page(
                [{"Key": "id", "Value": arguments["ResourceId"]}, {"Key": "on", "Value": ""}], "Tags", arguments
            ),
        }
        return answers[name]()

    with patch.object(BaseClient, "_make_api_call", answer):
        yield calls


def test_all_accounts_are_found_where_they_are() -> None:
    with organizations():
        found = read(CLIENT)
    assert (found.id, found.management_account) == ("o-x", "000000000001")
    assert found.units == {
        "r-ab12": Unit("r-ab12", "", "/"),
        "Workloads": Unit("Workloads", "r-ab12", "Workloads"),
        "Sandbox": Unit("Sandbox", "r-ab12", "Sandbox"),
        "Production": Unit("Production", "Workloads", "Workloads/Production"),
    }
    where = {account.id: account.unit for account in found.accounts}
    assert list(where) == [f"{number:012}" for number in (1, 2, 3, *range(100, 145))]
    assert [where[f"{number:012}"] for number in (1, 2, 100)] == ["r-ab12", "Sandbox", "Production"]
    assert {account.joined for account in found.accounts} == {"2026-01-01T00:00:00+00:00"}


def test_the_number_of_calls_goes_by_units_and_pages_not_by_accounts() -> None:
    with organizations() as calls:
        read(CLIENT)
    # One for each unit, and one for each further page: here, where there is something, also an empty one before it.
    assert calls.count("ListOrganizationalUnitsForParent") == 4 + 2
    assert calls.count("ListAccountsForParent") == 4 + 3 + 2
    assert len(calls) == 2 + 6 + 9
    assert "ListParents" not in calls


def test_the_state_counts_and_where_there_is_none_the_status_that_it_replaced() -> None:
    with organizations():
        states = {account.id: account.state for account in read(CLIENT).accounts}
    assert (states["000000000002"], states["000000000003"]) == ("CLOSED", "ACTIVE")


def test_accounts_of_which_no_state_is_known_are_no_empty_inventory() -> None:
    with (
        organizations(),
        patch.dict(ACCOUNTS, {"r-ab12": [account(1, State=None)]}),
        pytest.raises(OrganizationError, match="The state of account 000000000001 is not known, as this botocore"),
    ):
        read(CLIENT)


def test_tags_are_read_of_the_accounts_that_are_named() -> None:
    with organizations() as calls:
        tags = read_tags(CLIENT, ["000000000002", "000000000003"])
    assert tags == {id_: {"id": id_, "on": ""} for id_ in ("000000000002", "000000000003")}
    assert set(calls) == {"ListTagsForResource"}


def test_an_account_in_no_organization_is_told_the_way_out() -> None:
    with (
        answering(DescribeOrganization=error("AWSOrganizationsNotInUseException", "DescribeOrganization")),
        pytest.raises(OrganizationError, match="in no organization. Give credentials of the management account by"),
    ):
        read(CLIENT)


def test_the_missing_permission_is_named_and_who_lacks_it() -> None:
    identity = {"Arn": "arn:aws:iam::222222222222:user/x", "Account": "222222222222"}
    with answering(
        DescribeOrganization=error("AccessDeniedException", "DescribeOrganization"), GetCallerIdentity=identity
    ):
        with pytest.raises(DeniedError) as caught:
            read(CLIENT)
        told = denial(caught.value, STS)
    assert told.startswith(
        "arn:aws:iam::222222222222:user/x may not find the organization in account 222222222222: it lacks the "
        "permission organizations:DescribeOrganization. "
    )
    assert "Organizations answers only the management account, and members that are a delegated administrator" in told


def test_other_errors_say_what_was_wanted() -> None:
    with (
        answering(DescribeOrganization=error("ServiceException", "DescribeOrganization")),
        pytest.raises(AnsibleAWSError, match="Failed to find the organization: .*ServiceException it is"),
    ):
        read(CLIENT)
