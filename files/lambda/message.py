# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mail about a record: its subject and its body."""

from __future__ import annotations

from typing import NamedTuple

import origin
import redact
import target
import when
from alert import Alert
from assess import Assessment
from record import Outcome, Record
from shape import text
from untrusted import as_name, as_text, cap, clean, to_ascii

SUBJECT_LENGTH = 99  # SNS takes less than 100
_WIDTH = 100
_LABEL = 8
_NAME = 128
_ARN = 400
_AGENT = 80
_REASON = 500
_GRANT = 180

FLAGS = {Outcome.DENIED: "DENIED ", Outcome.FAILED: "FAILED "}
_CALLED = {
    Outcome.SUCCEEDED: "{who} called {what} in {place}.",
    Outcome.DENIED: "{who} was denied {what} in {place}.",
    Outcome.FAILED: "{who} tried {what} in {place} and failed.",
    Outcome.UNKNOWN: "{who} tried {what} in {place}, result not recorded.",
}
_SIGNED_IN = {
    Outcome.SUCCEEDED: "{who} signed in to the AWS console of {place}.",
    Outcome.DENIED: "{who} was denied to sign in to the AWS console of {place}.",
    Outcome.FAILED: "{who} failed to sign in to the AWS console of {place}.",
    Outcome.UNKNOWN: "{who} tried to sign in to the AWS console of {place}, result not recorded.",
}


class Message(NamedTuple):
    """What is sent: a subject that SNS accepts, and a body of plain text."""

    subject: str
    body: str


def write(alert: Alert, time_zone: str = "") -> Message:
    """The mail about an alert; `time_zone` is the IANA name of the zone in which the time is told beside UTC, or empty.

    The subject has at most 99 characters of printable ASCII and starts with the severity. All text from the record is
    made safe here.
    """
    record = alert.record
    flags = f"{alert.assessment.severity.name} {FLAGS.get(record.outcome, '')}"
    first_line = subject(flags, record.action, record.actor.name, record.account, alert.account_name)
    return Message(first_line, _body(alert, time_zone))


def subject(flags: str, action: str, actor: str, account: str, account_name: str) -> str:
    """The subject that begins with `flags`, the longest names cut so that it has 99 characters at most."""
    account = _subject_text(account)
    name = cap(to_ascii(clean(account_name)), _NAME)
    tail = f" ({cap(account, 20)})" if name and account else ""
    parts = [_subject_text(action), _subject_text(actor) or "unknown", name or account or "an unknown account"]
    frame = f"{flags} by  in {tail}"
    action, actor, where = _fit(parts, SUBJECT_LENGTH - len(frame))
    return f"{flags}{action} by {actor} in {where}{tail}"


def _subject_text(value: str) -> str:
    return " ".join(to_ascii(as_name(value, _NAME)).split())


def _fit(words: list[str], budget: int) -> list[str]:
    """The words cut so that together they keep to the budget, the longest ones first."""
    limit = max(map(len, words))
    while sum(min(len(word), limit) for word in words) > budget:
        limit -= 1
    return [cap(word, limit) for word in words]


