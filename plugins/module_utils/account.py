# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access to one account: credentials for it, and the certainty that they are for it and no other."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

try:
    import boto3
    import botocore.session
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
except ImportError:
    pass  # Handled by the action plugin

SESSION_NAME = "trailwatch"  # what CloudTrail shows as the session of an assumed role, unless another name is given
SESSION_SECONDS = 3600  # how long the session of a role lasts if nothing else is asked for
# botocore gets new ones before the caller's own have less than that left.
OWN_SECONDS = 600
# Names and tags of sessions and source identities: AWS STS API Reference, "AssumeRole" and "Tag".
_WORD = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_TAGS_MAX, _TAG_KEY_MAX, _TAG_VALUE_MAX = 50, 128, 256
# Throttled calls are repeated with a growing pause, also when hundreds of accounts are in work at once.
RETRIES: Any = {"mode": "adaptive", "max_attempts": 10}


class AccountError(Exception):
    """The account cannot be entered, or the credentials are for another one. The text says which and why."""


@dataclass(frozen=True)
class Access:
    """How to come into an account.

    Attributes:
        role: name or ARN of the role to assume there; empty to use the caller's own credentials.
        external_id: what the role's trust policy asks for as C(sts:ExternalId); may be empty.
        profile: AWS profile that the credentials are taken from; empty for the usual chain of boto3.
        session_name: what the session of the role is called in the account's CloudTrail.
        session_tags: tags of the session, keys and values.
        source_identity: who is behind the session, told by every record of it; may be empty.
    """

    role: str = ""
    external_id: str = ""
    profile: str = ""
    session_name: str = SESSION_NAME
    session_tags: tuple[tuple[str, str], ...] = ()
    source_identity: str = ""


@dataclass(frozen=True)
class Credentials:
    """Credentials for one account, the ARN that they act as, and for how many seconds they are good at least."""

    access_key: str
    secret_key: str
    session_token: str
    arn: str
    seconds: int = OWN_SECONDS


def access_of(arguments: Mapping[str, Any]) -> Access:
    """How to come into an account, from a module's options.

    Raises:
        AccountError: STS would not take one of them.
    """
    return Access(
        arguments["role"],
        arguments["external_id"],
        arguments["profile"],
        check_session_name(arguments["session_name"]),
        check_session_tags(arguments["session_tags"]),
        check_source_identity(arguments["source_identity"]),
    )


def check_session_name(name: str) -> str:
    """The name of the session.

    Raises:
        AccountError: STS would not take it.
    """
    if not _WORD.fullmatch(name):
        raise AccountError(
            f"iam_alerting_session_name is {name!r}, but it must have 2 to 64 letters, digits or characters of "
            f"_+=,.@-. Leave it out for {SESSION_NAME}."
        )
    return name


def check_source_identity(identity: str) -> str:
    """Who is behind the session, or nothing.

    Raises:
        AccountError: STS would not take it.
    """
    if identity and (not _WORD.fullmatch(identity) or identity.lower().startswith("aws:")):
        raise AccountError(
            f"iam_alerting_source_identity is {identity!r}, but it must have 2 to 64 letters, digits or characters of "
            "_+=,.@-. Leave it out for none."
        )
    return identity


