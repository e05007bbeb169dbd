"""Filter patterns for log events that are plain text (CloudWatch Logs user guide, "Filter pattern syntax")."""

from __future__ import annotations

import re
from collections.abc import Callable

from ministack.services import cloudwatch_logs

_TERM = re.compile(r'([?-]?)(?:"([^"]*)"|(\S+))')


def install() -> None:
    """Take the place of ministack's matcher; patterns for JSON and for columns stay its own."""
    other = cloudwatch_logs._compile_filter_pattern

    def matcher(pattern: str) -> Callable[[str], bool]:
        text = (pattern or "").strip()
        return other(pattern) if text.startswith(("{", "[", "%")) else terms(text)

    cloudwatch_logs._compile_filter_pattern = matcher


def terms(pattern: str) -> Callable[[str], bool]:
    """A test for texts: all terms are in it, none with a minus; of those with a question mark, alone, any is."""
    found = [(sign, quoted or plain) for sign, quoted, plain in _TERM.findall(pattern)]
    optional = [term for sign, term in found if sign == "?"]
    needed = [term for sign, term in found if not sign]
    barred = [term for sign, term in found if sign == "-"]

    def fits(text: str) -> bool:
        if optional and not needed:
            return any(term in text for term in optional) and not any(term in text for term in barred)
        return all(term in text for term in needed) and not any(term in text for term in barred)

    return fits