def _body(alert: Alert, time_zone: str) -> str:
    record, what = alert.record, _what(alert)
    blocks = [
        paragraph(_headline(record, what, alert.account_name)),
        table(_judgement(alert.assessment)),
        table(_facts(record, what, alert.account_name, time_zone)),
        _listed("Parameters", alert.parameters),
        _listed("Details", alert.details),
        "\n".join(_reference(record, alert.verdict.note)),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _headline(record: Record, what: str, account_name: str) -> str:
    sentences = _SIGNED_IN if record.eventName == "ConsoleLogin" else _CALLED
    sentence = sentences[record.outcome].format(
        who=as_name(record.actor.title, 2 * _NAME), what=what, place=place(record.account, account_name)
    )
    return sentence[:1].upper() + sentence[1:]


def _judgement(assessment: Assessment) -> list[tuple[str, list[str]]]:
    """How bad it is, why, and what to do."""
    entry = assessment.entry
    reason = as_text(assessment.reason, _REASON)
    return [
        ("Rating", [f"{assessment.severity.name}: {reason}", as_text(assessment.lowered, _REASON)]),
        ("Why", _why(assessment)),
        ("Rule", [assessment.rule]),
        ("Policy", [as_text(said, _GRANT) for said in assessment.grants]),
        ("ATT&CK", [", ".join(entry.techniques)]),
        ("Next", [assessment.next]),
    ]


def _why(assessment: Assessment) -> list[str]:
    """Why the action matters, where the rating does not say it already."""
    return [assessment.entry.why] if assessment.rule != "catalogue" else []


def _facts(record: Record, what: str, account_name: str, time_zone: str) -> list[tuple[str, list[str]]]:
    region = as_name(record.awsRegion, 40) or "region unknown"
    return [
        ("What", [what]),
        ("Who", _who(record)),
        ("Where", [f"{place(record.account, account_name)}, {region}"]),
        ("When", [when.in_words(record.eventTime, time_zone)]),
        ("From", _from(record)),
        ("Result", _result(record)),
    ]


def _what(alert: Alert) -> str:
    aim = as_name(target.in_words(alert.targets), 2 * _NAME)
    action = as_name(alert.record.action, _NAME)
    return f"{action} on {aim}" if aim else action


def _who(record: Record) -> list[str]:
    actor = record.actor
    first = ", ".join(as_name(said, 2 * _NAME) for said in (actor.title, *actor.notes))
    proof = [
        f"MFA {record.mfa}" if record.mfa else "",
        f"access key {as_name(redact.shorten(actor.accessKeyId), 40)}" if actor.accessKeyId else "",
    ]
    foreign = actor.accountId if actor.accountId != record.account else ""
    lines = [
        first,
        as_name(actor.arn, _ARN),
        f"of another account: {as_name(foreign, 40)}" if foreign else "",
        ", ".join(said for said in proof if said),
    ]
    return [line for line in lines if line]


def place(account: str, account_name: str) -> str:
    """The account by name and id, as far as they are known."""
    account, name = as_name(account, 40), cap(clean(account_name), _NAME)
    if name and account:
        return f"{name} ({account})"
    return name or (f"account {account}" if account else "an unknown account")


def _from(record: Record) -> list[str]:
    tool = origin.tool(record)
    address = as_name(record.sourceIPAddress, _NAME) or "address not recorded"
    agent = as_text(record.userAgent, _AGENT)
    repeats = agent == address or not agent
    return [f"{address}, probably {tool}" if tool else address] + ([] if repeats else [f"user agent {agent}"])


def _result(record: Record) -> list[str]:
    if record.outcome is Outcome.UNKNOWN:
        return ["not recorded"]
    if record.outcome is Outcome.SUCCEEDED:
        key = as_name(target.new_access_key(record), 40)
        return [f"succeeded, made access key {key}" if key else "succeeded"]
    code = as_name(record.errorCode, _NAME)
    reason = as_text(record.errorMessage, _REASON)
    return [f"{record.outcome.name}: {code}" if code else record.outcome.name] + ([reason] if reason else [])


def _listed(heading: str, lines: list[str]) -> str:
    return "\n".join([heading, *(f"  {line}" for line in lines)]) if lines else ""


def _reference(record: Record, note: str) -> list[str]:
    lines = _aligned("Event", [as_name(record.eventID, _NAME) or "no id recorded"])
    link = origin.event_link(record)
    if link:
        lines.append(f"{'Link':{_LABEL}}{link}")
    return lines + _aligned("Note", [*_late(record), as_name(note, _REASON)])


def _late(record: Record) -> list[str]:
    """That the record came late or corrects another one, where it did."""
    if not record.addendum:
        return []
    reason = as_name(text(record.addendum.get("reason")), _NAME) or "no reason given"
    original = as_name(text(record.addendum.get("originalEventID")), _NAME)
    return [f"late or corrected record ({reason})" + (f" of event {original}" if original else "")]


def paragraph(sentence: str) -> str:
    """The sentence in lines, those after the first indented: no text from an event may start one."""
    return "\n".join(_wrapped(sentence, _WIDTH, "  "))


def table(rows: list[tuple[str, list[str]]]) -> str:
    """The rows, each a label and lines beside it. Lines that are empty are left out."""
    return "\n".join(line for label, values in rows for line in _aligned(label, values))


def _aligned(label: str, values: list[str]) -> list[str]:
    """The values one below the other, the first beside the label."""
    lines = [line for value in values if value for line in _wrapped(value, _WIDTH - _LABEL)]
    return [f"{label if index == 0 else '':{_LABEL}}{line}" for index, line in enumerate(lines)]


def _wrapped(line: str, width: int, indent: str = "") -> list[str]:
    """The lines of the text, cut between words only: in a tenth of the time that textwrap takes."""
    if len(line) <= width:
        return [line] if line else []
    lines = [""]
    for word in line.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(indent + word)
        else:
            lines[-1] += f" {word}" if lines[-1] else word
    return [line for line in lines if line]
