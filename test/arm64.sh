#!/bin/bash
# Runs a shell command as root in an emulated machine with an arm64 processor and Debian's kernel, with pure cgroup v2:
# `arm64.sh ROOT OUT COMMAND`. ROOT is the machine's root file system, which stays as it is; what the command writes to $OUT is in
# OUT afterwards. It runs in this checkout, of which it may change its own copy. Exits as the command does, or with 125 where
# there was no machine.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
root=$(realpath "$1") command=$3
mkdir -p "$2"
out=$(realpath "$2")
release=$(basename "$root"/usr/lib/modules/*)
initrd=$(mktemp -d)
trap 'rm -rf "$initrd"' EXIT

# What can mount the root, which is a directory here: a shell, and the kernel's modules for that, each after what it needs.
mkdir "$initrd"/{dev,lower,modules,proc,root,sys,upper}
cp "$root/usr/bin/busybox" "$initrd/"
[ -e "$root/usr/lib/modules/$release/modules.dep" ] || depmod -b "$root/usr" "$release"
modprobe -d "$root/usr" -S "$release" --show-depends -a 9pnet_virtio 9p overlay | while read -r _ module; do
	name=$(basename "$module" .xz)
	[ -e "$initrd/modules/$name" ] || echo "$name" >>"$initrd/modules/order"
	xz -dc "$module" >"$initrd/modules/$name"
done
printf '%s\n' "$command" >"$initrd/command"
cat >"$initrd/init" <<END
#!/busybox sh
set -e
trap '/busybox poweroff -f' EXIT
/busybox mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
while read -r module; do insmod /modules/\$module; done </modules/order
share() { # TAG PATH OPTIONS
	mkdir -p \$2
	mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,\$3 \$1 \$2
}
# a directory of the host, and above it, in memory, what is written here
copied() { # TAG PATH
	share \$1 /lower/\$1 ro,cache=loose
	mkdir -p /upper/\$1/files /upper/\$1/work \$2
	mount -t overlay -o lowerdir=/lower/\$1,upperdir=/upper/\$1/files,workdir=/upper/\$1/work overlay \$2
}
mount -t tmpfs -o mode=755 upper /upper
copied root /root
for directory in tmp run; do mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs /root/\$directory; done
copied top /root$top
share out /root/out rw,cache=mmap
cp /command /after /busybox /root/run
mount --move /sys /root/sys
mount --move /dev /root/dev
mount -t proc proc /root/proc
exec switch_root /root /bin/bash /run/after
END
cat >"$initrd/after" <<END
trap 'sync; /run/busybox poweroff -f' EXIT
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 OUT=/out
mkdir -p /dev/pts /dev/shm /dev/mqueue
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
ln -sf pts/ptmx /dev/ptmx
ln -s /proc/self/fd /dev/fd
for fd in stdin:0 stdout:1 stderr:2; do ln -s "fd/\${fd#*:}" "/dev/\${fd%:*}"; done
mkdir -p /home /mnt /opt /root /srv
mount -t tmpfs -o mode=1777,nosuid,nodev shm /dev/shm
mount -t mqueue mqueue /dev/mqueue
mount -t cgroup2 -o nosuid,nodev,noexec,nsdelegate,memory_recursiveprot cgroup2 /sys/fs/cgroup
read -r controllers </sys/fs/cgroup/cgroup.controllers
echo "+\${controllers// / +}" >/sys/fs/cgroup/cgroup.subtree_control
ip link set lo up
hostname arm64
echo '127.0.0.1 localhost arm64' >/etc/hosts
cp /usr/share/base-passwd/passwd.master /etc/passwd
cp /usr/share/base-passwd/group.master /etc/group
ln -sf mawk /usr/bin/awk
touch /etc/subuid /etc/subgid
cd $top
setsid -w bash /run/command </dev/null
echo \$? >/out/status
END
chmod +x "$initrd/init"
(cd "$initrd" && find . | busybox cpio -o -H newc 2>/dev/null) >"$out/initrd"

share() { # TAG PATH OPTIONS
	echo -fsdev "local,id=$1,path=$2,security_model=none,multidevs=remap$3" -device "virtio-9p-pci,fsdev=$1,mount_tag=$1"
}
rm -f "$out/status"
# shellcheck disable=SC2046
qemu-system-aarch64 -nodefaults -no-user-config -display none -no-reboot -serial stdio \
	-machine virt -cpu cortex-a72 -accel tcg,thread=multi -smp 2 -m 2048 \
	-kernel "$root/boot/vmlinuz-$release" -initrd "$out/initrd" \
	-append 'console=ttyAMA0 quiet panic=-1 rdinit=/init cryptomgr.notests random.trust_cpu=on net.ifnames=0' \
	$(share root "$root" ,readonly=on) $(share top "$top" ,readonly=on) $(share out "$out" '') -device virtio-rng-pci \
	</dev/null | sed -u "s/\r\$//" >&2
exit "$(cat "$out/status" || echo 125)"
