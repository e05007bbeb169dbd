# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which events are told of together: one mail at once, and one summary of those that come within some seconds of it.

At least once, whatever breaks off: an event counts as done only after it was mailed or counted in a window. An event
that an invocation left undone is mailed on its own when the queue brings it again.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import metrics
import origin
import summary
from alert import Alert
from groups import Claim, Groups, Window
from record import Record
from reminder import Reminder
from untrusted import as_value


def key(found: Alert) -> str:
    """The group of an alert: the same account, action, actor, severity, rule and outcome have the same.

    Severity and rule are in it so that no event hides behind one that is less bad, or bad for another reason; not the
    reason itself, which may name users. The actor's name alone would do to hide behind, too: a user may be called like
    a role, and a role like that of another account.
    """
    record, rated, who = found.record, found.assessment, found.record.actor
    # A name that does not begin with its group's may be a person's, for whom nobody vouches.
    person = "" if who.name.startswith(who.group) else who.name
    actor = (who.group, person, who.type, who.accountId)
    parts = (record.account, record.action, *actor, rated.severity.name, rated.rule, record.outcome.value)
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def sort_key(record: Record) -> str:
    """The event's key in the table, in the order of time; empty if it has no id by which to know it again."""
    if not origin.EVENT_ID.fullmatch(record.eventID):
        return ""
    return f"event#{as_value(record.eventTime, 60)}#{record.eventID}"


class Grouping(NamedTuple):
    """What events are delivered with: table and queue; `publish` mails an alert.

    `seconds` is how long a window is open, `log_group` where people find the function's log.
    """

    groups: Groups
    remind: Callable[[Reminder, int], None]
    publish: Callable[[Alert], str]
    publish_summary: Callable[[summary.Summary], str]
    seconds: int
    pipeline: str
    clock: Callable[[], float] = time.time

    def deliver(self, found: Alert) -> dict[str, Any]:
        """Mail the event, or leave it to a summary; answers with what is to be logged."""
        event = sort_key(found.record)
        if not event:
            return self.alone(found)
        group, now = key(found), int(self.clock())
        claim = self.groups.claim(group, event, summary.aim(found), now)
        if claim is Claim.DONE:
            return {"disposition": "duplicate", "group": group}
        opener = event if claim is Claim.AGAIN else self.groups.enter(group, self._window(found, event, now), now)
        if opener == event:
            logged = {**self.alone(found), **self._reminded(found)}
            self.groups.done(group, event)
            return logged
        self.groups.done(group, event, opener)
        counted = metrics.count("GroupedEvents", 1, {"Pipeline": self.pipeline}, now)
        return {"disposition": "grouped", "group": group, **counted}

    def untracked(self, found: Alert) -> dict[str, Any]:
        """Mail the event, and have the window told of that it may have opened, without asking the table.

        A reminder that fails is logged: raised, it would bring the event, and its mail, again and again.
        """
        logged = self.alone(found)
        try:
            return {**logged, **self._reminded(found)}
        except Exception as error:  # of whatever kind
            return {**logged, "reminderError": f"{type(error).__name__}: {error}"}

    def alone(self, found: Alert) -> dict[str, Any]:
        """Mail the event, which has no part in any group."""
        return {"disposition": "mailed", "messageId": self.publish(found)}

    def _reminded(self, found: Alert) -> dict[str, str]:
        """Have the window told of that the event may have opened; answers with what is to be logged."""
        event = sort_key(found.record)
        if not event:
            return {}
        reminder = Reminder(key(found), event)
        self.remind(reminder, self.seconds)
        return {"group": reminder.group}

    def summarize(self, reminder: Reminder) -> dict[str, Any]:
        """Tell of what came in a window, and close it; answers with what is to be logged.

        If the reminder is early, or events came while it was at work, it is sent again.
        """
        now = int(self.clock())
        logged = {"disposition": "no window", "group": reminder.group}
        window = self.groups.window(reminder.group)
        if window is None or window.opener != reminder.opener:
            return logged
        if window.ends > now:
            self.remind(reminder, window.ends - now)
            return {**logged, "disposition": "early"}
        more = window.entered - window.told
        message_id = self._tell(reminder.group, window, more) if more > 0 else ""
        if not self.groups.close(reminder.group, window) and self.groups.prolong(
            reminder.group, window, now + self.seconds
        ):
            self.remind(reminder, self.seconds)
        return {**logged, "disposition": "summary", "more": more, "messageId": message_id}

    def _tell(self, group: str, window: Window, more: int) -> str:
        first = summary.read(window.details)
        listed = self.groups.told_by(group, window.opener, summary.LISTED)
        log_group = f"/aws/lambda/{self.pipeline}"
        return self.publish_summary(summary.Summary(group, first, more, window.latest, listed, log_group))

    def _window(self, found: Alert, event: str, now: int) -> Window:
        """The window that the event opens, if there is none."""
        details = json.dumps(summary.first(found)._asdict())
        return Window(event, now + self.seconds, 1, 1, details, as_value(found.record.eventTime, 60))
