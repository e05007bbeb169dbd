"""CloudWatch alarms: their actions reach a topic, of any account, if its policy and its key let CloudWatch publish."""

from __future__ import annotations

from typing import Any

from ministack.core.responses import get_region
from ministack.services import cloudwatch, sns

from sandbox import keys, policies

SERVICE = "cloudwatch.amazonaws.com"
_ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")


def install() -> None:
    """Filter the actions that ministack carries out."""
    act = cloudwatch._dispatch_alarm_actions

    def act_where_allowed(alarm: dict[str, Any], *rest: Any) -> None:
        allowed = {name: [arn for arn in alarm.get(name) or [] if _may_publish(arn, alarm)] for name in _ACTIONS}
        act({**alarm, **allowed}, *rest)

    cloudwatch._dispatch_alarm_actions = act_where_allowed
    cloudwatch._is_sns_action_arn = _is_topic_of_the_region


def _is_topic_of_the_region(arn: Any) -> bool:
    return str(arn).startswith(f"arn:aws:sns:{get_region()}:")


def _may_publish(topic_arn: str, alarm: dict[str, Any]) -> bool:
    """CloudWatch names the account as SourceOwner: the default topic policy lets it in."""
    policy = (sns.topic_policy_for_arn(topic_arn) or ("",))[0]
    arn = alarm["AlarmArn"]
    allowed = policies.service_allowed(
        policy, SERVICE, "sns:Publish", topic_arn, arn, {"aws:sourceowner": arn.split(":")[4]}
    )
    key = (sns._topic_by_arn_any_scope(topic_arn) or {}).get("attributes", {}).get("KmsMasterKeyId", "")
    source = {"aws:sourcearn": arn, "aws:sourceaccount": arn.split(":")[4]}
    return allowed and keys.service_may(key, topic_arn, SERVICE, source, keys.context("sns", topic_arn))
