# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What came of confirming, in words and as data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ansible_collections.trailwatch.aws.plugins.module_utils.confirmation.run import Outcome, Result

_WORDS = {
    Outcome.CONFIRMED: "confirmed",
    Outcome.ALREADY: "already confirmed",
    Outcome.UNPROTECTED: "already confirmed, and not protected",
    Outcome.INVALID: "no longer valid",
    Outcome.STRANGER: "not on the list",
}
_WAYS_OUT = {
    Outcome.INVALID: (
        "The link of {who} is no longer valid: SNS takes it for two days. Get a new mail sent with "
        "-e iam_alerting_resend_confirmations=true, or by a deploy if SNS has dropped the subscription"
    ),
    Outcome.STRANGER: (
        "{who} is not in iam_alerting_subscribers (nor iam_alerting_fallback, for its topic), and so not confirmed. "
        "Add it there and deploy, first"
    ),
}


def summary(results: Sequence[Result], asked_again: Sequence[str], check_mode: bool) -> str:
    """One line on the account."""
    words = {**_WORDS, Outcome.CONFIRMED: "would confirm"} if check_mode else _WORDS
    parts = [f"{word}: {', '.join(who)}" for outcome, word in words.items() if (who := of(results, outcome))]
    if asked_again:
        parts.append(f"{'would ask' if check_mode else 'asked'} again: {', '.join(asked_again)}")
    return "; ".join(parts) or "nothing to confirm"


def failure(results: Sequence[Result]) -> str:
    """Why the account failed, with the way out; empty if it did not."""
    return ". ".join(
        way_out.format(who=", ".join(who)) for outcome, way_out in _WAYS_OUT.items() if (who := of(results, outcome))
    )


def of(results: Iterable[Result], outcome: Outcome) -> list[str]:
    """Those of whom that came, each once."""
    return sorted({result.who for result in results if result.outcome is outcome})
