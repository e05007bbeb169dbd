# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each cause of an event that does not arrive, told from what was read, with its stage and the way out."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils import event_rule
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import rule as rule_component
from ansible_collections.trailwatch.aws.plugins.module_utils.verification import causes
from ansible_collections.trailwatch.aws.tests.unit.plugins.module_utils.stack.test_desired import stack

DESIRED = stack(actions=("iam:CreateUser", "iam:Delete*"))
PREFIX = "arn:aws:events:us-east-1:111111111111:rule/"
PUBLISH = "An error occurred (AuthorizationError) when calling the Publish operation: not authorized"
QUEUE = "iam-alerting-dlq"


def selector(**other: Any) -> dict[str, Any]:
    return {"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True, **other}]}


def advanced(*fields: dict[str, Any]) -> dict[str, Any]:
    category = {"Field": "eventCategory", "Equals": ["Management"]}
    return {"EventSelectors": [{"Name": "some", "FieldSelectors": [category, *fields]}]}


@pytest.mark.parametrize(
    ("other", "cause"),
    [
        ({"IsLogging": False}, "the trail iam-alerting is not logging"),
        ({"IncludeGlobalServiceEvents": False}, "the trail iam-alerting leaves out global services, so IAM"),
        (selector(ReadWriteType="ReadOnly"), "the trail iam-alerting leaves out the write events of IAM"),
        (selector(IncludeManagementEvents=False), "the trail iam-alerting leaves out the write events of IAM"),
        (
            selector(ExcludeManagementEventSources=["iam.amazonaws.com"]),
            "the trail iam-alerting leaves out the write events of IAM",
        ),
        (
            advanced({"Field": "readOnly", "Equals": ["true"]}),
            "the trail iam-alerting leaves out the write events of IAM",
        ),
        (
            {"EventSelectors": [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]}]},
            "the trail iam-alerting leaves out the write events of IAM",
        ),
        (
            advanced({"Field": "eventSource", "NotEquals": ["iam.amazonaws.com"]}),
            "the trail iam-alerting leaves out the write events of IAM",
        ),
    ],
)
def test_a_trail_that_does_not_record(other: dict[str, Any], cause: str) -> None:
    finding = causes.of_trail({**DESIRED["trail"], **other}, "iam-alerting")
    assert finding == causes.Finding("record", cause, causes.DEPLOY)


def test_a_trail_that_is_gone() -> None:
    assert causes.of_trail(None, "iam-alerting") == causes.Finding("record", "there is no trail iam-alerting")


