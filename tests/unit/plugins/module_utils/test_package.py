# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The deployment package: what is in it, and that it is the same wherever it is built."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import zipfile
from pathlib import Path

import pytest

from ansible_collections.trailwatch.aws.plugins.module_utils.package import build_package, contents_sha256
from ansible_collections.trailwatch.aws.plugins.module_utils.stack.code import function_package

FUNCTION = Path(__file__).resolve().parents[4] / "files" / "lambda"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "handler.py").write_bytes(b"import record\n")
    (tmp_path / "record.py").write_bytes(b"FIELDS = ()\n")
    return tmp_path


def members(package: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_modules_and_settings_lie_at_the_root_in_order(source: Path) -> None:
    package = build_package(source, {"catalogue.json": b"{}"}).zip
    assert list(members(package)) == ["catalogue.json", "handler.py", "record.py"]
    assert members(package)["handler.py"] == b"import record\n"


def test_nothing_but_modules_is_packed(source: Path) -> None:
    (source / "__pycache__").mkdir()
    (source / "__pycache__" / "handler.cpython-313.pyc").write_bytes(b"")
    (source / ".#handler.py").write_bytes(b"")
    (source / "notes.txt").write_bytes(b"")
    assert list(members(build_package(source).zip)) == ["handler.py", "record.py"]


def repacked(package: bytes, **changes: bytes) -> bytes:
    """The same files, stored and not deflated; those named (with _ for the dot) with other contents."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as new:
        for member in old.infolist():
            data = changes.get(member.filename.replace(".", "_"), old.read(member))
            member.compress_type = zipfile.ZIP_STORED
            new.writestr(member, data)
    return buffer.getvalue()


def test_contents_are_the_same_however_they_are_packed(source: Path) -> None:
    package = build_package(source, {"settings.json": b"{}\n"})
    other = repacked(package.zip)
    assert other != package.zip
    assert contents_sha256(other) == package.contents_sha256


def test_contents_differ_if_one_file_does(source: Path) -> None:
    package = build_package(source)
    assert contents_sha256(repacked(package.zip, handler_py=b"import evil\n")) != package.contents_sha256
    (source / "more.py").write_bytes(b"")
    assert build_package(source).contents_sha256 != package.contents_sha256


def test_contents_of_a_zip_bomb_are_not_unpacked() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("handler.py", bytes(9 * 1024 * 1024))
    with pytest.raises(ValueError, match="more than"):
        contents_sha256(bomb.getvalue())


def test_times_and_modes_of_the_sources_do_not_matter(source: Path) -> None:
    before = build_package(source)
    os.utime(source / "handler.py", (0, 0))
    (source / "record.py").chmod(0o600)
    assert build_package(source) == before


def test_order_of_the_settings_does_not_matter(source: Path) -> None:
    settings = {"a.json": b"1", "b.json": b"2"}
    assert build_package(source, settings) == build_package(source, dict(reversed(settings.items())))


def test_files_are_readable_for_everyone(source: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(build_package(source).zip)) as archive:
        assert {info.external_attr >> 16 for info in archive.infolist()} == {0o100644}


def test_folder_without_modules_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no Python modules"):
        build_package(tmp_path)


@pytest.mark.parametrize("name", ["handler.py", "../x.json", "/x.json", "a/b.json", "", ".hidden"])
def test_settings_cannot_replace_a_module_or_leave_the_root(source: Path, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name"):
        build_package(source, {name: b""})


def test_hash_is_as_lambda_reports_it() -> None:
    package = build_package(FUNCTION)
    assert package.code_sha256 == base64.b64encode(hashlib.sha256(package.zip).digest()).decode()


def test_function_itself_has_its_handler_and_stays_small() -> None:
    package = function_package().zip
    assert {"handler.py", "catalogue.json"} <= members(package).keys()
    assert len(package) <= 60 * 1024
