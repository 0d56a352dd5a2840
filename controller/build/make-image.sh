#!/bin/bash
# An OCI image of the package, for this processor: `make-image.sh TARBALL DIRECTORY TAG` makes the image layout DIRECTORY
# (OCI image-spec, image-layout.md). It has procready, the Node that runs this build with the libraries it is linked with, and
# the shell and tools of busybox; so it can be copied from, and be what a CI job runs in. Needs no daemon, and no root.
set -euo pipefail

tarball=$(realpath "$1") layout=$2 tag=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root"/{bin,dev,etc,lib64,proc,root,run,sys,usr/bin,usr/local/bin,usr/local/lib,var}
mkdir -m 1777 "$root/tmp" "$root/var/tmp"

node=$(readlink -f "$(node -p process.execPath)")
install -m 755 "$node" "$root/usr/local/bin/node"
strip "$root/usr/local/bin/node"
ldd "$node" | grep -o '/[^ ]*' | while read -r library; do install -D -m 755 "$library" "$root$library"; done

install -m 755 /bin/busybox "$root/bin/busybox"
for tool in $(busybox --list | grep -vx busybox); do ln -s busybox "$root/bin/$tool"; done
ln -s /bin/env "$root/usr/bin/env"
echo 'root:x:0:0:root:/root:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/bin/false' >"$root/etc/passwd"
echo 'root:x:0:
nogroup:x:65534:' >"$root/etc/group"

npm install --global --prefix "$root/usr/local" --omit dev --omit peer --ignore-scripts --no-audit --no-fund --prefer-offline --loglevel warn "$tarball"
find "$root" -exec touch --no-dereference --date @0 {} +

rm -rf "$layout"
umoci init --layout "$layout"
umoci new --image "$layout:$tag"
umoci insert --rootless --history.created 1970-01-01T00:00:00Z --image "$layout:$tag" "$root" /
umoci config --image "$layout:$tag" --history.created 1970-01-01T00:00:00Z --created 1970-01-01T00:00:00Z \
	--config.env PATH=/usr/local/bin:/usr/bin:/bin --config.cmd procready --config.cmd --help \
	--config.label "org.opencontainers.image.version=$tag" --config.label org.opencontainers.image.licenses=Apache-2.0 \
	--config.label org.opencontainers.image.source=https://github.com/procready/procready
umoci gc --layout "$layout"