@pytest.mark.parametrize(
    "other",
    [
        {},
        selector(ReadWriteType="WriteOnly"),
        selector(ExcludeManagementEventSources=["kms.amazonaws.com"]),
        advanced({"Field": "readOnly", "Equals": ["false"]}),
        advanced({"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]}),
    ],
)
def test_a_trail_that_records_iams_writes_is_no_cause(other: dict[str, Any]) -> None:
    assert causes.of_trail({**DESIRED["trail"], **other}, "iam-alerting") is None


def rules(permissions: Any = None, **other: Any) -> event_rule.Live:
    empty = event_rule.Live("iam-alerting", "default", PREFIX, event_rule.RuleSet())
    found = event_rule.desired(rule_component.options_of(DESIRED["rule"]), empty)
    documents = {name: {**document, **other} for name, document in found.rules.items()}
    kept = found.permissions if permissions is None else permissions
    return event_rule.Live("iam-alerting", "default", PREFIX, event_rule.RuleSet(documents, kept))


@pytest.mark.parametrize(
    ("live", "cause"),
    [
        (
            event_rule.Live("iam-alerting", "default", PREFIX, event_rule.RuleSet()),
            "there is no rule iam-alerting in us-east-1",
        ),
        (rules(EventPattern={"source": ["aws.ec2"]}), "iam:CreateUser is in no rule iam-alerting"),
        (rules(State="DISABLED"), "the rule iam-alerting is disabled"),
        (rules(Targets={}), "the rule iam-alerting does not have arn:aws:lambda:.* as its target"),
        (rules(permissions={}), "the policy of the function does not let the rule iam-alerting invoke it"),
    ],
)
def test_a_rule_that_hands_nothing_on(live: event_rule.Live, cause: str) -> None:
    finding = causes.of_rules(live, DESIRED["rule"], "iam:CreateUser")
    assert finding is not None
    assert (finding.stage, finding.remedy) == ("rule", causes.DEPLOY)
    assert re.fullmatch(cause, finding.cause)


@pytest.mark.parametrize("action", ["iam:CreateUser", "iam:DeleteUser"])
def test_a_rule_that_has_the_action_also_by_a_wildcard_is_no_cause(action: str) -> None:
    assert causes.of_rules(rules(), DESIRED["rule"], action) is None


@pytest.mark.parametrize(
    ("function", "cause"),
    [
        (None, "there is no function iam-alerting"),
        ({"ReservedConcurrentExecutions": 0}, "the function iam-alerting may not run: its reserved concurrency is 0"),
    ],
)
def test_a_function_that_cannot_run(function: dict[str, Any] | None, cause: str) -> None:
    assert causes.of_function(function, "iam-alerting") == causes.Finding("function", cause)


def test_a_function_that_can_run_is_no_cause() -> None:
    assert causes.of_function({"ReservedConcurrentExecutions": None}, "iam-alerting") is None


@pytest.mark.parametrize(
    ("attributes", "stage", "said"),
    [
        (
            {"RULE_ARN": "arn", "ERROR_CODE": "NO_PERMISSIONS", "ERROR_MESSAGE": "may not"},
            "rule",
            f"EventBridge could not deliver the event, which is in {QUEUE}: NO_PERMISSIONS may not",
        ),
        ({"RequestID": "r", "ErrorMessage": "no luck"}, "function", "the function failed: no luck"),
        ({"RequestID": "r", "ErrorMessage": PUBLISH}, "topic", f"the function could not publish: {PUBLISH}"),
        ({}, "function", f"the function failed: the event is in {QUEUE}"),
    ],
)
def test_a_dead_letter_says_who_gave_up_and_why(attributes: dict[str, str], stage: str, said: str) -> None:
    finding = causes.of_dead_letter(attributes, QUEUE)
    assert (finding.stage, finding.cause) == (stage, said)


@pytest.mark.parametrize(
    ("error", "differing", "said", "remedy"),
    [
        (PUBLISH, ["topic Policy"], f"{PUBLISH}; not as deployed: topic Policy", causes.DEPLOY),
        ("KMSAccessDenied", ["key Policy"], "KMSAccessDenied; not as deployed: key Policy", causes.DEPLOY),
        ("Throttling", [], "Throttling", causes.REPEAT),
        ("", [], "its log does not say why", causes.DEPLOY),
    ],
)
def test_a_function_that_could_not_publish(error: str, differing: list[str], said: str, remedy: str) -> None:
    finding = causes.of_publication(error, differing)
    assert (finding.stage, finding.cause) == ("topic", f"the function could not publish: {said}")
    assert remedy in finding.remedy


ASKED = '{"action": ["iam:CreateUser"]}'


@pytest.mark.parametrize(
    ("subscription", "queue_differs", "said"),
    [
        (None, [], "the queue's subscription to the topic is gone"),
        ({"FilterPolicy": ASKED}, None, "the queue is gone"),
        ({"FilterPolicy": ASKED}, ["Policy"], "the queue is not as it was made: Policy"),
        ({"FilterPolicy": ASKED, "PendingConfirmation": "true"}, [], "the queue's subscription is not confirmed"),
        ({"FilterPolicy": "{}"}, [], "the filter policy is {} and not " + ASKED),
        ({"FilterPolicy": ASKED}, [], "the topic took the message, and it has not come to the queue"),
    ],
)
def test_a_message_that_did_not_come_to_the_queue(
    subscription: dict[str, str] | None, queue_differs: list[str] | None, said: str
) -> None:
    finding = causes.of_listener(subscription, queue_differs, ASKED)
    assert (finding.stage, finding.cause) == ("queue", said)
    assert "Verify again" in finding.remedy


@pytest.mark.parametrize(("is_recorded", "stage"), [(True, "rule"), (False, "record")])
def test_where_all_is_right_it_is_late(is_recorded: bool, stage: str) -> None:
    finding = causes.of_history(is_recorded, "iam-alerting")
    assert (finding.stage, finding.remedy) == (stage, causes.REPEAT)


def test_what_differs_between_trail_and_function_is_named() -> None:
    finding = causes.of_differences(["function CodeSha256", "rule x targets"])
    assert str(finding) == (
        "stopped at the function: not as deployed: function CodeSha256, rule x targets. Deploy again, that mends it."
    )
    assert causes.of_differences([]) is None
