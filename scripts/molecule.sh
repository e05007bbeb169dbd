#!/bin/sh
# The molecule scenarios, each against one sandbox. Arguments go to molecule test.
set -eu
root=$PWD
PATH=$root/.venv/bin:$PATH
export PATH ANSIBLE_COLLECTIONS_PATH="$root/.venv/collections"
cd extensions
PYTHONPATH=$root exec "$root/.venv/bin/python" -m sandbox.run --account 444444444444 -- \
    molecule --base-config molecule/config.yml test --all "$@"
