# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What mails CloudTrail records would give, found out without AWS.

C(sources) reads the records, C(rules) says which of them the event rules take, C(function) runs the Lambda function's
own code on them, C(alerts) looks at each, C(replay) counts many (C(groups) as grouping would), and C(report) writes
what was found as text.
"""
