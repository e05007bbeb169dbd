"""Which subscribers are accepted, what their filters become, and what the user is told of the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.catalogue import catalogue
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings_error import SettingsError
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.subscribers import check_subscribers, warnings_of
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.stack.test_desired import SETTINGS

ADDRESS = "secops@example.com"
ACCOUNT = "111111111111"
REPORTED = catalogue().presets["standard"].actions


def policy(filters: dict[str, Any], reported: Sequence[str] = REPORTED) -> dict[str, Any]:
    """The filter policy of a subscriber with these filters."""
    (subscription,) = check_subscribers([{"endpoint": ADDRESS, **filters}], reported)
    assert subscription["filter_policy_scope"] == "MessageAttributes"
    assert subscription.keys() == {"protocol", "endpoint", "filter_policy", "filter_policy_scope"}
    return dict(subscription["filter_policy"])


def test_a_plain_address_is_a_subscriber_of_whom_no_attribute_is_read() -> None:
    assert check_subscribers([ADDRESS], REPORTED) == ({"protocol": "email", "endpoint": ADDRESS},)


@pytest.mark.parametrize("filters", [{}, {"filter_policy": None}, {"filter_policy": {}}])
def test_of_a_dictionary_without_filters_a_filter_that_was_there_is_to_go(filters: dict[str, Any]) -> None:
    assert check_subscribers([{"endpoint": ADDRESS, **filters}], REPORTED) == (
        {"protocol": "email", "endpoint": ADDRESS, "filter_policy": {}},
    )


def test_a_subscriber_with_options() -> None:
    queue = {"protocol": "sqs", "endpoint": "arn:aws:sqs:us-east-1:111111111111:siem", "raw_message_delivery": True}
    assert check_subscribers([queue], REPORTED) == ({**queue, "filter_policy": {}},)


def test_firehose_is_subscribed_by_its_role() -> None:
    stream = {
        "protocol": "firehose",
        "endpoint": "arn:aws:firehose:us-east-1:111111111111:deliverystream/siem",
        "subscription_role_arn": "arn:aws:iam::111111111111:role/sns-to-firehose",
    }
    (subscription,) = check_subscribers([stream], REPORTED)
    assert subscription == {**stream, "filter_policy": {}}
    del stream["subscription_role_arn"]
    with pytest.raises(SettingsError, match=r"iam_alerting_subscribers\[0\].subscription_role_arn: is missing"):
        check_subscribers([stream], REPORTED)


def test_a_filter_policy_is_taken_as_it_is() -> None:
    assert policy({"filter_policy": {"actor": [{"anything-but": "ci"}]}}) == {"actor": [{"anything-but": "ci"}]}


def test_a_filter_policy_for_the_body_is_left_to_sns() -> None:
    entry = {"endpoint": ADDRESS, "filter_policy": {"api": {"operation": ["x"]}}, "filter_policy_scope": "MessageBody"}
    assert check_subscribers([entry], REPORTED) == ({"protocol": "email", **entry},)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"minimum_severity": "critical"}, {"severity": ["critical"]}),
        ({"minimum_severity": "high"}, {"severity": ["critical", "high"]}),
        ({"minimum_severity": "low"}, {"severity": ["critical", "high", "medium", "low"]}),
        ({"accounts": ["222222222222", 111111111111]}, {"account": [ACCOUNT, "222222222222"]}),
        ({"accounts": ACCOUNT}, {"account": [ACCOUNT]}),
        ({"outcomes": ["denied", "succeeded"]}, {"outcome": ["succeeded", "denied"]}),
        ({"actions": ["iam:CreateUser"]}, {"action": ["iam:CreateUser"]}),
        ({"actions": ["iam:Create*", "iam:CreateUser"]}, {"action": [{"prefix": "iam:Create"}]}),
        ({"actions": "iam:*"}, {"action": [{"prefix": "iam:"}]}),
        (
            {"minimum_severity": "high", "accounts": [ACCOUNT], "actions": ["iam:CreateUser"], "outcomes": ["denied"]},
            {
                "severity": ["critical", "high"],
                "account": [ACCOUNT],
                "action": ["iam:CreateUser"],
                "outcome": ["denied"],
            },
        ),
    ],
)
def test_filters_become_a_filter_policy(filters: dict[str, Any], expected: dict[str, Any]) -> None:
    assert policy(filters) == expected


def test_another_wildcard_is_written_out_as_the_reported_actions() -> None:
    reported = ["iam:PutUserPolicy", "iam:PutUserPermissionsBoundary", "s3:PutBucketPolicy", "iam:Delete*Policy"]
    assert policy({"actions": ["iam:*UserPolicy", "iam:PutUser*y"]}, reported) == {
        "action": ["iam:DeleteUserPolicy", "iam:PutUserPolicy", "iam:PutUserPermissionsBoundary"]
    }


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("not-an-address", r"\[1\].endpoint: 'not-an-address'"),
        (7, r"\[1\] is 7. Give a mail address, or a dictionary with endpoint"),
        ({"mail": "a@b.cd"}, r"\[1\] is {'mail': 'a@b.cd'}"),
        ({"protocol": "pigeon", "endpoint": "x"}, r"\[1\].protocol: 'pigeon'"),
        ({"minimum_severty": "high"}, r"\[1\] has 'minimum_severty', .* Nearest: minimum_severity\."),
        ({"minimum_severity": "urgent"}, r"\[1\].minimum_severity is 'urgent', .* critical, high, medium, low"),
        ({"minimum_severity": ["high"]}, r"\[1\].minimum_severity is \['high'\]"),
        ({"accounts": [ACCOUNT, 12345]}, r"\[1\].accounts\[1\] is 12345, .* twelve digits.*quote it"),
        ({"accounts": []}, r"\[1\].accounts is empty, .* leave it out"),
        ({"outcomes": ["refused"]}, r"\[1\].outcomes has 'refused', .* succeeded, denied, failed, unknown"),
        ({"actions": ["iam:CreateUsr"]}, r"\[1\].actions: 'iam:CreateUsr' is not a known action. Nearest: 'iam:Create"),
        ({"actions": ["CreateUser"]}, r"\[1\].actions: 'CreateUser' names no service: write it as 'iam:CreateUser'"),
        ({"actions": ["iam:GetUser"]}, r"\[1\].actions has 'iam:GetUser', and no action in iam_alerting_actions"),
        ({"actions": ["iam:Get*User"]}, r"\[1\].actions has 'iam:Get\*User', and no action in iam_alerting_actions"),
        (
            {"minimum_severity": "high", "filter_policy": {"severity": ["low"]}},
            r"\[1\] has filter_policy and minimum_severity.*leave out filter_policy",
        ),
        ({"accounts": ACCOUNT, "filter_policy_scope": "MessageBody"}, r"\[1\] has filter_policy_scope and accounts"),
        ({"filter_policy": "severity"}, r"\[1\].filter_policy is 'severity'. Give a dictionary"),
        ({"filter_policy": {"severity": "high"}}, r"\[1\].filter_policy: has 'high' for severity.* list"),
        ({"filter_policy": {name: ["x"] for name in "abcdef"}}, r"\[1\].filter_policy: filters by a, b, c, d, e, f"),
        ({"filter_policy": {"actor": ["x" * 256 * 1024]}}, r"\[1\].filter_policy: is longer than the 262144 bytes"),
        (
            {"actions": list(REPORTED), "outcomes": ["succeeded", "failed"], "minimum_severity": "medium"},
            r"\[1\]: makes 168 combinations .*3 of severity x 28 of action x 2 of outcome.* 150. Name fewer",
        ),
    ],
)
def test_what_cannot_be_used_is_named_with_place_and_way_out(entry: object, told: str) -> None:
    given = entry if not isinstance(entry, dict) or "mail" in entry else {"endpoint": ADDRESS, **entry}
    with pytest.raises(SettingsError, match=f"iam_alerting_subscribers{told}"):
        check_subscribers(["first@example.com", given], REPORTED)


def test_as_many_combinations_as_sns_takes() -> None:
    accounts = [str(number) for number in range(100000000000, 100000000075)]
    assert len(policy({"accounts": accounts, "minimum_severity": "high"})["account"]) == 75


def warnings(*entries: dict[str, Any], reported: Sequence[str] = REPORTED, **other: Any) -> list[str]:
    named = [{"endpoint": f"{number}@example.com", **entry} for number, entry in enumerate(entries)]
    subscriptions = check_subscribers(named, reported)
    settings = {"actions": tuple(reported), "subscriptions": subscriptions, "fallback": "on-call@example.com"}
    return warnings_of(Settings(**{**SETTINGS, **settings, **other}))


@pytest.mark.parametrize(
    "entries",
    [
        (dict(minimum_severity="critical"),),
        (dict(outcomes="denied"), {}),
        (dict(accounts="222222222222"), dict(accounts=ACCOUNT)),
        (dict(actions=["iam:*"]), dict(actions=["cloudtrail:*"]), dict(actions=[*REPORTED])),
        (dict(filter_policy={"actor": ["root"], "severity": ["critical"]}),),
        (dict(filter_policy={"severity": [{"anything-but": "low"}]}),),
        (dict(filter_policy={"severity": ["low"]}, filter_policy_scope="MessageBody"),),
    ],
)
def test_no_warning_where_somebody_may_get_what_is_critical(entries: Sequence[dict[str, Any]]) -> None:
    assert warnings(*entries) == []


@pytest.mark.parametrize(
    "filters",
    [
        {"outcomes": ["denied", "failed"]},
        {"accounts": ["222222222222"]},
        {"filter_policy": {"severity": ["high", "medium"]}},
    ],
)
def test_a_warning_where_nobody_gets_what_is_critical(filters: dict[str, Any]) -> None:
    (warning,) = warnings(filters, dict(outcomes="unknown"))
    assert "Nobody gets the critical alerts of iam:CreateUser" in warning
    assert " more in account 111111111111" in warning
    assert "widen a filter" in warning


def test_the_warning_names_the_actions_that_nobody_gets() -> None:
    (warning,) = warnings(dict(actions=["iam:Create*"]), reported=["iam:CreateUser", "cloudtrail:StopLogging"])
    assert "critical alerts of cloudtrail:StopLogging in account" in warning


def test_no_subscriber_at_all_is_a_warning() -> None:
    assert warnings() == ["iam_alerting_subscribers is empty: alerts are published, but nobody gets them."]


FILTER = dict(minimum_severity="low")


def test_a_warning_where_nobody_gets_the_alarms_as_they_have_no_attributes() -> None:
    (warning,) = warnings(FILTER, FILTER, fallback="")
    assert "Nobody gets the alarms on the alerting in account 111111111111" in warning
    assert "Set iam_alerting_fallback" in warning


@pytest.mark.parametrize(
    ("entries", "other"),
    [
        ((FILTER,), {"fallback": "on-call@example.com"}),
        ((FILTER,), {"fallback": "", "alarms": False}),
        ((FILTER, {}), {"fallback": ""}),
        ((dict(filter_policy={"severity": ["critical", {"exists": False}]}),), {"fallback": ""}),
        ((dict(filter_policy={"AlarmName": ["x"]}, filter_policy_scope="MessageBody"),), {"fallback": ""}),
    ],
)
def test_no_warning_where_somebody_may_get_the_alarms(entries: Sequence[dict[str, Any]], other: dict[str, Any]) -> None:
    assert warnings(*entries, **other) == []
