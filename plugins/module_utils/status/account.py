# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The status of one account, from what its plan read: a document that JSON can hold, with the same keys for each."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import alarms, event_queue, queue, subscriptions
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.plan import Plan
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import EXISTING, Settings
from ansible_collections.trailwatch.aws.plugins.module_utils.status import deaf

UNREADABLE = "unreadable"
DEAF = "deaf"
DEAD_LETTERS = "dead_letters"
ALARM = "alarm"
DRIFT = "drift"
DELIVERY = "delivery"
PENDING = "pending"
UNEXPECTED = "unexpected"
STANDBY = "standby"
HEALTHY = "healthy"
# The kinds of problems, the worst first. The last is none, but somebody has to end it if the other hub is lost.
KINDS = (UNREADABLE, DEAF, DEAD_LETTERS, ALARM, DRIFT, DELIVERY, PENDING, UNEXPECTED, STANDBY)

_PARTS = ("trail", "rules", "function", "subscribers", "dead_letters", "alarms", "waiting", "last_alert", "drift")


def account_status(settings: Settings, plan: Plan, last_alert: datetime.datetime | None) -> Document:
    """The status of an account that was read. What was not looked at is None."""
    live, desired = plan.live, plan.desired
    parts: Document = {
        "trail": _trail(plan) if "trail" in live else None,
        "rules": _rules(live["rule"].found.rules.values()) if "rule" in live else None,
        "function": _function(live["function"], plan.changes["function"]) if "function" in live else None,
        "subscribers": list(plan.subscribers) if "topic" in live else None,
        "dead_letters": queue.waiting(live["queue"]) if live.get("queue") else None,
        "alarms": _alarms(live["alarms"] or {}) if "alarms" in live else None,
        "waiting": queue.waiting(live["event_queue"]) if live.get("event_queue") else None,
        "last_alert": _iso(last_alert),
        "drift": list(plan.differing),
    }
    told: dict[str, Iterable[str]] = {
        DEAF: deaf.reasons(settings, plan),
        ALARM: [_says(settings, alarm) for alarm in alarms.firing(live.get("alarms"))],
        PENDING: [
            f"fallback not confirmed: {each}" for each in subscriptions.named(plan.fallback, subscriptions.PENDING)
        ],
        STANDBY: event_queue.told(settings, live.get("event_queue")),
    }
    problems = _problems(settings, parts, told, desired["queue"]["QueueName"])
    return _document(settings.account_id, settings.account_name, settings.region, problems, parts)


def unreadable(account_id: str, account_name: str, reason: str) -> Document:
    """The status of an account of which only is known why it could not be read."""
    problem = {"kind": UNREADABLE, "what": reason}
    return _document(account_id, account_name, None, [problem], dict.fromkeys(_PARTS))


def _document(
    account_id: str, account_name: str, region: str | None, problems: list[dict[str, str]], parts: Document
) -> Document:
    return {
        "account_id": account_id,
        "account_name": account_name,
        "region": region,
        "status": problems[0]["kind"] if problems else HEALTHY,
        "problems": problems,
        **parts,
    }


def _problems(
    settings: Settings, parts: Document, told: Mapping[str, Iterable[str]], queue: str
) -> list[dict[str, str]]:
    """What somebody has to see to, the worst first: what follows from the parts, and C(told) by its kind besides."""
    unlisted = _subscribers(parts, subscriptions.UNEXPECTED, "not on the list")
    letters, drift = parts["dead_letters"], parts["drift"]
    trail = parts["trail"] or {"own": True}
    error = trail["own"] and trail.get("delivery_error")  # others see to the log files of theirs
    found: dict[str, Iterable[str]] = {
        DEAD_LETTERS: [f"dead letters: {letters} in {queue}"] if letters else [],
        DRIFT: [
            *([f"differs: {', '.join(drift)}"] if drift else []),
            *_subscribers(parts, subscriptions.LOST, "lost"),
            *_subscribers(parts, subscriptions.MISSING, "missing"),
            *(unlisted if settings.purge_subscribers else []),
        ],
        DELIVERY: [f"log files are not delivered: {error}"] if error else [],
        PENDING: _subscribers(parts, subscriptions.PENDING, "not confirmed"),
        UNEXPECTED: [] if settings.purge_subscribers else unlisted,
    }
    return [{"kind": kind, "what": what} for kind in KINDS for what in (*found.get(kind, ()), *told.get(kind, ()))]


def _subscribers(parts: Document, state: str, told: str) -> list[str]:
    which = subscriptions.named(parts["subscribers"] or [], state)
    return [f"{told}: {', '.join(which)}"] if which else []


def _trail(plan: Plan) -> Document:
    """The trail that serves: ours, or the one of others that is used in its place."""
    serving = plan.live["trail"] if plan.trails.mode != EXISTING else plan.trails.in_use
    known = serving or {}
    return {
        "name": known.get("Title") or plan.desired["trail"]["Name"],
        "own": plan.trails.mode != EXISTING,
        "exists": serving is not None,
        "logging": bool(known.get("IsLogging")),
        "last_delivery": _iso(known.get("LatestDeliveryTime")),
        "delivery_error": known.get("LatestDeliveryError") or None,
    }


def _rules(live: Iterable[Document]) -> list[dict[str, str]]:
    return [{"name": rule["Name"], "state": rule["State"]} for rule in live]


def _function(live: Document | None, change: Change) -> Document:
    known = live or {}
    modified = known.get("LastModified")  # the one time that Lambda gives as text
    return {
        "exists": live is not None,
        "state": known.get("State"),
        "last_modified": _iso(datetime.datetime.fromisoformat(modified)) if modified else None,
        "code_as_desired": live is not None and "CodeSha256" not in change.after,
    }


def _alarms(live: Mapping[str, Document]) -> list[dict[str, str | None]]:
    return [
        {"name": name, "state": alarm["StateValue"], "since": _iso(alarm.get("StateUpdatedTimestamp"))}
        for name, alarm in sorted(live.items())
    ]


def _says(settings: Settings, alarm: Document) -> str:
    """What an alarm says in the first sentence of its description; the rest is in its mail."""
    described = str(alarm.get("AlarmDescription") or alarm.get("StateReason", ""))
    sentence = described.removeprefix(alarms.prefix_of_descriptions(settings)).partition(". ")[0]
    return f"alarm {alarm['AlarmName']}: {sentence}"


def _iso(time: datetime.datetime | None) -> str | None:
    return time.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time else None
