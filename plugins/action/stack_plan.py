# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plan the stack of one account: read what is there, compare, write nothing. It runs in the controller."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import datetime
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import connection_loader, filter_loader, get_shell_plugin, test_loader
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from ansible_collections.trailwatch.aws.plugins.module_utils.account import (
    SESSION_NAME,
    AccountError,
    Credentials,
    access_of,
    configured_region,
    connection_settings,
    prepare_sign_in,
    sign_in,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.actions import known_names
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change
from ansible_collections.trailwatch.aws.plugins.module_utils.denied import DeniedError
from ansible_collections.trailwatch.aws.plugins.module_utils.package import Package
from ansible_collections.trailwatch.aws.plugins.module_utils.partitions import iam_region
from ansible_collections.trailwatch.aws.plugins.module_utils.session_file import read_session, session_text
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import (
    clients,
    event_queue,
    key,
    member_stack_set,
    preflight,
    subscriptions,
    trails,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.code import function_package
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.components import (
    check_components,
    removable_components,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.entered import Entered, Pair
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.history import remembered
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.plan import (
    REMOVAL,
    Plan,
    by_attribute,
    is_unwanted,
    make_plan,
    reported_diff,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.regions import ALL, check_forwarding_regions
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import (
    AUTO,
    CREATE,
    HTTPS_FORMATS,
    TRAIL_MODES,
    Settings,
    SettingsError,
    check_account_id,
    check_actions,
    check_fallback,
    check_group_seconds,
    check_heartbeat_minutes,
    check_name,
    check_region,
    check_reserved_concurrency,
    check_tags,
    check_time_zone,
    check_trusted_accounts,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.subscribers import check_subscribers, warnings_of
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.suppressions import check_suppressions, expired
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.topology import (
    ENGINES,
    ENTRIES,
    PLAYBOOK,
    QUEUE,
    STANDALONE,
    TOPOLOGIES,
    Topology,
    TopologyError,
    check_topology,
    with_stack_set,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.trails import TrailError

# The services whose actions are on most lists: their models are read once, before the workers fork.
USUAL_SERVICES = ("iam", "cloudtrail")

REREADS = 6
REREAD_PAUSE_SECONDS = 5

# How another account is entered, where that is otherwise than this one.
ACCESS: dict[str, Any] = {
    "type": "dict",
    "options": {name: {"type": "str"} for name in ("role", "external_id", "profile")},
    "default": {},
}
# What the settings of an account are made from, and how it is entered.
SETTINGS: dict[str, Any] = {
    "account_id": {"type": "raw", "required": True},
    "account_name": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
    "region": {"type": "str", "default": ""},
    "role": {"type": "str", "default": ""},
    "external_id": {"type": "str", "default": ""},
    "profile": {"type": "str", "default": ""},
    "session_name": {"type": "str", "default": SESSION_NAME},
    "session_tags": {"type": "dict", "default": {}},
    "source_identity": {"type": "str", "default": ""},
    "actions": {"type": "list", "elements": "str", "required": True},
    "subscribers": {"type": "list", "elements": "raw", "default": []},
    "suppressions": {"type": "list", "elements": "raw", "default": []},
    "https_format": {"type": "str", "choices": list(HTTPS_FORMATS), "default": HTTPS_FORMATS[0]},
    "time_zone": {"type": "str", "default": ""},
    "trusted_accounts": {"type": "list", "elements": "raw", "default": []},
    "log_retention_days": {"type": "int", "required": True},
    "architecture": {"type": "str", "choices": ["x86_64", "arm64"], "default": "x86_64"},
    "group_seconds": {"type": "int", "default": 0},
    "purge_subscribers": {"type": "bool", "default": False},
    "reserved_concurrency": {"type": "int"},
    "alarms": {"type": "bool", "default": True},
    "fallback": {"type": "str", "default": ""},
    "trail": {"type": "str", "choices": list(TRAIL_MODES), "default": AUTO},
    "customer_key": {"type": "bool", "default": False},
    "heartbeat_minutes": {"type": "int", "default": 0},
    "tags": {"type": "dict", "default": {}},
    "forwarding_regions": {"type": "raw", "default": []},
    "topology": {"type": "str", "choices": list(TOPOLOGIES), "default": STANDALONE},
    "hub": {"type": "str", "default": ""},
    "standby": {"type": "bool", "default": False},
    "standby_hub": {"type": "str", "default": ""},
    "hub_entries": {"type": "list", "elements": "str", "choices": list(ENTRIES), "default": [QUEUE]},
    "organization": {"type": "str", "default": ""},
    "members": {"type": "dict", "default": {}},
    "member_engine": {"type": "str", "choices": list(ENGINES), "default": PLAYBOOK},
    "member_organizational_units": {"type": "list", "elements": "str", "default": []},
    "beside": {"type": "bool", "default": True},
    "hub_access": ACCESS,
    "standby_access": ACCESS,
}
# The option of that name, which all modules take that act on a stack as a whole.
SETTINGS_OPTION = {"settings": {"type": "dict", "required": True, "options": SETTINGS}}
ARGUMENTS = {
    **SETTINGS_OPTION,
    "components": {"type": "list", "elements": "str", "default": []},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "keep": {"type": "list", "elements": "str", "default": []},
    "applied": {"type": "list", "elements": "str", "default": []},
    "lost": {"type": "list", "elements": "str", "default": []},
}


class LackingError(AccountError):
    """The account was entered, but something may not be done in it. The text says by whom, and what it takes."""


class ActionModule(ActionBase):
    """Action plugin of trailwatch.aws.stack_plan."""

    TRANSFERS_FILES = False

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        arguments = arguments_of(self, ARGUMENTS)
        try:
            settings = checked_settings(arguments)
            known = () if arguments["state"] == "present" else removable_components(settings)
            plan, changes = planned(arguments, settings, check_components(arguments["components"], settings, known))
        except (SettingsError, AccountError, AnsibleAWSError) as error:
            raise failure(error, arguments["applied"]) from None
        unwanted = [name for name, document in plan.desired.items() if is_unwanted(document)]
        told = notes(arguments, settings, plan)
        result = {
            # Ansible shows the diff of a task that is changed. After the steps that mend it, it would be told twice.
            "changed": bool(changes) and not arguments["applied"],
            "summary": summary(arguments, changes, unwanted, told, self._task.check_mode),
            "notes": told,
            "account_id": settings.account_id,
            "region": settings.region,
            "bucket": plan.desired["bucket"]["Name"],
            # The id, if the trail that is to be removed is the organization's.
            "organization": without_trail(plan, changes),
            # In words, if there is one.
            "key": key.title(plan.live.get("key")),
            "differing": list(changes),
            "affected": list(arguments["applied"] or changes),
            "former": bool(plan.former),
            "removing": [name for name, change in changes.items() if change == REMOVAL],
            # One plain value for the role to look at: a condition costs each account, also when nothing differs.
            "to_apply": bool(changes) and not self._task.check_mode,
        }
        is_wanted = arguments["state"] == "present"
        if warnings := warnings_of(settings) if is_wanted else trails.warnings(result["organization"]):
            result["warnings"] = warnings
        if not changes:
            return result
        if settings.is_of_stack_set:
            # Whatever is told of is not changed here, nor would it be.
            failed = {"changed": False, "to_apply": False, "failed": True, "msg": for_cloudformation(settings, changes)}
            return result | failed | differences(changes)
        if arguments["applied"]:
            result |= {"failed": True, "msg": left_over(changes)}
        if result["to_apply"]:
            result["session_file"] = str(hand_on(arguments, settings))
        return result | {
            **differences(changes),
            "lost": subscriptions.named(plan.subscribers, subscriptions.LOST),
            "desired": plan.desired,
            "package": str(write_package(settings.code)),
        }


def arguments_of(action: ActionBase, specification: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a task, those of its settings among the others."""
    # Ansible writes into what it is given, and the specification serves all accounts.
    arguments = action.validate_argument_spec(argument_spec=copy.deepcopy(specification))[1]
    return {**arguments.pop("settings"), **arguments}


def failure(error: Exception, applied: Collection[str] = ()) -> AnsibleActionFail:
    """What a task fails with. C(entered) tells whether anything could be done in the account at all.

    Raise it from None: Ansible would tell every cause once more, and the text has them.
    """
    return AnsibleActionFail(str(error), result={"entered": bool(applied) or entered_at(error)})


def entered_at(error: Exception) -> bool:
    """Whether the account had been entered when this came."""
    return isinstance(error, LackingError) or not isinstance(error, AccountError)


def planned(arguments: dict[str, Any], settings: Settings, names: list[str]) -> tuple[Plan, dict[str, Change]]:
    """The plan, read with credentials that are certainly for the account, and what is to be changed by it.

    Raises:
        AccountError: the account cannot be entered, or something in it may not be read.
        AnsibleAWSError: a read failed, a resource is somebody else's, or the changes could not be made to the end.
    """
    if arguments["state"] == "absent":
        settings = to_be_removed(settings)
    with entered(arguments, settings) as account_clients:
        plan = made_plan(account_clients, settings, names, REREADS if arguments["applied"] else 0)
        if arguments["state"] == "present" and plan.trails.failure:
            raise TrailError(message=plan.trails.failure)
        changes = removals(plan, arguments["keep"]) if arguments["state"] == "absent" else plan.differing
        if settings.is_of_stack_set:
            return plan, {} if arguments["state"] == "absent" else changes
        if changes and not arguments["applied"]:
            preflight.check(account_clients, settings, plan, changes)
        return with_history(arguments, account_clients, plan), changes


def to_be_removed(settings: Settings) -> Settings:
    """The settings by which all that is ours is found: whoever's trail serves, and forwarders in any region."""
    regions = (ALL,) if settings.forwarding_regions else ()
    return dataclasses.replace(settings, trail=CREATE, forwarding_regions=regions)


def with_history(arguments: dict[str, Any], account_clients: Any, plan: Plan) -> Plan:
    """The plan, its subscribers with what CloudTrail remembers of them.

    It does not know yet of those who have just been subscribed, and to remove the alerting nobody has to.
    """
    if arguments["state"] == "absent" or "topic" in arguments["applied"]:
        return plan
    topic = plan.desired["topic"]["TopicArn"]
    return dataclasses.replace(
        plan, subscribers=tuple(remembered(account_clients["cloudtrail"], topic, plan.subscribers))
    )


def made_plan(account_clients: Any, settings: Settings, names: list[str], rereads: int) -> Plan:
    """The plan, read again up to so many times while something differs.

    After something was applied, AWS needs some time until all of it says the same of what was just written.
    """
    plan = make_plan(account_clients, settings, names)
    while plan.differing and rereads:
        time.sleep(REREAD_PAUSE_SECONDS)
        plan = make_plan(account_clients, settings, names)
        rereads -= 1
    return plan


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
        stream.write(session_text(credentials, connection_settings(arguments["profile"])))
    return Path(part).replace(path)


def session_path(arguments: dict[str, Any], settings: Settings) -> Path:
    """Where the session of an account that is entered in this way is handed on."""
    text = repr((access_of(arguments), settings.account_id, settings.region, settings.name))
    return Path(constants.DEFAULT_LOCAL_TMP) / f"trailwatch-session-{hashlib.sha256(text.encode()).hexdigest()}"


def without_trail(plan: Plan, changes: Mapping[str, Change]) -> str:
    """The id of the organization that loses its trail by the changes; empty if none does."""
    organization = plan.trails.organization
    return organization.id if organization and changes.get("trail") == REMOVAL else ""


def removals(plan: Plan, keep: Collection[str]) -> dict[str, Change]:
    """For each component that is there and not to be kept, that it is to be no more."""
    return {name: REMOVAL for name in plan.present if name not in keep}


def differences(changes: Mapping[str, Change]) -> dict[str, Any]:
    """What differs, for the role and for people. Nothing of it if nothing differs: it is kept for every account."""
    return {
        "differences": {name: by_attribute(change) for name, change in changes.items()},
        "diff": [entry for name, change in changes.items() for entry in reported_diff(name, change)],
    }


def notes(arguments: dict[str, Any], settings: Settings, plan: Plan) -> list[str]:
    """What somebody has to see to, besides what differs."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    told = {
        "not confirmed yet": subscriptions.named(plan.subscribers, subscriptions.PENDING),
        "fallback not confirmed yet": subscriptions.named(plan.fallback, subscriptions.PENDING),
        "lost": subscriptions.named(plan.subscribers, subscriptions.LOST),
        "lost and subscribed again": arguments["lost"],
        # Else to unsubscribe them is part of what differs.
        "not on the list": []
        if settings.purge_subscribers
        else subscriptions.named(plan.subscribers, subscriptions.UNEXPECTED),
        "suppressions expired": expired(settings.suppressions, today),
        **trails.notes(plan.trails),
        "kept the log files of a former trail in bucket": plan.kept,
        # Told from what is there, as it goes on until somebody moves the account over.
        "alerts itself beside the hub until it is moved by": ["playbooks/migrate.yml"] if plan.former else [],
        "key kept for what it has encrypted": [] if settings.customer_key else _key_titles(plan),
    }
    return [
        *(f"{what}: {', '.join(which)}" for what, which in told.items() if which),
        *event_queue.told(settings, plan.live.get("event_queue")),
    ]


def _key_titles(plan: Plan) -> list[str]:
    return list(filter(None, [key.title(plan.live.get("key"))]))


def summary(
    arguments: dict[str, Any],
    changes: Mapping[str, Change],
    unwanted: Collection[str],
    notes: Sequence[str],
    check_mode: bool,
) -> str:
    """One line on the account for the report."""
    if arguments["state"] == "absent":
        doing = "would remove" if check_mode else "differs"
        return f"{doing}: {', '.join(changes)}" if changes else "nothing to remove"
    if changes:
        words = ("would change", "would remove") if check_mode else ("differs", "to be removed")
        line = what_of_which(changes, unwanted, *words)
    else:
        line = what_of_which(arguments["applied"], unwanted, "changed", "removed") or "in sync"
    return "; ".join([line, *notes])


def what_of_which(names: Iterable[str], unwanted: Collection[str], changed: str, removed: str) -> str:
    """What becomes of which components, such as C(changed: function, rule; removed: table)."""
    names = list(names)
    made, gone = ([name for name in names if (name in unwanted) is side] for side in (False, True))
    return "; ".join(f"{doing}: {', '.join(which)}" for doing, which in ((changed, made), (removed, gone)) if which)


def for_cloudformation(settings: Settings, changes: Mapping[str, Change]) -> str:
    """That a member of the stack set differs from it, and who mends that."""
    missing = [f"{name} is not there" for name, change in changes.items() if not change.before]
    differing = {name: change for name, change in changes.items() if change.before}
    return (
        f"iam_alerting_member_engine is stackset, but the account is not as the stack set {settings.name} makes it: "
        f"{'; '.join([*missing, *_unlike(differing)])}. The playbook writes nothing there. For what is missing, deploy "
        "for the account that has the stack set, which tells what became of its stacks; what somebody changed, change "
        "back, as CloudFormation does not see it. Or set the variable to playbook."
    )


def left_over(changes: Mapping[str, Change]) -> str:
    """What still differs after it was deployed."""
    return (
        f"What was deployed is not what is there: {'; '.join(_unlike(changes))}. Somebody or something else may be "
        "changing it; deploy again, or leave it to them with iam_alerting_components."
    )


def _unlike(changes: Mapping[str, Change]) -> list[str]:
    return [
        f"{name} {attribute} is {json.dumps(sides.get('before'))} and not {json.dumps(sides.get('after'))}"
        for name, change in changes.items()
        for attribute, sides in by_attribute(change).items()
    ]


def checked_settings(arguments: dict[str, Any]) -> Settings:
    """The settings of one account. What a member has no use for is left out.

    Raises:
        SettingsError: a variable cannot be used.
        AccountError: the profile does not exist.
    """
    account_id = check_account_id(arguments["account_id"])
    configured = configured_region(arguments["profile"]) if not arguments["region"] else None
    region = check_region(arguments["region"], configured)
    suppressions = check_suppressions(arguments["suppressions"])
    trusted_accounts = check_trusted_accounts(arguments["trusted_accounts"])
    actions = check_actions(arguments["actions"])
    group_seconds = check_group_seconds(arguments["group_seconds"])
    name = check_name(arguments["name"], account_id, region)
    topology = checked_topology(arguments, account_id, group_seconds)
    settings = Settings(
        name=name,
        account_id=account_id,
        account_name=arguments["account_name"],
        region=region,
        actions=actions,
        subscriptions=check_subscribers(arguments["subscribers"], actions),
        log_retention_days=arguments["log_retention_days"],
        architecture=arguments["architecture"],
        extra_tags=check_tags(arguments["tags"]),
        https_format=arguments["https_format"],
        time_zone=check_time_zone(arguments["time_zone"]),
        suppressions=suppressions,
        trusted_accounts=trusted_accounts,
        code=function_package(suppressions, trusted_accounts, topology.members),
        group_seconds=group_seconds,
        purge_subscribers=arguments["purge_subscribers"],
        alarms=arguments["alarms"],
        fallback=check_fallback(arguments["fallback"].strip(), name, account_id, region),
        reserved_concurrency=check_reserved_concurrency(arguments["reserved_concurrency"], group_seconds),
        trail=arguments["trail"],
        customer_key=arguments["customer_key"],
        # Nothing counts them while the hub stands by.
        heartbeat_minutes=0 if topology.stands_by else check_heartbeat_minutes(arguments["heartbeat_minutes"]),
        forwarding_regions=check_forwarding_regions(arguments["forwarding_regions"], region, topology),
        topology=topology,
        beside=arguments["beside"],
    )
    if not settings.is_member:
        return settings
    if settings.is_of_stack_set:
        return member_stack_set.of_member(settings, account_id)
    return dataclasses.replace(settings, alarms=False, fallback="", group_seconds=0, heartbeat_minutes=0)


def checked_topology(arguments: dict[str, Any], account_id: str, group_seconds: int) -> Topology:
    """The part of the account.

    Raises:
        SettingsError: what it needs to know is missing.
    """
    try:
        topology = check_topology(arguments, account_id, group_seconds)
        return with_stack_set(topology, arguments["member_engine"], arguments["member_organizational_units"])
    except TopologyError as error:
        raise SettingsError(str(error)) from error


def write_package(package: Package) -> Path:
    """The package as a file that is removed when ansible-playbook ends; one serves all accounts of a run."""
    folder = Path(constants.DEFAULT_LOCAL_TMP)
    path = folder / f"trailwatch-{package.contents_sha256}.zip"
    if not path.exists():
        # Several workers may come here at once: each writes its own file, and the last one stays whole.
        handle, part = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "wb") as stream:
            stream.write(package.zip)
        Path(part).replace(path)
    return path


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
