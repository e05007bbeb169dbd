# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an action was done to."""

from __future__ import annotations

import redact
from record import Record
from shape import dig, first_text, mapping, text

# Request parameters that name what is acted on, most telling first.
_KINDS = {
    "userName": "user",
    "groupName": "group",
    "roleName": "role",
    "roleArn": "role",
    "instanceProfileName": "instance profile",
    "policyArn": "policy",
    "policyName": "policy",
    "accessKeyId": "access key",
    "serialNumber": "MFA device",
    "virtualMFADeviceName": "MFA device",
    "openIDConnectProviderArn": "OIDC provider",
    "sAMLProviderArn": "SAML provider",
    "serverCertificateName": "server certificate",
    "sSHPublicKeyId": "SSH key",
    "certificateId": "signing certificate",
    "accountAlias": "account alias",
    "aWSServiceName": "service",
    "trailName": "trail",
    "bucketName": "bucket",
    "functionName": "function",
    "topicArn": "topic",
    "queueUrl": "queue",
    "keyId": "key",
    "secretId": "secret",
    "policyId": "policy",
    "targetId": "target",
}
_CALLED_NAME = {"cloudtrail": "trail", "events": "rule", "iam": "provider"}
_SHOWN = 3


def in_words(found: list[tuple[str, str]]) -> str:
    """Targets as text, such as `user bob, policy ReadOnlyAccess`; empty if there are none."""
    return ", ".join(f"{kind} {name}" for kind, name in found)


def targets(record: Record) -> list[tuple[str, str]]:
    """The kinds and names of what the call was aimed at, such as `user` and `bob`; three at most."""
    found: dict[str, str] = {}
    for kind, name in (*_from_parameters(record), *_from_response(record), *_from_resources(record)):
        if name and (not found or (kind in _KINDS.values() and kind not in found)):
            found[kind] = name
    return list(found.items())[:_SHOWN]


def new_access_key(record: Record) -> str:
    """The id, shortened, of the access key that the call made; empty if it made none."""
    return redact.shorten(text(dig(record.responseElements, "accessKey", "accessKeyId")))


def _from_parameters(record: Record) -> list[tuple[str, str]]:
    parameters = mapping(record.requestParameters)
    named = [
        (kind, _short(parameter, parameters[parameter]))
        for parameter, kind in _KINDS.items()
        if parameter in parameters
    ]
    return [*named, (_CALLED_NAME.get(record.service, "name"), _short("name", parameters.get("name")))]


def _from_response(record: Record) -> list[tuple[str, str]]:
    """Whom a call without parameters was aimed at, such as a user who makes an access key for themself."""
    made = mapping(record.responseElements).values()
    return [("user", first_text(*(dig(thing, "userName") for thing in made)))]


def _from_resources(record: Record) -> list[tuple[str, str]]:
    resources = record.resources if isinstance(record.resources, list) else []
    arns = (first_text(dig(resource, "ARN"), dig(resource, "arn")) for resource in resources)
    return [("resource", next((arn for arn in arns if arn), ""))]


def _short(parameter: str, value: object) -> str:
    """A parameter's value in short: an ARN's last part, an access key id's ends."""
    name = text(value)
    if redact.is_access_key_id(parameter):
        return redact.shorten(name)
    return name.rsplit("/", 1)[-1].rsplit(":", 1)[-1] if name.startswith("arn:") else name
