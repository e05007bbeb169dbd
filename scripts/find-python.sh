#!/bin/sh
# Prints the newest installed Python that Ansible's controller runs on, pyenv's included.
# Usage: find-python.sh OLDEST NEWEST, such as: find-python.sh 3.11 3.14
set -eu
oldest=$1
newest=$2

candidates() {
    minor=${newest#3.}
    while [ "$minor" -ge "${oldest#3.}" ]; do
        command -v "python3.$minor" || true
        ls -d "${PYENV_ROOT:-$HOME/.pyenv}/versions/3.$minor".*/bin/python3 2>/dev/null || true
        minor=$((minor - 1))
    done
    command -v python3 || true
}

# A name on PATH may be a version manager's shim for a Python that is not there, and ensurepip a package of its own.
suits() {
    "$1" - "$oldest" "$newest" 2>/dev/null <<'PY'
import ensurepip, sys, venv
oldest, newest = (tuple(map(int, version.split("."))) for version in sys.argv[1:])
sys.exit(not oldest <= sys.version_info[:2] <= newest)
PY
}

for python in $(candidates); do
    if suits "$python"; then
        echo "$python"
        exit 0
    fi
done
found=$(python3 --version 2>/dev/null || echo 'no python3')
echo "Trailwatch needs Python $oldest to $newest with the venv module (Debian: python3-venv); found: $found." >&2
echo "Install one, or name it: make PYTHON=/path/to/python3 ..." >&2
exit 1
