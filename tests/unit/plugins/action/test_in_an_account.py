# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the actions on a stack say of an account in which everything is deployed, and that they leave it alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.trailwatch.aws.plugins.action import (
    stack_confirm,
    stack_plan,
    stack_redrive,
    stack_status,
    stack_verify,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.components import COMPONENTS
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.journey import Arrival, Journey
from ansible_collections.trailwatch.aws.plugins.module_utils.verification.proof import Proof
from ansible_collections.trailwatch.aws.tests.unit.plugins.action.deployed import EVERYTHING
from ansible_collections.trailwatch.aws.tests.unit.plugins.action.tasks import run
from ansible_collections.trailwatch.aws.tests.unit.plugins.modules.aws_calls import answering, error, recorded, writes

TOPIC = "arn:aws:sns:us-east-1:123456789012:iam-alerting"
LINK = (
    f"https://sns.us-east-1.amazonaws.com/confirmation.html?TopicArn={TOPIC}&Token={'a' * 64}"
    "&Endpoint=secops@example.com"
)
ASKS = ("AssumeRole", "Simulate", "Lookup")
# Forwarders need regions, the stack set units, which nobody asked for; the rest is of hubs and members.
OF_OTHERS = ("forwarders", "member_stack_set", "forwarding_role", "event_bus", "members_rule")
HERE = [name for name in COMPONENTS if name not in OF_OTHERS]


def listed(*subscriptions: dict[str, str]) -> dict[str, Any]:
    return {"ListSubscriptionsByTopic": {"Subscriptions": list(subscriptions)}}


# Moto confirms at once.
ASKED = listed({"Protocol": "email", "Endpoint": "secops@example.com", "SubscriptionArn": "PendingConfirmation"})


def written(names: list[str]) -> list[str]:
    return [name for name in writes(names) if not name.startswith(ASKS)]


@pytest.mark.parametrize("check", [True, False])
def test_what_was_deployed_is_in_sync(deployed: Any, check: bool) -> None:
    with recorded() as calls:
        result = run(stack_plan, check=check, settings=EVERYTHING)
    assert (result["changed"], result["summary"]) == (False, "in sync")
    assert not written(calls)


def test_a_teardown_finds_all_of_it_but_what_is_kept(deployed: Any) -> None:
    result = run(stack_plan, check=True, settings=EVERYTHING, state="absent", keep=["bucket", "key"])
    going = [name for name in HERE if name not in ("bucket", "key")]
    assert set(result["differences"]) == set(going)
    assert result["summary"] == f"would remove: {', '.join(result['differences'])}"


def test_the_status_is_what_the_plan_and_the_subscribers_say(deployed: Any) -> None:
    status = run(stack_status, settings=EVERYTHING)["account"]
    assert [problem for problem in status["problems"] if problem["kind"] == "drift"] == []
    assert [each["endpoint"] for each in status["subscribers"]] == ["secops@example.com"]


def test_problems_of_the_named_kinds_fail_the_task(deployed: Any) -> None:
    with answering(GetTrailStatus={"IsLogging": False}):
        failed = run(stack_status, settings=EVERYTHING, fail_on=["deaf"])
        told = run(stack_status, settings=EVERYTHING, fail_on=["alarm"])
    assert failed["failed"]
    assert "deaf: " in failed["msg"]
    assert "failed" not in told


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        ("delivery", {"GetTrailStatus": {"IsLogging": True, "LatestDeliveryError": "AccessDenied"}}),
        ("pending", ASKED),
        ("unexpected", listed({"Protocol": "sms", "Endpoint": "+15550100", "SubscriptionArn": f"{TOPIC}:1"})),
    ],
)
def test_a_milder_problem_can_fail_the_task_too(deployed: Any, kind: str, changed: dict[str, Any]) -> None:
    with answering(**changed):
        failed = run(stack_status, settings=EVERYTHING, fail_on=[kind])
    assert failed["failed"]
    assert failed["msg"].startswith(f"{kind}: ")


def test_no_dead_letters_are_nothing_to_redrive(deployed: Any) -> None:
    assert run(stack_redrive, check=True, settings=EVERYTHING)["dead_letters"] == 0
    result = run(stack_redrive, settings=EVERYTHING)
    assert (result["changed"], result["dead_letters"], result["left"]) == (False, 0, [])


@pytest.fixture
def dead_letters(deployed: Any) -> Iterator[Callable[[], list[str]]]:
    """Put one message into the dead-letter queue; gives what takes out and returns those that are there."""
    sqs = deployed["sqs"]
    queue = {"QueueUrl": sqs.get_queue_url(QueueName="iam-alerting-dlq")["QueueUrl"]}
    sqs.send_message(**queue, MessageBody="{}")

    def taken() -> list[str]:
        messages = sqs.receive_message(**queue).get("Messages", [])
        for message in messages:
            sqs.delete_message(**queue, ReceiptHandle=message["ReceiptHandle"])
        return [message["Body"] for message in messages]

    yield taken
    taken()


def test_in_check_mode_dead_letters_are_counted_and_stay(deployed: Any, dead_letters: Callable[[], list[str]]) -> None:
    with recorded() as calls:
        result = run(stack_redrive, check=True, settings=EVERYTHING)
    assert (result["changed"], result["dead_letters"]) == (True, 1)
    assert not written(calls)
    assert dead_letters() == ["{}"]


