# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Enter accounts from the controller, once for each run, and hand their sessions on to modules.

Loading it prepares, before Ansible forks its workers, what each of them would else do for itself.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.errors import AnsibleActionFail
from ansible.plugins.loader import connection_loader, filter_loader, get_shell_plugin, test_loader

from ansible_collections.trailwatch.aws.plugins.module_utils.account import (
    AccountError,
    Credentials,
    access_of,
    configured_region,
    connection_settings,
    prepare_sign_in,
    sign_in,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.actions import known_names
from ansible_collections.trailwatch.aws.plugins.module_utils.denied import DeniedError
from ansible_collections.trailwatch.aws.plugins.module_utils.partitions import iam_region
from ansible_collections.trailwatch.aws.plugins.module_utils.session_file import read_session, session_text
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import clients
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.code import function_package
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.entered import Entered, Pair
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import Settings

# The services whose actions are on most lists: their models are read once, before the workers fork.
USUAL_SERVICES = ("iam", "cloudtrail")


class LackingError(AccountError):
    """The account was entered, but something may not be done in it. The text says by whom, and what it takes."""


def failure(error: Exception, applied: Collection[str] = ()) -> AnsibleActionFail:
    """What a task fails with. C(entered) tells whether anything could be done in the account at all.

    Raise it from None: Ansible would tell every cause once more, and the text has them.
    """
    return AnsibleActionFail(str(error), result={"entered": bool(applied) or entered_at(error)})


def entered_at(error: Exception) -> bool:
    """Whether the account had been entered when this came."""
    return isinstance(error, LackingError) or not isinstance(error, AccountError)


@contextlib.contextmanager
def entered(
    arguments: dict[str, Any], settings: Settings, made: Callable[[str], clients.Clients] = clients.clients_of
) -> Iterator[Any]:
    """The clients, as C(made) gives those of a region, with credentials that are certainly for the account.

    Raises:
        AccountError: the account cannot be entered.
        LackingError: the credentials lack a permission for what is done meanwhile.
    """
    credentials = signed_in(arguments, settings)
    account_clients = made(settings.region)
    account_clients.enter(credentials)
    try:
        yield account_clients
    except DeniedError as error:
        raise LackingError(error.told(credentials.arn, settings.account_id)) from error


@contextlib.contextmanager
def pair_entered(arguments: dict[str, Any], settings: Settings) -> Iterator[Pair]:
    """The account, and the one that alerts of its events: the hub, if it sends them to one, else itself.

    A hub that stands by is entered once somebody asks for it.

    Raises:
        AccountError: one of them cannot be entered.
        LackingError: the credentials lack a permission for what is done meanwhile.
    """
    topology = settings.topology
    with entered(arguments, settings) as account_clients, contextlib.ExitStack() as others:

        def enter(account_id: str, access: Mapping[str, Any]) -> Entered:
            hub = settings.at_hub(account_id)
            told = {name: value for name, value in access.items() if value is not None}
            return Entered(others.enter_context(entered({**arguments, **told}, hub, clients.Clients)), hub)

        source = Entered(account_clients, settings)
        alerting = enter(topology.hub, arguments["hub_access"]) if topology.hub else source
        yield Pair(
            source,
            alerting,
            lambda: source if topology.stands_by else enter(topology.standby, arguments["standby_access"]),
        )


def signed_in(arguments: dict[str, Any], settings: Settings) -> Credentials:
    """Credentials for the account: to prove what was applied, those that it was applied with, else new ones.

    Raises:
        AccountError: the account cannot be entered.
    """
    handed_on = read_session(session_path(arguments, settings)) if arguments.get("applied") else None
    access = access_of(arguments)
    return handed_on or sign_in(access, settings.account_id, settings.partition, settings.region)


def hand_on(arguments: dict[str, Any], settings: Settings) -> Path:
    """The session of the plan as a file for the modules that act in the account, so that one is enough.

    It is removed when ansible-playbook ends, and nobody else can read it. In a variable, every callback would get it
    that looks at the arguments of tasks.
    """
    credentials = clients.clients_of(settings.region).credentials
    path = session_path(arguments, settings)
    handle, part = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(session_text(path.name, credentials, connection_settings(arguments["profile"])))
    return Path(part).replace(path)


def session_path(arguments: dict[str, Any], settings: Settings) -> Path:
    """Where the session of an account that is entered in this way is handed on."""
    text = repr((access_of(arguments), settings.account_id, settings.region, settings.name))
    return Path(constants.DEFAULT_LOCAL_TMP) / f"trailwatch-session-{hashlib.sha256(text.encode()).hexdigest()}"


def prepare() -> None:
    """Do once what each worker would else do for itself, for the case that is usual: no profile, the home region."""
    region = iam_region(configured_region("") or "us-east-1")
    prepare_sign_in("", region)
    function_package()
    for service in USUAL_SERVICES:
        known_names(service)
    # Ansible looks for these in each worker anew, unless they were found before.
    for loader, name in ((filter_loader, "default"), (test_loader, "defined"), (connection_loader, "local")):
        loader.get(name, class_only=True)
    get_shell_plugin(shell_type="sh")
    clients.prepare(region)


# The strategies load an action plugin in the controller's main process, before they fork the first worker for its task.
# Whatever goes wrong here is told by the task itself, for the account that it is about.
with contextlib.suppress(Exception):
    prepare()
