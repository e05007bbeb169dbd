#!/bin/sh
# Copies what git knows of the collection into DIR/ansible_collections/trailwatch/aws, as ansible-test and a clean build
# want it (they refuse or follow symbolic links), and puts the amazon.aws of the environment VENV beside it.
# Usage: collection-tree.sh DIR
set -eu
tree=$1/ansible_collections
rm -rf "$tree"
mkdir -p "$tree/trailwatch/aws"
git ls-files -co --exclude-standard -z | tar --null -T - -c | tar -x -C "$tree/trailwatch/aws"
site=$("${VENV:-.venv}/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
ln -s "$site/ansible_collections/amazon" "$tree/amazon"
