# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names and ARNs of the resources of a stack: all are made from the one name of its settings."""

from __future__ import annotations

from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import PRESENT, Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.topology import EVENT_BUS


def key_alias(settings: Settings) -> str:
    return f"alias/{settings.name}"


def key_alias_arn(settings: Settings) -> str:
    return settings.arn("kms", key_alias(settings))


def bucket_name(settings: Settings) -> str:
    return f"{settings.name}-{settings.account_id}-{settings.region}"


def bucket_arn(settings: Settings) -> str:
    return f"arn:{settings.partition}:s3:::{bucket_name(settings)}"


def trail_arn(settings: Settings) -> str:
    """The ARN of our trail. The organization's has the account id of the management account, whoever makes it."""
    return f"arn:{settings.partition}:cloudtrail:{settings.region}:{settings.trail_owner}:trail/{settings.name}"


def organizations_trail_arn(settings: Settings) -> str:
    """The ARN of our trail if it is the organization's, which then need not be this account's; else nothing."""
    return trail_arn(settings) if settings.organization else ""


def playbooks_trail_arn(settings: Settings) -> str:
    """Of a member of a stack set, the trail that it may have by the playbook, with all else of that."""
    return settings.arn("cloudtrail", f"trail/{settings.topology.hub_name}")


def topic_arn(settings: Settings) -> str:
    return settings.arn("sns", settings.name)


def fallback_topic_name(settings: Settings) -> str:
    return f"{settings.name}-fallback"


def fallback_topic_arn(settings: Settings) -> str:
    return settings.arn("sns", fallback_topic_name(settings))


def alarm_name(settings: Settings, what: str) -> str:
    return f"{settings.name}/{what}"


def alarm_arn(settings: Settings, what: str) -> str:
    """The ARN of an alarm, or with C(*) a pattern for those of all."""
    return settings.arn("cloudwatch", f"alarm:{alarm_name(settings, what)}")


def alarm_actions(settings: Settings) -> list[str]:
    """The topics that an alarm is published to: that of the alerts, and the fallback."""
    if settings.state_of_fallback_topic == PRESENT:
        return [topic_arn(settings), fallback_topic_arn(settings)]
    return [topic_arn(settings), *([settings.fallback] if settings.fallback else [])]


def queue_name(settings: Settings) -> str:
    return f"{settings.name}-dlq"


def queue_arn(settings: Settings) -> str:
    return settings.arn("sqs", queue_name(settings))


def event_queue_name(settings: Settings) -> str:
    return f"{settings.name}-events"


def event_queue_arn(settings: Settings) -> str:
    return settings.arn("sqs", event_queue_name(settings))


def table_name(settings: Settings) -> str:
    return f"{settings.name}-groups"


def table_arn(settings: Settings) -> str:
    return settings.arn("dynamodb", f"table/{table_name(settings)}")


def role_name(settings: Settings) -> str:
    """The role of the function."""
    return f"{settings.name}-function"


def spare_role_name(settings: Settings) -> str:
    return f"{role_name(settings)}-spare"


def spare_role_arn(settings: Settings) -> str:
    return settings.global_arn("iam", f"role/{spare_role_name(settings)}")


def forwarding_role_name(settings: Settings) -> str:
    """The role by which an account sends its events to a hub in another one."""
    return f"{settings.name}-forward"


def forwarding_role_arn(settings: Settings) -> str:
    return settings.global_arn("iam", f"role/{forwarding_role_name(settings)}")


def forwarding_role_arns(settings: Settings) -> list[str]:
    """Patterns for the roles by which members send their events, whatever they are enrolled by."""
    members = (settings.name, stack_set_name(settings))
    return [f"arn:{settings.partition}:iam::*:role/{name}-forward" for name in members]


def hub_entry_arns(settings: Settings, entry: str) -> list[str]:
    """The queues, or event buses, by which events come into the hubs of other accounts, first that of who alerts."""
    arn = bus_arn if entry == EVENT_BUS else event_queue_arn
    return [arn(settings.at_hub(account)) for account in settings.topology.receivers]


def stack_set_name(settings: Settings) -> str:
    """The stack set that enrols members, and the name from which those of its resources are made.

    It is another than that of what the playbook makes, so that both can be in an account at the same time.
    """
    return f"{settings.name}-stackset"


def role_arn(settings: Settings) -> str:
    return settings.global_arn("iam", f"role/{role_name(settings)}")


def bus_name(settings: Settings) -> str:
    """The event bus by which members send to a hub."""
    return settings.name


def bus_arn(settings: Settings) -> str:
    return settings.arn("events", f"event-bus/{bus_name(settings)}")


def members_rule_name(settings: Settings) -> str:
    """The rule on that bus."""
    return f"{settings.name}-members"


def members_rule_arn(settings: Settings) -> str:
    return settings.arn("events", f"rule/{bus_name(settings)}/{members_rule_name(settings)}")


def grouping_policy_name(settings: Settings) -> str:
    return f"{settings.name}-grouping"


def log_group_name(settings: Settings) -> str:
    return f"/aws/lambda/{settings.name}"


def log_group_arn(settings: Settings) -> str:
    return settings.arn("logs", f"log-group:{log_group_name(settings)}")


def function_arn(settings: Settings) -> str:
    """The unqualified ARN: it stays the same when a version is published."""
    return settings.arn("lambda", f"function:{settings.name}")


def rule_arn(settings: Settings) -> str:
    return settings.arn("events", f"rule/{settings.name}")


def rule_arns(settings: Settings) -> list[str]:
    """The ARN of the rule, and a pattern for those of its further shards and of the other rules."""
    return [rule_arn(settings), f"{rule_arn(settings)}-*"]


def event_bus_arn(settings: Settings) -> str:
    """The bus that CloudTrail's events arrive on."""
    return settings.arn("events", "event-bus/default")


def sending_rule_arns(settings: Settings) -> list[str]:
    """Patterns for the ARNs of all rules that send to our queues."""
    of_members = [members_rule_arn(settings)] if settings.state_of_event_bus == PRESENT else []
    return [*rule_arns(settings), *of_members]


def forwarder_name(settings: Settings) -> str:
    """The rule in each region whose events are forwarded, and the role that it sends them by."""
    return f"{settings.name}-forwarder"


def forwarder_arns(settings: Settings) -> list[str]:
    """Patterns for the ARNs of the forwarders and of their further shards, in any region."""
    first = f"arn:{settings.partition}:events:*:{settings.account_id}:rule/{forwarder_name(settings)}"
    return [first, f"{first}-*"]


def forwarder_role_arn(settings: Settings) -> str:
    return settings.global_arn("iam", f"role/{forwarder_name(settings)}")


def tampering_rule_name(settings: Settings) -> str:
    return f"{settings.name}-tampering"


def tampering_rule_arn(settings: Settings) -> str:
    return settings.arn("events", f"rule/{tampering_rule_name(settings)}")


def heartbeat_rule_name(settings: Settings) -> str:
    return f"{settings.name}-heartbeat"


def heartbeat_rule_arn(settings: Settings) -> str:
    return settings.arn("events", f"rule/{heartbeat_rule_name(settings)}")
