# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that a report is written to. Who asked for them is a variable, which every complaint names."""

from __future__ import annotations

from pathlib import Path


class FileError(Exception):
    """A file cannot be written. The text names variable, path and way out."""


def check_folder(variable: str, path: str) -> None:
    """See that there is a folder to write the file to, before the work that it is to tell of.

    Raises:
        FileError: there is none, or there is a folder in the file's place.
    """
    place = Path(path).expanduser()
    if place.is_dir():
        raise FileError(f"{variable} is '{path}', which is a folder. Give a file in it.")
    if not place.parent.is_dir():
        raise FileError(f"{variable} is '{path}', but there is no such folder. Make it, or give a file in another one.")


def write(variable: str, path: str, text: str) -> None:
    """Write a file, as a whole or not at all, for a reader that looks at that moment.

    Raises:
        FileError: it cannot be written.
    """
    place = Path(path)
    part = place.with_name(f".{place.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(place)
    except OSError as error:
        raise FileError(
            f"{variable} is {path!r}, which cannot be written: {error.strerror}. Give a file in a folder that is there."
        ) from error
