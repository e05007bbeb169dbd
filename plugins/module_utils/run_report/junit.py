# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as JUnit XML: a test case for each account. CI servers show that beside the run.

There is no standard, so this is what the common readers have in common: an account that failed is a failure, one that
could not be entered an error, and one that was not begun with is skipped.
"""

from __future__ import annotations

from xml.etree import ElementTree

from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Document
from ansible_collections.trailwatch.aws.plugins.module_utils.reporting.text import account_title, printable
from ansible_collections.trailwatch.aws.plugins.module_utils.run_report.account import SKIPPED, UNREACHABLE

_ELEMENTS = {UNREACHABLE: "error", SKIPPED: "skipped"}


def junit(report: Document) -> str:
    """The report as a document of XML."""
    cases = [_case(report, account) for account in report["accounts"]]
    numbers = {
        "tests": str(len(cases)),
        **{f"{kind}s": str(_number(cases, kind)) for kind in ("failure", "error")},
        "skipped": str(_number(cases, "skipped")),
    }
    name = f"trailwatch.{report['playbook']}"
    root = ElementTree.Element("testsuites", {"name": name, **numbers})
    suite = ElementTree.SubElement(root, "testsuite", {"name": name, **numbers, "timestamp": report["generated"][:19]})
    suite.extend(cases)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _case(report: Document, account: Document) -> ElementTree.Element:
    name, what = printable(account_title(account)), printable(account["what"])
    called = f"{name} ({printable(account['account_id'])})" if account["account_id"] else name
    case = ElementTree.Element("testcase", {"classname": f"trailwatch.{report['playbook']}", "name": called})
    kind = _ELEMENTS.get(account["state"], "failure" if account["host"] in report["failing"] else None)
    if kind:
        ElementTree.SubElement(case, kind, {"message": what, "type": account["state"]}).text = what
    else:
        ElementTree.SubElement(case, "system-out").text = what
    return case


def _number(cases: list[ElementTree.Element], kind: str) -> int:
    return sum(case.find(kind) is not None for case in cases)