def test_what_cannot_be_redriven_fails_the_task_and_stays(deployed: Any, dead_letters: Callable[[], list[str]]) -> None:
    with answering(Invoke=error("ServiceException")):
        result = run(stack_redrive, settings=EVERYTHING)
    assert result["failed"]
    assert not result["changed"]
    assert dead_letters() == ["{}"]


def test_without_links_an_account_is_not_even_entered() -> None:
    with recorded() as calls:
        result = run(stack_confirm, settings=EVERYTHING)
    assert not result["changed"]
    assert calls == []


def test_a_link_for_a_topic_elsewhere_is_not_used(deployed: Any) -> None:
    with recorded() as calls:
        result = run(stack_confirm, settings=EVERYTHING, links=[LINK.replace("123456789012", "999999999999")])
    assert result["other_topics"] == [TOPIC.replace("123456789012", "999999999999")]
    assert calls == []


def test_in_check_mode_a_link_is_not_used(deployed: Any, tmp_path: Path) -> None:
    file = tmp_path / "links.txt"
    file.write_text(LINK)
    with answering(**ASKED), recorded() as calls:
        result = run(stack_confirm, check=True, settings={**EVERYTHING, "fallback": ""}, file=str(file), resend=True)
    assert (result["changed"], result["confirmed"]) == (True, ["secops@example.com"])
    assert not written(calls)
    # Who is confirmed need not be asked again.
    assert result["asked_again"] == []


def test_who_has_not_confirmed_is_asked_again(deployed: Any) -> None:
    with answering(**ASKED), recorded() as calls:
        result = run(stack_confirm, settings={**EVERYTHING, "fallback": ""}, resend=True)
    assert (result["changed"], result["asked_again"]) == (True, ["secops@example.com"])
    assert written(calls) == ["Subscribe"]


def test_a_link_is_used_and_what_sns_says_of_it_is_told_without_its_token(deployed: Any) -> None:
    with answering(**ASKED, ConfirmSubscription=error("InvalidParameter")) as calls:
        result = run(stack_confirm, settings=EVERYTHING, links=[LINK])
    assert "ConfirmSubscription" in [name for name, _given in calls]
    assert result["failed"]
    assert "secops@example.com" in result["msg"]
    assert "a" * 64 not in str(result)


def test_a_file_of_links_that_is_not_there_is_named() -> None:
    with pytest.raises(AnsibleActionFail, match="iam_alerting_confirmation_file is '/nowhere'.*link per line"):
        run(stack_confirm, settings=EVERYTHING, file="/nowhere")


def test_in_check_mode_nothing_is_made_to_verify(deployed: Any) -> None:
    with recorded() as calls:
        result = run(stack_verify, check=True, settings=EVERYTHING)
    assert (result["changed"], result["events"]) == (False, [])
    assert not written(calls)


def test_a_proof_that_fails_says_where_the_events_stopped_and_leaves_nothing(deployed: Any) -> None:
    result = run(stack_verify, settings=EVERYTHING, verify_minutes=0.01)
    assert result["failed"]
    assert "CreateUser and DeleteUser stopped at the record" in result["msg"]
    assert deployed["iam"].list_users()["Users"] == []
    assert run(stack_verify, check=True, settings=EVERYTHING, leftover_minutes=0)["removed"] == []


@pytest.fixture
def arrived(monkeypatch: pytest.MonkeyPatch) -> None:
    """The alert of each call came to the verification's own queue."""
    arrival = Arrival("iam:CreateUser", "", 1.0, 2.0, 3.0)
    proof = Proof([Journey("iam:CreateUser", "n", 0.0, "r", None, arrival)])
    monkeypatch.setattr(stack_verify, "prove", lambda *_given: proof)


SECOPS = {"Protocol": "email", "Endpoint": "secops@example.com", "SubscriptionArn": f"{TOPIC}:1"}
LATE = {"Protocol": "email", "Endpoint": "late@example.com", "SubscriptionArn": "PendingConfirmation"}
# Of a member that is verified at the same time.
QUEUE = {
    "Protocol": "sqs",
    "Endpoint": "arn:aws:sqs:us-east-1:123456789012:other-verify-1a2b3c4d",
    "SubscriptionArn": f"{TOPIC}:2",
}


@pytest.mark.usefixtures("arrived")
def test_an_alert_that_no_person_gets_is_no_proof(deployed: Any) -> None:
    with answering(**listed(LATE, QUEUE)):
        result = run(stack_verify, settings=EVERYTHING)
    assert result["failed"]
    assert "nobody who gets them is subscribed there; not confirmed: late@example.com. " in result["msg"]


@pytest.mark.usefixtures("arrived")
def test_who_has_not_confirmed_is_named_with_the_proof(deployed: Any) -> None:
    with answering(**listed(SECOPS, LATE, QUEUE)):
        some = run(stack_verify, settings=EVERYTHING)["summary"]
    with answering(**listed(SECOPS, QUEUE)):
        each = run(stack_verify, settings=EVERYTHING)["summary"]
    assert some.endswith("; not confirmed: late@example.com")
    assert "not confirmed" not in each


def test_a_trail_that_stopped_is_found_as_the_reason(deployed: Any) -> None:
    with answering(GetTrailStatus={"IsLogging": False}):
        result = run(stack_verify, settings=EVERYTHING, verify_minutes=0.01)
    assert "the trail iam-alerting is not logging" in result["msg"]
