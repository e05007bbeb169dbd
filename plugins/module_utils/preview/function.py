# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Lambda function's own code, run on the controller."""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.catalogue import catalogue, in_package
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.code import SOURCE

# Those that are used here; they import the rest. The handler is not among them: it needs boto3 and an environment.
_MODULES = ("alert", "catalogue", "message", "metrics", "pipeline", "record", "suppression", "untrusted")
# Those that the others import while they are at work.
_LATE = ("policy", "suppress")


@functools.cache
def modules() -> SimpleNamespace:
    """The function's modules by their names.

    They import each other from the top of the import path, as they find each other in Lambda, and have names that
    others may have, too. So the path and what was imported before are left as they were.
    """
    names = [path.stem for path in SOURCE.glob("*.py")]
    others = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    sys.path.insert(0, str(SOURCE))
    try:
        return SimpleNamespace(**{name: importlib.import_module(name) for name in (*_MODULES, *_LATE)})
    finally:
        sys.path.remove(str(SOURCE))
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(others)


@contextlib.contextmanager
def at_work() -> Iterator[None]:
    """The modules that are imported late are found for as long as this lasts."""
    others = {name: sys.modules[name] for name in _LATE if name in sys.modules}
    sys.modules.update({name: getattr(modules(), name) for name in _LATE})
    try:
        yield
    finally:
        for name in _LATE:
            del sys.modules[name]
        sys.modules.update(others)


class Function:
    """The function as each account would have it, on a given day."""

    def __init__(
        self,
        name: str,
        account_names: Mapping[str, str],
        suppressions: Iterable[Mapping[str, Any]],
        today: str,
        trusted_accounts: Iterable[str] = (),
        time_zone: str = "",
    ) -> None:
        """Prepare the function of the pipeline I(name).

        Args:
            account_names: what accounts are called, by their ids.
            suppressions: in the form of C(check_suppressions).
            today: the day in UTC, YYYY-MM-DD.
            trusted_accounts: those that roles may trust.
            time_zone: in which mails tell the time beside UTC; an IANA name.
        """
        self._code = modules()
        self._name = name
        self._account_names = account_names
        self._catalogue = self._code.catalogue.read(json.loads(in_package(catalogue())))
        self.suppressions = self._code.suppression.read(suppressions)
        self.today = today
        self._trusted_accounts = frozenset(trusted_accounts)
        self._time_zone = time_zone

    def alert(self, event: Mapping[str, Any]) -> Any:
        """The function's C(Alert) of an event, made in the event's own account."""
        account = self._code.record.parse(event).account
        known = self._code.alert.Knowledge(
            self._code.pipeline.Pipeline(self._name, account),
            self._account_names.get(account, ""),
            self._catalogue,
            self.suppressions,
            self._trusted_accounts,
        )
        with at_work():
            return self._code.alert.alert(event, known, self.today)

    def mail(self, alert: Any) -> Any:
        """The C(Message) of an alert."""
        return self._code.message.write(alert, self._time_zone)

    def knows(self, alert: Any) -> bool:
        """Whether the alert's action is in the catalogue."""
        return alert.record.action in self._catalogue

    def about(self, alert: Any) -> dict[str, str]:
        """Who did what with which result, how bad it is, and by which rule, fit to be printed."""
        record, safe = alert.record, self._code.untrusted.as_name
        return {
            "severity": alert.assessment.severity.name.lower(),
            "action": safe(record.action, 128),
            "actor": safe(record.actor.group, 128) or "unknown",
            "account": safe(record.account, 64),
            "outcome": record.outcome.value,
            "rule": alert.assessment.rule,
        }
