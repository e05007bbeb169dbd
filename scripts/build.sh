#!/bin/sh
# Build what a release consists of, from a clean copy of the collection: the Galaxy artifact, its software bill of
# materials and the checksums of both. Leaves in DIR, too: source/, the copy; image/, a Python that has only what the
# collection says it needs. Usage: build.sh DIR
set -eu
root=$PWD
out=$root/$1
PATH=$root/.venv/bin:$PATH
export PATH
rm -rf "$out"
mkdir -p "$out"
scripts/collection-tree.sh "$out/source"
collections=$out/source/ansible_collections
(cd "$collections/trailwatch/aws" && ansible-galaxy collection build --output-path "$out")

python -m venv "$out/image"
ansible-builder introspect "$out/source" --write-pip "$out/needed.txt"
"$out/image/bin/python" -m pip install --quiet --disable-pip-version-check ansible-core -r "$out/needed.txt"

cd "$out"
artifact=$(ls trailwatch-aws-*.tar.gz)
bill=${artifact%.tar.gz}.cdx.json
"$root/.venv-importer/bin/python" "$root/scripts/sbom.py" "$collections" "$out/image/bin/python" > "$bill"
sha256sum "$artifact" "$bill" > SHA256SUMS
