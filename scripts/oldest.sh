#!/bin/sh
# The oldest versions that are admitted, in .venv-oldest: unit tests, sanity, a hub with a member on the local AWS, from
# check and deployment to teardown, and the integration tests of what differs by version. Without arguments all of that,
# else the parts that are named, of which all integration tests are left to the night.
set -eu
VENV=.venv-oldest
PATH=$PWD/$VENV/bin:$PATH
export VENV PATH

unit() {
    pytest -n 2 tests/unit
}

sanity() {
    scripts/sanity.sh
}

# An inventory by the SDK's models, retries and their messages by Ansible, what amazon.aws calls, and its removals.
differing() {
    pytest -n 2 --dist loadfile tests/integration/test_inventory.py tests/integration/test_grouping.py \
        tests/integration/test_deploy.py tests/integration/test_alarms.py tests/integration/test_teardown.py
}

integration() {
    pytest -n 4 --dist loadfile --no-loadscope-reorder tests/integration
}

run() {
    python -m sandbox.run --account 222222222222 --account 333333333333 -- scripts/oldest.sh playbooks
}

playbooks() {
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    cat > "$work/accounts.ini" <<'INI'
[hub]
security    account_id=333333333333 iam_alerting_group_seconds=60
[members]
staging     account_id=222222222222
[accounts:children]
hub
members
[accounts:vars]
iam_alerting_subscribers=["secops@example.com"]
INI
    play() {
        name=$1
        shift
        ansible-playbook "playbooks/$name.yml" -i "$work/accounts.ini" "$@" > "$work/log" 2>&1 ||
            { cat "$work/log"; exit 1; }
        grep -E '^(security|staging) ' "$work/log"
    }
    play deploy --check
    play deploy
    play deploy
    if grep -E '^(security|staging) .* ok=' "$work/log" | grep -qv 'changed=0 '; then
        echo 'The second deployment changed something.' >&2
        exit 1
    fi
    # The subscriber follows the link of the mail: nobody who has not confirmed is told, and verify says so.
    python -c 'import sys, urllib.request as url; url.urlopen(sys.argv[1], sys.argv[2].encode())' \
        "$AWS_ENDPOINT_URL/_sandbox/confirm" '{"address": "secops@example.com"}'
    play verify
    play teardown
}

[ $# -gt 0 ] || set -- unit sanity run differing
for part in "$@"; do
    "$part"
done
