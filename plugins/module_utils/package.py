# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The deployment package of the Lambda function.

Nothing of the machine goes into it: names are sorted, times and modes are fixed. Only what deflate makes of the same
input differs between zlib, zlib-ng and their versions. So two packages are the same if their contents are.
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
from typing import NamedTuple

_EARLIEST_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can hold
_UNIX = 3
_ZIP_VERSION = 20
_MODE = stat.S_IFREG | 0o644  # Lambda's user must be able to read the files
_CONTENTS_MAX = 8 * 1024 * 1024  # more than ours will ever hold; a package of others may be a zip bomb
_MEMBER_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


class Package(NamedTuple):
    """The zip file, its hash in the form in which Lambda reports it as CodeSha256, and the hash of its contents."""

    zip: bytes = b""
    code_sha256: str = ""
    contents_sha256: str = ""


def build_package(source_dir: str | Path, settings: Mapping[str, bytes] | None = None) -> Package:
    """Return the package of the Python modules in source_dir, with the settings as further files beside them.

    Only the *.py files directly in source_dir are taken, hidden ones left out. settings maps file names to contents.
    Raises ValueError if source_dir has no modules, or if a setting's name is no plain file name or is that of a module.
    """
    modules = {path.name: path.read_bytes() for path in Path(source_dir).glob("*.py") if not path.name.startswith(".")}
    if not modules:
        raise ValueError(f"no Python modules in {source_dir}")
    for name in settings or {}:
        if not _MEMBER_NAME.fullmatch(name) or name in modules:
            raise ValueError(f"{name!r} cannot be the name of a file beside the modules of {source_dir}")
    archive = _zip({**modules, **(settings or {})})
    return Package(archive, _base64_sha256(archive), contents_sha256(archive))


def contents_sha256(package: bytes) -> str:
    """Return a hash of the files in a zip file, their names and modes, however they are packed.

    Raises zipfile.BadZipFile if it is none, and ValueError if it holds too much.
    """
    digest = hashlib.sha256()
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        members = sorted(archive.infolist(), key=lambda member: member.filename)
        if sum(member.file_size for member in members) > _CONTENTS_MAX:
            raise ValueError(f"the package holds more than {_CONTENTS_MAX} bytes")
        for member in members:
            data = archive.read(member)
            digest.update(f"{member.filename}\0{member.external_attr >> 16:o}\0{len(data)}\0".encode())
            digest.update(data)
    return digest.hexdigest()


def _base64_sha256(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode("ascii")


def _zip(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            archive.writestr(_member(name), files[name])
    return buffer.getvalue()


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, _EARLIEST_TIME)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.create_system = _UNIX
    member.create_version = _ZIP_VERSION
    member.extract_version = _ZIP_VERSION
    member.external_attr = _MODE << 16
    return member
