# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Lambda function that turns an event into a message."""

from __future__ import annotations

import datetime
import zipfile
from typing import Any

from ansible.module_utils.urls import open_url
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import is_ansible_aws_error_code

from ansible_collections.trailwatch.aws.plugins.module_utils import event_invoke_config
from ansible_collections.trailwatch.aws.plugins.module_utils.aws import Change, Document, call
from ansible_collections.trailwatch.aws.plugins.module_utils.package import contents_sha256
from ansible_collections.trailwatch.aws.plugins.module_utils.stack import execution_role, names
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.live import (
    Account,
    changed,
    refuse_foreign,
)
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.settings import HTTPS_FORMATS, Settings

ATTRIBUTES = (
    "Description",
    "Runtime",
    "Handler",
    "Architecture",
    "Timeout",
    "MemorySize",
    "Role",
    "DeadLetterConfig",
    "EventInvokeConfig",
    "Environment",
    "Layers",
    "ReservedConcurrentExecutions",
    "CodeSha256",
    "Tags",
)
# Read along with the others, for the status; they are not compared.
CONDITION = ("State", "StateReason", "LastModified")

RUNTIME = "python3.13"
# In place of the role's ARN alone: it was the role of this name, but no longer is.
FORMER = "former"
HANDLER = "handler.lambda_handler"
TIMEOUT_SECONDS = 30
MEMORY_MIB = 128
# Both are the most that Lambda has. An event that it cannot run the function with, as other functions use up the
# account's concurrency, is then delivered late, but without anybody's help; the alarm on throttles tells meanwhile.
RETRY_ATTEMPTS = 2
EVENT_AGE_SECONDS = 6 * 60 * 60

DOWNLOAD_SECONDS = 10
PACKAGE_MAX = 1024 * 1024


def desired(settings: Settings) -> dict[str, Any]:
    """The function, and the hash of its code, which is the same for all accounts."""
    return {
        "FunctionName": settings.name,
        "FunctionArn": names.function_arn(settings),
        "Description": "Writes a message about a critical IAM action and publishes it.",
        "Runtime": RUNTIME,
        "Handler": HANDLER,
        "Architecture": settings.architecture,
        "Timeout": TIMEOUT_SECONDS,
        "MemorySize": MEMORY_MIB,
        "Role": names.role_arn(settings),
        # What it runs as while Lambda forgets a former role of that name; see C(_lost_its_role).
        "SpareRoleName": names.spare_role_name(settings),
        "SpareRole": names.spare_role_arn(settings),
        # What failed goes to the queue by a destination, which tells the error, too. With a dead-letter queue besides,
        # it would come there twice.
        "DeadLetterConfig": {},
        "EventInvokeConfig": event_invoke_config.settings(
            RETRY_ATTEMPTS, EVENT_AGE_SECONDS, on_failure=names.queue_arn(settings)
        ),
        "Environment": _environment(settings),
        # A layer would be somebody else's code beside ours; a limit that nobody asked for, 0 say, would let alerts be
        # lost.
        "Layers": [],
        "ReservedConcurrentExecutions": settings.reserved_concurrency,
        "CodeSha256": settings.code.code_sha256,
        "ContentsSha256": settings.code.contents_sha256,
        "Tags": settings.tags,
    }


def _environment(settings: Settings) -> dict[str, str]:
    """What differs from account to account. What nobody asked for is left out, so that it changes no function."""
    environment = {"TOPIC_ARN": names.topic_arn(settings), "ACCOUNT_NAME": settings.account_name}
    if settings.https_format != HTTPS_FORMATS[0]:
        environment["HTTPS_FORMAT"] = settings.https_format
    if settings.time_zone:
        environment["TIME_ZONE"] = settings.time_zone
    if settings.group_seconds:
        environment["GROUP_SECONDS"] = str(settings.group_seconds)
    if settings.organization:
        environment["TRAIL_ARN"] = names.organizations_trail_arn(settings)
    if settings.customer_key:
        environment["KEY_ARN"] = names.key_alias_arn(settings)
    return environment


def live(account: Account, desired: Document) -> Document | None:
    """The function as it is; None if there is none.

    Raises:
        ForeignResourceError: there is one of this name that is not ours.
        AnsibleAWSError: a read failed.
    """
    client, name = account.clients["lambda"], desired["FunctionName"]
    try:
        answer = call(f"read function {name}", client.get_function, FunctionName=name)
    except is_ansible_aws_error_code("ResourceNotFoundException"):
        return None
    found = {
        **_configuration(answer["Configuration"]),
        "ReservedConcurrentExecutions": answer.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
        "EventInvokeConfig": event_invoke_config.describe(client, name),
        "Tags": answer.get("Tags", {}),
    }
    unlike = f"it runs as {found['Role']}" if found["Role"] != desired["Role"] else ""
    refuse_foreign(f"function {name}", found["Tags"], desired["Tags"], unlike, "its code will then be replaced")
    if not unlike and _lost_its_role(account, desired["Role"], found["LastModified"]):
        found["Role"] = f"{FORMER} {desired['Role']}"
    if found["CodeSha256"] != desired["CodeSha256"] and _has_contents(answer, desired["ContentsSha256"]):
        found["CodeSha256"] = desired["CodeSha256"]
    return found


def _lost_its_role(account: Account, arn: str, last_modified: str) -> bool:
    """Whether the role is gone, or was made anew since anything of the function was changed.

    Lambda has let the former role use the key that the environment is encrypted with. One of the same name may not, and
    the function never runs, until it has had another role in between (AWS re:Post, "How do I resolve "KMS Exception"
    permission errors from my Lambda function?").
    """
    role = execution_role.described(account, arn.rpartition("/")[2])
    return role is None or role["CreateDate"] > datetime.datetime.fromisoformat(last_modified)


def _has_contents(answer: Document, contents: str) -> bool:
    """Whether the code is ours, packed by another zlib. If it cannot be had, it counts as another one."""
    try:
        with open_url(answer["Code"]["Location"], timeout=DOWNLOAD_SECONDS) as stream:
            return contents_sha256(stream.read(PACKAGE_MAX)) == contents
    except (KeyError, OSError, ValueError, zipfile.BadZipFile):
        return False


def _configuration(configuration: Document) -> Document:
    dead_letters = configuration.get("DeadLetterConfig") or {}
    return {
        **{name: configuration.get(name) for name in ("Runtime", "Handler", "Timeout", "MemorySize", "Role")},
        **{name: configuration.get(name) for name in CONDITION},
        "Description": configuration.get("Description", ""),
        "Architecture": next(iter(configuration.get("Architectures", [])), "x86_64"),
        # One that was taken away may still be told, with no target.
        "DeadLetterConfig": dead_letters if dead_letters.get("TargetArn") else {},
        "Environment": (configuration.get("Environment") or {}).get("Variables", {}),
        "Layers": [layer["Arn"] for layer in configuration.get("Layers") or []],
        "CodeSha256": configuration.get("CodeSha256"),
    }


def difference(live: Document | None, desired: Document) -> Change:
    """What of the function differs."""
    return changed(live, desired, ATTRIBUTES)
