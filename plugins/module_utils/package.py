# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The deployment package of the Lambda function, the same bytes wherever it is built.

Whether a function's code is up to date is told by comparing hashes, so that two controllers with the same sources
must build the same package. Nothing of the machine goes into it: names are sorted, times and modes are fixed, and
members are stored, not compressed: what deflate makes of the same input differs between zlib, zlib-ng and their
versions, and the few KB it would save are not worth a deployment whenever the controller changes.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path

_EARLIEST_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can hold
_UNIX = 3
_ZIP_VERSION = 20
_MODE = stat.S_IFREG | 0o644  # Lambda's user must be able to read the files
_MEMBER_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def build_package(source_dir: str | Path, settings: Mapping[str, bytes] | None = None) -> bytes:
    """Return the zip file of the Python modules in source_dir, with the settings as further files beside them.

    Only the *.py files directly in source_dir are taken, hidden ones left out. settings maps file names to contents.
    The same names and contents give the same bytes. Raises ValueError if source_dir has no modules, or if a setting's
    name is no plain file name or is that of a module.
    """
    modules = {path.name: path.read_bytes() for path in Path(source_dir).glob("*.py") if not path.name.startswith(".")}
    if not modules:
        raise ValueError(f"no Python modules in {source_dir}")
    for name in settings or {}:
        if not _MEMBER_NAME.fullmatch(name) or name in modules:
            raise ValueError(f"{name!r} cannot be the name of a file beside the modules of {source_dir}")
    return _zip({**modules, **(settings or {})})


def code_sha256(package: bytes) -> str:
    """Return the package's hash in the form in which Lambda reports it as CodeSha256."""
    return base64.b64encode(hashlib.sha256(package).digest()).decode("ascii")


def _zip(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            archive.writestr(_member(name), files[name])
    return buffer.getvalue()


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, _EARLIEST_TIME)
    member.compress_type = zipfile.ZIP_STORED
    member.create_system = _UNIX
    member.create_version = _ZIP_VERSION
    member.extract_version = _ZIP_VERSION
    member.external_attr = _MODE << 16
    return member
