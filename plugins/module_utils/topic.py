# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An SNS topic with its subscriptions: read what is there, compare, mend. C(topic_options) checks what is asked for.

A topic is a document in AWS's own words. The desired one has C(TopicArn), and of C(DisplayName), C(Policy) (a
dictionary), C(KmsMasterKeyId), C(Subscriptions) and C(Tags) (a dictionary) those that are to be as it says; what it
leaves out is not touched. A subscription has C(Protocol) and C(Endpoint), and of the rest of
C(SUBSCRIPTION_DEFAULTS) what is to be as it says; a live one has C(State) and C(SubscriptionArn) besides.

C(purge) names the lists of the document, C(Subscriptions) or C(Tags), whose other members are to go.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import is_ansible_aws_error_code

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import (
    Account,
    Change,
    Document,
    call,
    call_all,
    merged,
    policies_differ,
    same_key,
    tag_changes,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.filter_policy import MESSAGE_ATTRIBUTES, in_order
from ansible_collections.trailwatch.aws.plugins.module_utils.subscribe import subscribe

CONFIRMED = "confirmed"
PENDING = "pending"

# Attributes that can be set, with what a topic or a subscription has as long as nobody set them.
TOPIC_DEFAULTS: Document = {"DisplayName": "", "Policy": {}, "KmsMasterKeyId": ""}
SUBSCRIPTION_DEFAULTS: Document = {
    "RawMessageDelivery": False,
    "FilterPolicy": {},
    "FilterPolicyScope": MESSAGE_ATTRIBUTES,
    "RedrivePolicy": {},
    "SubscriptionRoleArn": "",
}

_TOPIC_DOCUMENTS = ("Policy", "DeliveryPolicy", "EffectiveDeliveryPolicy")
_CONFIRMED_BY_OWNER = ("email", "email-json", "http", "https")

_PASSWORD = re.compile(r"(https?://[^/@:]*:)[^/@]*@")

Key = tuple[str, str]


def topic_arn(account: Account, region: str, name: str) -> str:
    """The ARN that a topic of this name has or would have."""
    return f"arn:{account.partition}:sns:{region}:{account.id}:{name}"


def describe(client: Any, desired: Document) -> Document | None:
    """The topic as it is, as far as C(desired) needs it for comparison; None if there is none.

    Raises:
        AnsibleAWSError: a read failed; a refused read is not taken for a topic that is not there.
    """
    arn = desired["TopicArn"]
    try:
        answer = call(f"read topic {arn}", client.get_topic_attributes, TopicArn=arn)
    except is_ansible_aws_error_code(["NotFound", "NotFoundException"]):
        return None
    live = {**TOPIC_DEFAULTS, **_parsed(answer["Attributes"], _TOPIC_DOCUMENTS)}
    if "Subscriptions" in desired:
        live["Subscriptions"] = _subscriptions(client, arn, desired["Subscriptions"])
    if "Tags" in desired:
        tags = call(f"read the tags of topic {arn}", client.list_tags_for_resource, ResourceArn=arn)["Tags"]
        live["Tags"] = {tag["Key"]: tag["Value"] for tag in tags}
    return live


def _parsed(attributes: Mapping[str, Any], documents: Collection[str]) -> Document:
    return {
        name: (json.loads(value) if value else {}) if name in documents else value for name, value in attributes.items()
    }


def _subscriptions(client: Any, arn: str, desired: Iterable[Document]) -> list[Document]:
    purpose = f"list the subscriptions of topic {arn}"
    listed = call_all(purpose, client, "list_subscriptions_by_topic", TopicArn=arn).get("Subscriptions", [])
    with_attributes = {subscription_key(each) for each in desired if SUBSCRIPTION_DEFAULTS.keys() & each.keys()}
    found: dict[Key, Document] = {}
    for entry in sorted(listed, key=_is_confirmed):  # of a pending and a confirmed one, the confirmed one counts
        if entry["SubscriptionArn"] == "Deleted":  # SNS lists what was unsubscribed for a while
            continue
        found[subscription_key(entry)] = _read_subscription(client, entry, with_attributes)
    return [each for each in found.values() if each]


def _read_subscription(client: Any, entry: Document, with_attributes: Collection[Key]) -> Document:
    subscription = {name: entry[name] for name in ("Protocol", "Endpoint")}
    if not _is_confirmed(entry):
        return {**subscription, "State": PENDING}
    arn = entry["SubscriptionArn"]
    subscription.update(State=CONFIRMED, SubscriptionArn=arn)
    if subscription_key(entry) not in with_attributes:
        return subscription
    try:
        answer = call(f"read subscription {arn}", client.get_subscription_attributes, SubscriptionArn=arn)
    except is_ansible_aws_error_code(["NotFound", "NotFoundException"]):
        return {}  # gone since it was listed
    return {**subscription, **_subscription_attributes(answer["Attributes"])}


def _subscription_attributes(answer: Mapping[str, Any]) -> Document:
    attributes = _parsed(
        {name: answer[name] for name in SUBSCRIPTION_DEFAULTS if answer.get(name)}, ("FilterPolicy", "RedrivePolicy")
    )
    raw = str(answer.get("RawMessageDelivery", False)).lower() == "true"
    live = {**SUBSCRIPTION_DEFAULTS, **attributes, "RawMessageDelivery": raw}
    return {**live, "FilterPolicy": in_order(live["FilterPolicy"])}


def outcome(live: Document | None, desired: Document, purge: Collection[str] = ()) -> Document:
    """The topic as it will be, with the state that SNS will give to new subscriptions."""
    after = merged(live, desired, purge)
    if "Subscriptions" in desired:
        after["Subscriptions"] = _subscriptions_after((live or {}).get("Subscriptions", []), desired, purge)
    return after


def _subscriptions_after(live: list[Document], desired: Document, purge: Collection[str]) -> list[Document]:
    present = {subscription_key(each): each for each in live}
    wanted = {subscription_key(each): each for each in desired["Subscriptions"]}
    after = {
        key: each
        for key, each in present.items()
        if key in wanted or "Subscriptions" not in purge or each["State"] == PENDING  # SNS cannot remove these
    }
    for key, each in wanted.items():
        if key not in present:
            after[key] = {**each, "State": _first_state(each, desired["TopicArn"])}
        elif present[key]["State"] == CONFIRMED:  # SNS shows and sets no attributes of a pending one
            after[key] = {**present[key], **each, "Endpoint": present[key]["Endpoint"]}
    return [after[key] for key in sorted(after)]


def _first_state(subscription: Document, arn: str) -> str:
    """Amazon SNS API Reference, "Subscribe": who owns the endpoint confirms, unless it is the topic's own account."""
    protocol, endpoint = subscription["Protocol"], subscription["Endpoint"]
    foreign = endpoint.startswith("arn:") and endpoint.split(":")[4] != arn.split(":")[4]
    return PENDING if protocol in _CONFIRMED_BY_OWNER or foreign else CONFIRMED


def difference(live: Document | None, desired: Document, purge: Collection[str] = ()) -> Change:
    """What of the topic differs from what is desired; all of it if there is no topic."""
    after = outcome(live, desired, purge)
    if live is None:
        return Change({}, {name: _shown(name, after[name]) for name in desired})
    before: Document = {}
    changed: Document = {}
    for name in desired:
        if name not in ("Name", "TopicArn") and _differs(name, live[name], after[name]):
            before[name], changed[name] = _shown(name, live[name]), _shown(name, after[name])
    return Change(before, changed)


def reported(subscription: Document) -> Document:
    """A subscription as it may be shown to anyone: without the password of a URL."""
    return {**subscription, "Endpoint": _without_password(subscription["Endpoint"])}


def _differs(name: str, live: Any, after: Any) -> bool:
    if name == "Policy":
        return policies_differ(live, after)
    if name == "KmsMasterKeyId":
        return not same_key(live, after)
    return bool(_shown(name, live) != _shown(name, after))


def _shown(name: str, value: Any) -> Any:
    """A part of the topic for the eye: subscriptions in one order, without what only SNS decides."""
    if name != "Subscriptions":
        return value
    return [
        {name: reported(each)[name] for name in ("Protocol", "Endpoint", *SUBSCRIPTION_DEFAULTS) if name in each}
        for each in sorted(value, key=subscription_key)
    ]


def apply(client: Any, live: Document | None, desired: Document, purge: Collection[str] = ()) -> Document:
    """Make the topic as desired, and return it as it then is. Writes only what differs.

    Raises:
        AnsibleAWSError: a call failed. What was written stays; the same call again does the rest.
    """
    after = outcome(live, desired, purge)
    if live is None:
        _create(client, desired)
    else:
        _set_attributes(client, live, desired)
        _set_tags(client, live, after)
    if "Subscriptions" in desired:
        present = {subscription_key(each): each for each in (live or {}).get("Subscriptions", [])}
        after["Subscriptions"] = [
            _subscribed(client, desired["TopicArn"], present.get(subscription_key(each)), each)
            for each in after["Subscriptions"]
        ]
        _unsubscribe(client, present, after["Subscriptions"])
    return after


def delete(client: Any, arn: str) -> None:
    """Delete the topic with all its subscriptions; nothing happens if there is none."""
    call(f"delete topic {arn}", client.delete_topic, TopicArn=arn)


def _create(client: Any, desired: Document) -> None:
    name = desired["TopicArn"].rsplit(":", 1)[1]
    attributes = {key: _text(desired[key]) for key in TOPIC_DEFAULTS if desired.get(key)}
    tags = [{"Key": key, "Value": str(value)} for key, value in desired.get("Tags", {}).items()]
    call(f"create topic {name}", client.create_topic, Name=name, Attributes=attributes, Tags=tags)


def _set_attributes(client: Any, live: Document, desired: Document) -> None:
    arn = desired["TopicArn"]
    for name in TOPIC_DEFAULTS:
        if name in desired and _differs(name, live[name], desired[name]):
            call(
                f"set {name} of topic {arn}",
                client.set_topic_attributes,
                TopicArn=arn,
                AttributeName=name,
                AttributeValue=_text(desired[name]),
            )


def _set_tags(client: Any, live: Document, after: Document) -> None:
    arn = after["TopicArn"]
    to_set, to_remove = tag_changes(live.get("Tags", {}), after.get("Tags", {}))
    if to_set:
        tags = [{"Key": key, "Value": value} for key, value in to_set.items()]
        call(f"tag topic {arn}", client.tag_resource, ResourceArn=arn, Tags=tags)
    if to_remove:
        call(f"untag topic {arn}", client.untag_resource, ResourceArn=arn, TagKeys=to_remove)


def _subscribed(client: Any, arn: str, live: Document | None, after: Document) -> Document:
    """Subscribe C(after) if there is no C(live) one, else mend that, and return the subscription as it then is."""
    if live is not None:
        _mend_subscription(client, live, after)
        return after
    attributes = {name: _text(after[name]) for name in SUBSCRIPTION_DEFAULTS if after.get(name)}
    subscription_arn = subscribe(client, arn, reported(after), after["Endpoint"], attributes)
    return after if after["State"] == PENDING else {**after, "SubscriptionArn": subscription_arn}


def _mend_subscription(client: Any, live: Document, after: Document) -> None:
    names = [name for name in SUBSCRIPTION_DEFAULTS if after.get(name) != live.get(name)]
    if after.get("FilterPolicyScope") == "MessageBody":  # only then may the filter policy be nested
        names.sort(key=lambda name: name != "FilterPolicyScope")
    for name in names:
        value = {"AttributeValue": _text(after[name])} if after[name] or name != "RedrivePolicy" else {}
        call(
            f"set {name} of the subscription of {title(after)}",
            client.set_subscription_attributes,
            SubscriptionArn=live["SubscriptionArn"],
            AttributeName=name,
            **value,
        )


def _unsubscribe(client: Any, present: Mapping[Key, Document], after: Iterable[Document]) -> None:
    kept = {subscription_key(each) for each in after}
    for key, subscription in present.items():
        if key not in kept:
            purpose = f"unsubscribe {title(subscription)}"
            call(purpose, client.unsubscribe, SubscriptionArn=subscription["SubscriptionArn"])


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _is_confirmed(entry: Document) -> bool:
    return str(entry["SubscriptionArn"]).startswith("arn:")


def subscription_key(subscription: Document) -> Key:
    """What makes two subscriptions the same; SNS shows no password of a URL."""
    return subscription["Protocol"], _without_password(subscription["Endpoint"])


def _without_password(endpoint: str) -> str:
    return _PASSWORD.sub(r"\1****@", endpoint)


def title(subscription: Document) -> str:
    return " ".join(subscription_key(subscription))
