#!/bin/sh
# Make a release: version and changelog, then all of it built in build/release/, committed and tagged. Nothing leaves
# this machine; what publishes it is printed at the end. Usage: release.sh VERSION, such as release.sh 0.2.0
set -eu
version=$1
PATH=$PWD/.venv/bin:$PATH
export PATH

refuse() {
    echo "$1" >&2
    exit 2
}

echo "$version" | grep -qxE '(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){2}' || refuse "VERSION is '$version', but it has three numbers, such as 0.2.0."
released=$(git tag --list 'v*' | sed 's/^v//' | sort --version-sort | tail -n 1)
newest=$(printf '%s\n' "$released" "$version" | sort --version-sort | tail -n 1)
if [ "$version" = "$released" ] || [ "$newest" != "$version" ]; then
    refuse "VERSION is $version, but $released is released already. Give a newer one."
fi
[ -z "$(git status --porcelain)" ] || refuse "There are changes that are not committed: see git status. Commit them, and let the checks run on them, first."
ls changelogs/fragments/*.yml >/dev/null 2>&1 || refuse "changelogs/fragments/ is empty, so there is nothing to tell users of. Give each change a fragment."

# All as it was, should a step fail.
trap 'git checkout --quiet HEAD -- . && git clean --quiet --force -- CHANGELOG.md changelogs' EXIT
sed -i "s/^version: .*/version: $version/" galaxy.yml
antsibull-changelog release
scripts/build.sh build/release
git add --all galaxy.yml CHANGELOG.md changelogs
git commit --quiet --message "Release $version"
trap - EXIT
git tag --annotate "v$version" --message "trailwatch.aws $version"

cat <<EOF
trailwatch.aws $version is in build/release/, committed, and tagged v$version. To publish it:
  git push --follow-tags
  ansible-galaxy collection publish build/release/trailwatch-aws-$version.tar.gz
and attach SHA256SUMS and the bill of materials (*.cdx.json) to the release page.
EOF
