#!/bin/bash
# Packages of Debian for a processor, unpacked in a directory and not installed; the package lists of this machine stay as they
# are: `sysroot.sh alone|whole x64|arm64 DIRECTORY PACKAGE…`. Alone, or the whole of them with what they need. SUITE names another release
# of Debian than this machine has.
set -euo pipefail

extent=$1 arch=${2/x64/amd64} into=$3
shift 3
part=$into.part
rm -rf "$part"
mkdir -p "$part/apt/state/lists/partial" "$part/apt/cache/archives/partial"
part=$(realpath "$part")
options=(-o "APT::Architecture=$arch" -o "APT::Architectures::=$arch" -o APT::Sandbox::User= -o Acquire::Languages=none
	-o "Dir::State=$part/apt/state" -o "Dir::State::status=$part/apt/state/status" -o "Dir::Cache=$part/apt/cache")
touch "$part/apt/state/status"

if [ -n "${SUITE-}" ]; then
	# from where this machine has its own
	mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | head -n 1)
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $SUITE main" >"$part/apt/sources.list"
	options+=(-o "Dir::Etc::sourcelist=$part/apt/sources.list" -o Dir::Etc::sourceparts=-)
fi

cd "$part/apt"
apt-get -qq "${options[@]}" update
packages=$*
[ "$extent" = alone ] || packages=$(apt-get -qq "${options[@]}" --no-install-recommends --simulate install "$@" | sed -n 's/^Inst \([^ ]*\) .*/\1/p')
apt-get -qq "${options[@]}" download $packages
for package in *.deb; do dpkg --extract "$package" "$part"; done
cd "$part"
rm -r apt

# where these things will be, for gcc
final=$(dirname "$part")/$(basename "$into")
for specs in usr/lib/*-linux-musl/musl-gcc.specs; do
	[ ! -e "$specs" ] || sed -E "s#/usr/(include|lib)/[a-z0-9_]+-linux-musl#$final&#g" "$specs" >musl-gcc.specs
done
mv "$part" "$final"
