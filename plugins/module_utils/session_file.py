# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A session in one account as a file, in the form of AWS's own credentials files, which all SDKs read."""

from __future__ import annotations

import configparser
import io
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.trailwatch.aws.plugins.module_utils.account import Credentials

# What a profile of the AWS configuration says on how to reach AWS holds for this one, too; whose it is, it says itself.
_CONNECTION = ("ca_bundle", "endpoint_url", "services", "use_dualstack_endpoint", "use_fips_endpoint")
# With less than that left, no further step is begun with a session.
_LEAST_SECONDS = 300


def session_text(profile: str, credentials: Credentials, configuration: Mapping[str, Any]) -> str:
    """The file's text: the credentials, with what the configuration of the caller's profile says of connections.

    The profile is to have a name that is in no configuration: what that says of a role or of SSO would come before the
    credentials (AWS SDKs and Tools Reference Guide, "Standardized credential providers").
    """
    settings = {name: configuration[name] for name in _CONNECTION if isinstance(configuration.get(name), str)}
    parser = configparser.RawConfigParser()
    parser[profile] = {
        **settings,
        "aws_access_key_id": credentials.access_key,
        "aws_secret_access_key": credentials.secret_key,
        **({"aws_session_token": credentials.session_token} if credentials.session_token else {}),
        # An older botocore does not repeat each throttled call of itself.
        "retry_mode": "standard",
        # For us; SDKs pass over what they do not know.
        "arn": credentials.arn,
        "good_until": str(time.time() + credentials.seconds),
    }
    text = io.StringIO()
    parser.write(text)
    return text.getvalue()


def read_session(path: Path) -> Credentials | None:
    """The credentials of such a file, unless they are not good for long. None if there is no file.

    Their profile is called as the file.
    """
    parser = configparser.RawConfigParser()
    if not parser.read(path, encoding="utf-8"):
        return None
    section = parser[path.name]
    left = float(section["good_until"]) - time.time()
    if left < _LEAST_SECONDS:
        return None
    return Credentials(
        section["aws_access_key_id"],
        section["aws_secret_access_key"],
        section.get("aws_session_token", ""),
        section["arn"],
        int(left),
    )
