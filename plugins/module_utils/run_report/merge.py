# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The reports of several runs as one: of the slices of an inventory, each of which was run for itself."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document
from ansible_collections.trailwatch.aws.plugins.module_utils.run_report.account import STATES
from ansible_collections.trailwatch.aws.plugins.module_utils.run_report.report import make_report

VARIABLE = "iam_alerting_reports"
# What the reports have to have in common.
SAME = ("playbook", "check_mode")
TEXTS = ("host", "account_id", "account_name", "state", "what")
LISTS = ("components", "notes")


class MergeError(Exception):
    """The reports are not those of the parts of a whole. The text names variable, file and way out."""


def read_report(path: str) -> Document:
    """The report that a run wrote as JSON.

    Raises:
        MergeError: it cannot be read, or is no such report.
    """
    try:
        report = json.loads(Path(path).expanduser().read_text(encoding="utf-8"))
    except OSError as error:
        raise MergeError(
            f"{VARIABLE} has {path!r}, which cannot be read: {error.strerror}. If the run that was to write it ended "
            "early, repeat that run; nothing is known of its accounts."
        ) from error
    except ValueError:
        report = None
    if not _is_report(report):
        raise MergeError(
            f"{VARIABLE} has {path!r}, which is no report of a run. Give files that were written for "
            "iam_alerting_report_json."
        )
    return dict(report)


def _is_report(report: object) -> bool:
    return (
        isinstance(report, dict)
        and isinstance(report.get("playbook"), str)
        and isinstance(report.get("check_mode"), bool)
        and isinstance(report.get("accounts"), list)
        and all(_is_account(account) for account in report["accounts"])
    )


def _is_account(account: object) -> bool:
    return (
        isinstance(account, dict)
        and all(isinstance(account.get(name), str) for name in TEXTS)
        and all(isinstance(account.get(name), list) for name in LISTS)
        and account["state"] in STATES
    )


def merged(paths: Sequence[str], fail_on: Collection[str], generated: str) -> Document:
    """One report on the accounts of all these files. For C(fail_on) and C(generated) see C(make_report).

    Raises:
        MergeError: there is no file, one cannot be read, they are of different playbooks, or an account is in two.
    """
    if not paths:
        raise MergeError(f'{VARIABLE} names no file. Give it as -e \'{{"{VARIABLE}": ["one.json", "two.json"]}}\'.')
    reports = [read_report(path) for path in paths]
    _check_same(paths, reports)
    _check_disjoint(paths, reports)
    accounts = [account for report in reports for account in report["accounts"]]
    return make_report(reports[0]["playbook"], reports[0]["check_mode"], accounts, fail_on, generated)


def _check_same(paths: Sequence[str], reports: Sequence[Document]) -> None:
    for path, report in zip(paths, reports, strict=True):
        for name in SAME:
            if report[name] != reports[0][name]:
                raise MergeError(
                    f"{VARIABLE}: {name} is {reports[0][name]!r} in {paths[0]!r}, but {report[name]!r} in {path!r}. "
                    "Merge reports of one playbook, all with --check or all without."
                )


def _check_disjoint(paths: Sequence[str], reports: Sequence[Document]) -> None:
    seen: dict[str, int] = {}
    for number, report in enumerate(reports):
        for account in report["accounts"]:
            before = seen.setdefault(account["host"], number)
            if before != number:
                raise MergeError(
                    f"{VARIABLE}: host {account['host']} is in {paths[before]!r} and in {paths[number]!r}. Let the "
                    "slices not overlap: both ends of all[0:249] are in it, so the next one begins at 250."
                )
