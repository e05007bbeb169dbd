#!/bin/sh
# ansible-test sanity on a copy of the collection. Arguments go to ansible-test.
set -eu
scripts/collection-tree.sh .cache/sanity
# ansible-test bootstraps pip with a script from outside PyPI. This one does the same with what Python brings along, in
# a home of its own, so that nothing in yours is touched.
HOME=$PWD/.cache/home
export HOME
mkdir -p "$HOME/.ansible/test/cache"
for version in 24_2 25_2; do
    cat > "$HOME/.ansible/test/cache/get_pip_$version.py" <<'PY'
import ensurepip, subprocess, sys
ensurepip.bootstrap()
wanted = [argument for argument in sys.argv[1:] if argument.startswith("pip==")] or ["pip"]
subprocess.check_call([sys.executable, "-m", "pip", "install", "-q", *wanted])
PY
done
python=$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
cd .cache/sanity/ansible_collections/trailwatch/aws
# The interpreter by its real place: a version manager's shim on PATH may be for a Python that is not there.
real=$(dirname "$(readlink -f "$OLDPWD/.venv/bin/python")")
PATH=$OLDPWD/.venv/bin:$real:$PATH exec ansible-test sanity --color no --python "$python" "$@"
