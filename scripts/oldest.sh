#!/bin/sh
# The oldest versions that are admitted, in .venv-oldest: unit tests, sanity, and of the integration tests those that
# take a hub and its members, and an account alone, from check and deployment to teardown.
set -eu
pytest=.venv-oldest/bin/pytest
"$pytest" -n 2 tests/unit
VENV=.venv-oldest scripts/sanity.sh
"$pytest" -n 2 --dist loadfile tests/integration/test_hub.py tests/integration/test_teardown.py \
    tests/integration/test_plan.py
