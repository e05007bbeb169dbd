# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The entries of C(iam_alerting_subscribers), checked: who is told, and of what."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.actions import (
    Action,
    ActionError,
    known_names,
    parse_actions,
    parse_format,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import InvalidValueError
from ansible_collections.trailwatch.aws.plugins.module_utils.catalogue import SEVERITIES, catalogue
from ansible_collections.trailwatch.aws.plugins.module_utils.filter_policy import (
    MESSAGE_ATTRIBUTES,
    check_filter_policy,
    keeps_back,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings_checks import twelve_digits
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings_error import SettingsError
from ansible_collections.trailwatch.aws.plugins.module_utils.topic_options import checked_subscriptions

OUTCOMES = ("succeeded", "denied", "failed", "unknown")

_VARIABLE = "iam_alerting_subscribers"
_RAW = ("filter_policy", "filter_policy_scope")
_OPTIONS = ("protocol", "endpoint", "raw_message_delivery", "dead_letter_arn", "subscription_role_arn", *_RAW)
# The message attribute that each filter is about.
_FILTERS = {"minimum_severity": "severity", "accounts": "account", "actions": "action", "outcomes": "outcome"}
_LISTED = 3


def check_subscribers(subscribers: Sequence[object], reported: Sequence[str]) -> tuple[dict[str, Any], ...]:
    """The subscriptions of the topic, as options of the module sns_topic; a plain mail address is one.

    Of an entry that is a mapping the filter policy is compared, also an empty one: else one that was there would stay.
    It is not for a plain address, as each comparison costs a read.

    Args:
        subscribers: the entries as the user gave them.
        reported: the actions to alert on, without presets and removals.

    Raises:
        SettingsError: an entry is neither address nor mapping, its endpoint does not fit its protocol, or one of its
            filters cannot be used.
    """
    subscriptions = [
        _subscription(f"{_VARIABLE}[{number}]", entry, reported) for number, entry in enumerate(subscribers)
    ]
    try:
        checked_subscriptions(subscriptions)
    except InvalidValueError as error:
        raise SettingsError(str(error).replace("subscriptions[", f"{_VARIABLE}[", 1)) from error
    return tuple(subscriptions)


def warnings_of(settings: Settings) -> list[str]:
    """What is allowed of the subscribers, and hardly meant."""
    if not settings.subscriptions:
        return [f"{_VARIABLE} is empty: alerts are published, but nobody gets them."]
    return [*_unheard_alerts(settings), *_unheard_alarms(settings)]


def _unheard_alarms(settings: Settings) -> list[str]:
    """CloudWatch gives its messages no attributes, so that whoever filters by them gets none."""
    policies = [_policy_over_attributes(each) for each in settings.subscriptions]
    if not settings.alarms or settings.fallback or not all(_asks_for_attributes(policy) for policy in policies):
        return []
    return [
        f"Nobody gets the alarms on the alerting in account {settings.account_id}: all {_VARIABLE} have filters, which "
        "let no alarm through. Set iam_alerting_fallback, or add a subscriber without filters."
    ]


def _asks_for_attributes(policy: Mapping[str, Any]) -> bool:
    """Whether a message without attributes does not pass."""
    return any({"exists": False} not in values for values in policy.values())


def _unheard_alerts(settings: Settings) -> list[str]:
    unheard = _unheard(settings)
    if not unheard:
        return []
    more = f" and {len(unheard) - _LISTED} more" if len(unheard) > _LISTED else ""
    return [
        f"Nobody gets the critical alerts of {', '.join(unheard[:_LISTED])}{more} in account {settings.account_id}, "
        f"even if the call succeeded: all {_VARIABLE} filter them out. Add one without filters, or widen a filter."
    ]


def _unheard(settings: Settings) -> list[str]:
    """The actions whose alerts can be critical and reach no subscriber though the call succeeded."""
    policies = [_policy_over_attributes(each) for each in settings.subscriptions]
    if not all(policies):
        return []
    reported = parse_format(settings.actions)
    told = {"severity": "critical", "account": settings.account_id, "outcome": "succeeded"}
    critical = [name for name, entry in catalogue().entries.items() if entry.severity == "critical"]
    return [
        name
        for name in critical
        if any(action.covers(Action(*name.split(":"))) for action in reported)
        and all(keeps_back(policy, {**told, "action": name}) for policy in policies)
    ]


def _policy_over_attributes(subscription: Mapping[str, Any]) -> Mapping[str, Any]:
    scope = subscription.get("filter_policy_scope", MESSAGE_ATTRIBUTES)
    policy: Mapping[str, Any] = subscription.get("filter_policy", {}) if scope == MESSAGE_ATTRIBUTES else {}
    return policy


def _subscription(where: str, entry: object, reported: Sequence[str]) -> dict[str, Any]:
    if isinstance(entry, str):
        return {"protocol": "email", "endpoint": entry}
    if not isinstance(entry, Mapping) or not isinstance(entry.get("endpoint"), str):
        raise SettingsError(
            f"{where} is {entry!r}. Give a mail address, or a dictionary with endpoint, and if need be "
            f"{', '.join(_options())}."
        )
    _check_options(where, entry)
    options = {name: value for name, value in entry.items() if name not in _FILTERS}
    return {"protocol": "email", **options, **_filter(where, entry, reported)}


def _options() -> list[str]:
    return [name for name in (*_OPTIONS, *_FILTERS) if name != "endpoint"]


def _check_options(where: str, given: Mapping[str, Any]) -> None:
    for name in given:
        if name not in (*_OPTIONS, *_FILTERS):
            near = difflib.get_close_matches(str(name), _options(), n=1)
            hint = f"Nearest: {near[0]}. " if near else ""
            raise SettingsError(f"{where} has {name!r}, which is no option. {hint}There are {', '.join(_options())}.")
    raw = [name for name in _RAW if given.get(name) is not None]
    filters = [name for name in _FILTERS if name in given]
    if raw and filters:
        raise SettingsError(
            f"{where} has {' and '.join((*raw, *filters))}. A filter policy is made from {', '.join(_FILTERS)}: leave "
            f"out {' and '.join(raw)}, or write all of the filter there."
        )


def _filter(where: str, given: Mapping[str, Any], reported: Sequence[str]) -> dict[str, Any]:
    """The filter policy of an entry with its scope, as options of sns_topic; an empty one lets all through."""
    filters = [name for name in _FILTERS if name in given]
    policy = {_FILTERS[name]: _values(f"{where}.{name}", name, given[name], reported) for name in filters}
    source = where
    if not filters:
        policy, source = given.get("filter_policy") or {}, f"{where}.filter_policy"
    if not isinstance(policy, Mapping):
        raise SettingsError(f"{source} is {policy!r}. Give a dictionary of attribute names and lists of values.")
    if not policy:
        return {"filter_policy": {}}
    scope = given.get("filter_policy_scope") or MESSAGE_ATTRIBUTES
    if scope == MESSAGE_ATTRIBUTES:
        try:
            check_filter_policy(source, policy)
        except InvalidValueError as error:
            raise SettingsError(str(error)) from error
    return {"filter_policy": dict(policy), "filter_policy_scope": scope}


def _values(where: str, name: str, value: object, reported: Sequence[str]) -> list[Any]:
    """What the attribute may be so that the filter lets the message through."""
    if name == "minimum_severity":
        return _severities(where, value)
    values = list(value) if isinstance(value, (list, tuple)) else [value]
    if not values:
        raise SettingsError(f"{where} is empty, so nothing would ever be delivered. Name something, or leave it out.")
    if name == "accounts":
        return sorted({twelve_digits(f"{where}[{number}]", each) for number, each in enumerate(values)})
    return _outcomes(where, values) if name == "outcomes" else _actions(where, values, reported)


def _severities(where: str, value: object) -> list[str]:
    if value not in SEVERITIES:
        raise SettingsError(f"{where} is {value!r}, which is no severity. Use one of {', '.join(SEVERITIES)}.")
    return list(SEVERITIES[: SEVERITIES.index(str(value)) + 1])


def _outcomes(where: str, values: Iterable[object]) -> list[str]:
    for value in values:
        if value not in OUTCOMES:
            raise SettingsError(f"{where} has {value!r}, which is no outcome. Use some of {', '.join(OUTCOMES)}.")
    return [outcome for outcome in OUTCOMES if outcome in values]


def _actions(where: str, texts: Iterable[object], reported: Sequence[str]) -> list[Any]:
    try:
        actions = parse_actions(str(text) for text in texts)
    except ActionError as error:
        raise SettingsError(f"{where}: {error}") from error
    listed = parse_format(reported)
    values = [value for action in actions for value in _action(where, action, listed)]
    return [value for number, value in enumerate(values) if value not in values[:number]]


def _action(where: str, action: Action, listed: Sequence[Action]) -> list[Any]:
    """SNS knows no wildcard but a prefix: others are written out as the actions that are reported."""
    known = [Action(action.service, name) for name in sorted(known_names(action.service))]
    meant = [str(each) for each in known if action.covers(each) and any(other.covers(each) for other in listed)]
    if not meant:
        raise SettingsError(
            f"{where} has '{action}', and no action in iam_alerting_actions is meant by it, so it would match nothing. "
            "Add what is meant there, or take it out here."
        )
    start = str(action).removesuffix("*")
    if "*" in start:
        return meant
    return [{"prefix": start}] if action.is_wildcard else [str(action)]
