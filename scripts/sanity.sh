#!/bin/sh
# ansible-test sanity on a copy of the collection, by the Ansible of the environment VENV. Arguments go to ansible-test.
set -eu
# Two environments may be at it at the same time.
tree=.cache/sanity${VENV:-.venv}
VENV=$PWD/${VENV:-.venv}
export VENV
scripts/collection-tree.sh "$tree"
# Not Ansible's: ruff and mypy check these.
(cd "$tree/ansible_collections/trailwatch/aws" && rm -rf sandbox benchmarks soak tests/integration tests/page tests/sandbox)
# ansible-test bootstraps pip with a script from outside PyPI. This one does the same with what Python brings along, in
# a home of its own, so that nothing in yours is touched.
HOME=$PWD/$tree.home
mkdir -p "$HOME/.ansible/test/cache"
for version in 24.2 25.2; do
    # By our pip, as an old one that comes along may not know whom this machine trusts.
    "$VENV/bin/python" -m pip download --quiet --disable-pip-version-check --no-deps --dest "$HOME/pip" "pip==$version"
    cat > "$HOME/.ansible/test/cache/get_pip_$(echo "$version" | tr . _).py" <<PY
import ensurepip, subprocess, sys
ensurepip.bootstrap()
wanted = [argument for argument in sys.argv[1:] if argument.startswith("pip==")] or ["pip"]
subprocess.check_call([sys.executable, "-m", "pip", "install", "-q", "--no-index", "--find-links", "$HOME/pip", *wanted])
PY
done
python=$("$VENV/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
cd "$tree/ansible_collections/trailwatch/aws"
# Of its own, because ansible-test asks git for the files, and ours ignores this folder.
git init --quiet
# The interpreter by its real place: a version manager's shim on PATH may be for a Python that is not there.
real=$(dirname "$(readlink -f "$VENV/bin/python")")
PATH=$VENV/bin:$real:$PATH
export PATH
ansible-test sanity --color no --python "$python" "$@" 2>&1 | tee "$HOME/sanity.log"
if grep -q -e '^ERROR' -e '^FATAL' -e 'All targets skipped' "$HOME/sanity.log" || ! grep -q 'Running sanity test' "$HOME/sanity.log"; then
    echo 'ansible-test sanity failed or tested nothing.' >&2
    exit 1
fi