def check_session_tags(tags: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The tags of the session, in order.

    Raises:
        AccountError: STS would not take them.
    """
    if len({str(key).lower() for key in tags}) < len(tags) or len(tags) > _TAGS_MAX:
        raise AccountError(
            f"iam_alerting_session_tags has the keys {', '.join(map(str, tags))}, but there can be {_TAGS_MAX} at "
            "most, and none that differ in upper and lower case alone."
        )
    for key, value in tags.items():
        if not _is_tag(str(key), _TAG_KEY_MAX) or not key or str(key).lower().startswith("aws:"):
            raise _bad_tag(f"has the key {key!r}", _TAG_KEY_MAX)
        if not _is_tag(str(value), _TAG_VALUE_MAX):
            raise _bad_tag(f"has the value {value!r} for {key!r}", _TAG_VALUE_MAX)
    return tuple(sorted((str(key), str(value)) for key, value in tags.items()))


def _is_tag(text: str, most: int) -> bool:
    # [\p{L}\p{Z}\p{N}_.:/=+\-@]*
    return len(text) <= most and all(unicodedata.category(each)[0] in "LZN" or each in "_.:/=+-@" for each in text)


def _bad_tag(what: str, most: int) -> AccountError:
    return AccountError(
        f"iam_alerting_session_tags {what}, but there must be at most {most} letters, digits, spaces or characters of "
        "_.:/=+-@, and no key that is empty or begins with aws:. Correct it."
    )


def configured_region(profile: str) -> str | None:
    """The region of the AWS configuration (environment or profile), if there is one.

    Raises:
        AccountError: the profile does not exist.
    """
    region: str | None = _session(profile).region_name
    return region


def sign_in(access: Access, account_id: str, partition: str, region: str) -> Credentials:
    """Credentials for the account, by assuming a role there or as the caller.

    Raises:
        AccountError: there are no credentials, the role cannot be assumed, or the credentials are for another account.
    """
    session = _session(access.profile)
    try:
        sts = sts_client(access.profile, region)
        if access.role:
            return _assumed(sts, access, account_id, partition)
        return _own(session, sts, account_id)
    except (EOFError, OSError, ValueError) as error:  # out of what botocore asks for credentials, getpass among it
        profile = f"of the profile {access.profile}" if access.profile else "of AWS_PROFILE, or what else is in use,"
        raise AccountError(
            f"The credentials {profile} cannot be had: {error}. If that asks for an MFA code, none can be typed while "
            "accounts are worked on at the same time. Set AWS_PROFILE to it in place of iam_alerting_profile, then it "
            "is asked for once, before, or export a session (aws configure export-credentials)."
        ) from error


def connection_settings(profile: str) -> dict[str, Any]:
    """What the AWS configuration says for a profile, credentials among it."""
    found: dict[str, Any] = _botocore_session(profile or None).get_scoped_config()
    return found


def prepare_sign_in(profile: str, region: str) -> None:
    """Make what signing in to any account needs, and find the caller's credentials, which may take a while."""
    sts_client(profile, region)
    credentials = _session(profile).get_credentials()
    if credentials:
        credentials.get_frozen_credentials()


@functools.cache
def sts_client(profile: str, region: str) -> Any:
    """The client of STS in a region, with the credentials of a profile; the same whenever asked."""
    return _session(profile).client("sts", region_name=region, config=Config(retries=RETRIES))


def _session(profile: str) -> Any:
    # None and not "", so that Ansible's own kind of text finds what was made for a plain one.
    return _session_of(profile or None)


@functools.cache
def _session_of(profile: str | None) -> Any:
    try:
        return boto3.session.Session(botocore_session=_botocore_session(profile))
    except BotoCoreError as error:
        raise AccountError(f"{error}. The profile comes from iam_alerting_profile or AWS_PROFILE.") from error


@functools.cache
def _botocore_session(profile: str | None) -> Any:
    session = botocore.session.Session(profile=profile)
    # Not the global endpoint, whichever version of botocore and whatever configuration: one region less that can fail,
    # and a quota of its own.
    session.set_config_variable("sts_regional_endpoints", "regional")
    return session


def _assumed(sts: Any, access: Access, account_id: str, partition: str) -> Credentials:
    role_arn = access.role
    if not role_arn.startswith("arn:"):
        role_arn = f"arn:{partition}:iam::{account_id}:role/{role_arn}"
    _refuse_other_account(role_arn, account_id)
    try:
        answer = sts.assume_role(RoleArn=role_arn, RoleSessionName=access.session_name, **_asked_for(access))
    except (BotoCoreError, ClientError) as error:
        raise AccountError(
            f"The role {role_arn} cannot be assumed: {error}. The role is named by iam_alerting_assume_role; set it to "
            f'"" for an account that your own credentials belong to.{_trust(access)}'
        ) from error
    temporary = answer["Credentials"]
    return Credentials(
        temporary["AccessKeyId"],
        temporary["SecretAccessKey"],
        temporary["SessionToken"],
        answer["AssumedRoleUser"]["Arn"],
        SESSION_SECONDS,
    )


def _asked_for(access: Access) -> dict[str, Any]:
    """What of a call of AssumeRole is there only if it is asked for."""
    parameters = {
        "ExternalId": access.external_id,
        "Tags": [{"Key": key, "Value": value} for key, value in access.session_tags],
        "SourceIdentity": access.source_identity,
    }
    return {name: value for name, value in parameters.items() if value}


def _trust(access: Access) -> str:
    """What the role's trust policy, and the caller's permissions, need besides sts:AssumeRole."""
    needed = {
        "sts:TagSession (iam_alerting_session_tags)": access.session_tags,
        "sts:SetSourceIdentity (iam_alerting_source_identity)": access.source_identity,
    }
    more = [each for each, asked in needed.items() if asked]
    return f" Its trust policy and your own permissions have to allow {' and '.join(more)}, too." if more else ""


def _own(session: Any, sts: Any, account_id: str) -> Credentials:
    try:
        arn = sts.get_caller_identity()["Arn"]
    except (BotoCoreError, ClientError) as error:
        raise AccountError(f"AWS does not say whose credentials these are (sts:GetCallerIdentity): {error}") from error
    _refuse_other_account(arn, account_id)
    frozen = session.get_credentials().get_frozen_credentials()
    return Credentials(frozen.access_key, frozen.secret_key, frozen.token or "", arn)


def _refuse_other_account(arn: str, account_id: str) -> None:
    actual = arn.split(":")[4]
    if actual != account_id:
        raise AccountError(
            f"{arn} belongs to account {actual}, but account_id is {account_id}: nothing was changed. Correct "
            f"account_id, or the role or profile of this account."
        )
