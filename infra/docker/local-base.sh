#!/bin/sh
# Makes the base image from Debian's packages and Node's npm package, for machines that can pull no image: as root, with dockerd running.
#   infra/docker/local-base.sh [Node's major version, 24 by default]    → dermlive/base:node24
# Debian comes from where this machine's apt gets it, Node from where its npm does.
set -eu
node_version=${1:-24}
suite=bookworm
image="dermlive/base:node$node_version"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $suite" | head -n 1)
[ -n "$mirror" ] || { echo "apt knows no source of $suite" >&2; exit 1; }
debootstrap --variant=minbase --include=libstdc++6 "$suite" "$work/root" "$mirror" > "$work/log" || { tail -n 20 "$work/log" >&2; exit 1; }

# Newest of the major version: npm lists a range's versions in their order.
package=$(node -p 'process.platform + "-" + process.arch')
newest=$(npm view "node-$package@$node_version" version --json | node -p '
  const versions = [].concat(JSON.parse(require("fs").readFileSync(0, "utf8")))
  versions.sort((a, b) => a.localeCompare(b, undefined, { numeric: true })).at(-1)')
(cd "$work" && npm pack --silent "node-$package@$newest" > /dev/null && tar -xzf ./*.tgz)
install -m 755 "$work/package/bin/node" "$work/root/usr/local/bin/node"

# Nothing here is read by a process of ours: packages that were fetched, documents, languages, and Perl's use of them.
cd "$work/root"
rm -rf var/cache/apt/* var/lib/apt/lists/* var/cache/debconf/*-old var/log/* usr/share/doc usr/share/man usr/share/info usr/share/locale usr/share/i18n
find usr/lib -path '*gconv/*' ! -name 'gconv-modules*' -type f -delete
tar -c . | docker import \
  --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
  --change "ENV NODE_VERSION=$newest" \
  --change "LABEL org.opencontainers.image.base.name=debian:$suite" - "$image" > /dev/null
docker image ls --format '{{.Repository}}:{{.Tag}} {{.Size}}' "$image"
