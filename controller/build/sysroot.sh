#!/bin/bash
# The headers and libraries of another processor, from Debian's packages, for compiling the shim and the compiler of seccomp
# profiles: `sysroot.sh x64|arm64 DIRECTORY`. Nothing is installed, and the package lists of this machine stay as they are.
set -euo pipefail

arch=${1/x64/amd64} into=$2
part=$into.part
rm -rf "$part"
mkdir -p "$part/apt/state/lists/partial" "$part/apt/cache/archives/partial"
part=$(realpath "$part")
touch "$part/apt/state/status"

apt() {
	apt-get -qq -o APT::Architecture="$arch" -o APT::Architectures::="$arch" -o APT::Sandbox::User= \
		-o Dir::State="$part/apt/state" -o Dir::State::status="$part/apt/state/status" -o Dir::Cache="$part/apt/cache" "$@"
}

cd "$part"
apt update
for package in musl-dev linux-libc-dev libseccomp-dev; do
	apt download "$package:$arch"
	dpkg -x "$package"_*.deb .
	rm "$package"_*.deb
done
rm -r apt
# where these things will be, for gcc
final=$(dirname "$part")/$(basename "$into")
sed -E "s#/usr/(include|lib)/[a-z0-9_]+-linux-musl#$final&#g" usr/lib/*-linux-musl/musl-gcc.specs >musl-gcc.specs
mv "$part" "$final"
