# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access to one account: credentials for it, and the certainty that they are for it and no other."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

try:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
except ImportError:
    pass  # Handled by the action plugin

SESSION_NAME = "trailwatch"  # what CloudTrail shows as the session of an assumed role
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
    """

    role: str = ""
    external_id: str = ""
    profile: str = ""


@dataclass(frozen=True)
class Credentials:
    """Credentials for one account, and the ARN that they act as."""

    access_key: str
    secret_key: str
    session_token: str
    arn: str


def configured_region(profile: str) -> str | None:
    """The region of the AWS configuration (environment or profile), if there is one.

    Raises:
        AccountError: the profile does not exist.
    """
    return _session(profile).region_name


def sign_in(access: Access, account_id: str, partition: str, region: str) -> Credentials:
    """Credentials for the account, by assuming a role there or as the caller.

    Raises:
        AccountError: there are no credentials, the role cannot be assumed, or the credentials are for another account.
    """
    session = _session(access.profile)
    sts = sts_client(access.profile, region)
    if access.role:
        return _assumed(sts, access, account_id, partition)
    return _own(session, sts, account_id)


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
        return boto3.session.Session(profile_name=profile)
    except BotoCoreError as error:
        raise AccountError(f"{error}. The profile comes from iam_alerting_profile or AWS_PROFILE.") from error


def _assumed(sts: Any, access: Access, account_id: str, partition: str) -> Credentials:
    role_arn = access.role
    if not role_arn.startswith("arn:"):
        role_arn = f"arn:{partition}:iam::{account_id}:role/{role_arn}"
    parameters = {"RoleArn": role_arn, "RoleSessionName": SESSION_NAME}
    if access.external_id:
        parameters["ExternalId"] = access.external_id
    _refuse_other_account(role_arn, account_id)
    try:
        answer = sts.assume_role(**parameters)
    except (BotoCoreError, ClientError) as error:
        raise AccountError(
            f"The role {role_arn} cannot be assumed: {error}. The role is named by iam_alerting_assume_role; set it to "
            f'"" for an account that your own credentials belong to.'
        ) from error
    temporary = answer["Credentials"]
    return Credentials(
        temporary["AccessKeyId"],
        temporary["SecretAccessKey"],
        temporary["SessionToken"],
        answer["AssumedRoleUser"]["Arn"],
    )


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
