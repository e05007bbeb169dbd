"""Stack sets on units above and below each other: whoever is in a wanted unit has its stack after the run."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import boto3
import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils import stack_set
from ansible_collections.trailwatch.aws.plugins.module_utils.stack_set import SELF
from ansible_collections.trailwatch.aws.plugins.module_utils.stack_set_operations import Conduct, StackSet
from sandbox.client import Sandbox
from tests.sandbox.small_pipeline import Account

TEMPLATE = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "audit"}}}})
PREFERENCES = {"FailureTolerancePercentage": 10, "MaxConcurrentPercentage": 25}


class Nested:
    """A unit with an account, and a unit below it with another one."""

    def __init__(self, sandbox: Sandbox, name: str, upper: Account, lower: Account) -> None:
        self.upper, self.lower = upper, lower
        environment = sandbox.environment()
        self.session = boto3.session.Session(
            environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"], region_name="us-east-1"
        )
        self.address = environment["AWS_ENDPOINT_URL"]
        self.organizations = self.client("organizations")
        self.organizations.enable_aws_service_access(
            ServicePrincipal="member.org.stacksets.cloudformation.amazonaws.com"
        )
        self.root = self.organizations.list_roots()["Roots"][0]["Id"]
        self.parent = self._unit(self.root, name, upper)
        self.child = self._unit(self.parent, f"{name}-below", lower)
        self.stack_set = StackSet(self.client("cloudformation"), name, SELF)

    def client(self, service: str) -> Any:
        return self.session.client(service, endpoint_url=self.address)

    def _unit(self, above: str, name: str, account: Account) -> str:
        made = self.organizations.create_organizational_unit(ParentId=above, Name=name)
        unit = str(made["OrganizationalUnit"]["Id"])
        self.organizations.move_account(AccountId=account.id, SourceParentId=self.root, DestinationParentId=unit)
        return unit

    def live(self) -> Any:
        return stack_set.describe(self.stack_set.client, self.stack_set.name, SELF)

    def difference(self, units: Sequence[str]) -> stack_set.Change:
        return stack_set.difference(self.live(), self._desired(units))

    def apply(self, *units: str) -> None:
        conduct = Conduct(PREFERENCES, pause_seconds=0.1)
        stack_set.apply(self.stack_set, self.live(), self._desired(units), self.difference(units), conduct)

    def _desired(self, units: Sequence[str]) -> dict[str, Any]:
        return {"TemplateBody": TEMPLATE, stack_set.UNITS: list(units)}

    def enrolled(self) -> set[str]:
        """Who has the stack."""
        return {each.id for each in (self.upper, self.lower) if each.client("sns").list_topics()["Topics"]}


@pytest.fixture
def nested(sandbox: Sandbox, account: Account) -> Nested:
    lower = Account(sandbox, str(int(account.id) + 9000))
    sandbox.add_accounts(lower.id)
    return Nested(sandbox, f"audit-{account.id}", account, lower)


@pytest.mark.parametrize(
    ("before", "after", "enrolled"),
    [
        pytest.param(["child"], ["parent"], {"upper", "lower"}, id="widened"),
        pytest.param(["parent"], ["child"], {"lower"}, id="narrowed"),
        pytest.param(["parent", "child"], ["parent"], {"upper", "lower"}, id="a child is taken off"),
    ],
)
def test_accounts_of_the_wanted_units_have_their_stacks(
    nested: Nested, before: list[str], after: list[str], enrolled: set[str]
) -> None:
    nested.apply(*(getattr(nested, unit) for unit in before))
    units = [getattr(nested, unit) for unit in after]
    nested.apply(*units)
    assert nested.enrolled() == {getattr(nested, name).id for name in enrolled}
    assert not nested.difference(units)


def test_what_was_broken_off_after_the_deletion_is_seen_and_mended(
    nested: Nested, monkeypatch: pytest.MonkeyPatch
) -> None:
    nested.apply(nested.parent, nested.child)
    with monkeypatch.context() as broken:
        broken.setattr(stack_set, "_everywhere", _once(stack_set._everywhere))
        with pytest.raises(KeyboardInterrupt):
            nested.apply(nested.parent)
    assert nested.enrolled() == {nested.upper.id}
    assert nested.difference([nested.parent]).after == {"LastOperation": "CREATE"}
    nested.apply(nested.parent)
    assert nested.enrolled() == {nested.upper.id, nested.lower.id}
    assert not nested.difference([nested.parent])


def test_a_set_goes_also_with_the_stack_of_a_closed_account(nested: Nested) -> None:
    nested.apply(nested.parent)
    nested.organizations.close_account(AccountId=nested.lower.id)
    assert not nested.difference([nested.parent])
    stack_set.remove(nested.stack_set, nested.live(), Conduct(PREFERENCES, pause_seconds=0.1))
    assert nested.live() is None
    assert not nested.upper.client("sns").list_topics()["Topics"]


def _once(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, but the second call of it is where the run is broken off."""
    calls: list[Any] = []

    def called(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) > 1:
            raise KeyboardInterrupt
        return function(*arguments)

    return called
