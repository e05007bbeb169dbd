# Copyright: Trailwatch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proof that an alert arrives in an account: two harmless calls of IAM are followed to a queue of their own.

``probe`` makes the calls, ``listener`` is the queue, ``log`` finds the calls in the function's log, ``journey`` is
what is known of one call, ``proof`` brings them together, ``audience`` is who hears of them besides. Of a call that did
not arrive, ``diagnosis`` says where it stopped, by the ``evidence`` that it reads and the ``causes`` that it knows.
``leftovers`` removes what is there of a run that was broken off, and ``report`` puts the outcome into words.
"""
