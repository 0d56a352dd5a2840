#!/bin/bash
# Runs the tests or the benchmark in a virtual machine whose only cgroup hierarchy is v2: `vm.sh test|nightly|arm64|bench`.
# VM_RUN names vm-run; where there is none they run here, in a scope of systemd. What is written goes to build/vm.
# The machine for arm64 is that of arm64.sh; ARM64_ROOT is its root file system. BENCH_ARGS are more arguments for the benchmark.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
vm_run=${VM_RUN:-$top/../shared/vm/vm-run}
out=$top/build/vm

# A shell command on the kernel of this version.
inside() {
	"$vm_run" --kernel "$1" --setup
	"$vm_run" --kernel "$1" --cpus 2 --mem 2048 --swap 64 --share "$top" --out "$out" --cwd "$top" --timeout 3600 \
		--env "CI=${CI-}" --env "BENCH_ARGS=${BENCH_ARGS-}" -- bash -c "$2"
}

# A shell command on this kernel, in a cgroup of its own that systemd leaves alone.
in_scope() {
	[ -e /sys/fs/cgroup/cgroup.controllers ] && [ -d /run/systemd/system ] || {
		echo "vm.sh: there is no vm-run at $vm_run (set VM_RUN to where it is), and here is no systemd with pure cgroup v2" >&2
		return 1
	}
	OUT=$out systemd-run --scope --quiet --collect -p Delegate=yes -- bash -c "$2"
}

# A shell command on another processor.
on_arm64() {
	"$top/test/arm64.sh" "$ARM64_ROOT" "$out" "$2"
}

# Test files on a kernel; one after the other: an emulated processor is slow enough.
tests() { # KERNEL FILES
	$where "$1" "JOBS=$jobs TAP_TIMEOUT=1200 node dist/test/run.js ${2//$'\n'/} >\"\$OUT/test-$1.tap\""
}

where=inside kernel=6.12 jobs=1
[ -x "$vm_run" ] || where=in_scope kernel=own
[ "${1-}" != arm64 ] || where=on_arm64 kernel=arm64 jobs=2 out=$top/build/arm64
cd "$top"
mkdir -p "$out"
status=0
# What the tests said, and the last line of it.
count() {
	find "$out" -name 'test-*.tap' -exec cat {} + >"build/test-${out##*/}.tap"
	node .ci/count.js $status "build/test-${out##*/}.tap"
}
rm -f "$out"/test-*.tap
case ${1:-} in
test)
	# Everything takes about ten times as long there, so it is what cgroup v2, other kernels or every capability can
	# change, and what is soon done.
	tests $kernel 'test/init/{capabilities,cgroup,console-socket,devices,fds,forks,kernel,limits,masks,mounts,mounts-mapped}.test.ts
		test/init/{namespaces,parent-death,process,process-1,root,sealed,seccomp,seccomp-profile,session,setns}.test.ts
		test/init/{starter,stdio,user,user-namespaces}.test.ts test/protocol/states.test.ts
		test/system/{container,cpu,cpu-time,doctor,exec,forks,io,limits,memory,output,pause,place,starter,tasks,true-to-life,update,user-namespace,verdict-owners,verdicts,view,watch}.test.ts
		test/system/{cli,exec-deaths,failures,kill,machine,rootfs,seccomp,signals,stale,state,steer}.test.ts' ||
		status=1
	# what has other files there: memory.peak cannot be reset, pids.peak and cgroup.kill are there
	[ $kernel = own ] || tests 6.1 'test/init/root.test.ts test/system/{memory,tasks,limits}.test.ts' || status=1
	count
	;;
nightly)
	# What takes its time there, in seconds, and has little to do with v2:
	#   init/console 25, console-root 13, cves 64; system/terminal 158     the bytes of a terminal, and races
	#   system/deaths 198, network-deaths 470, many 282     the same again and again
	#   system/network 40, -bridge 47, -devices 31, -names 63; oci 474: a hundred starts of Node
	# Only network-link is left out of both, 127: an emulated processor is too slow for its rates. But only there is netem:
	# make test TESTS=test/system/network-link.test.ts
	tests $kernel 'test/init/{console,console-root,cves}.test.ts
		test/system/{deaths,many,network,network-bridge,network-deaths,network-devices,network-names,oci,oci-hooks,terminal}.test.ts' || status=1
	count
	;;
arm64)
	# What depends on the processor: numbers of system calls, layouts of structures, instructions; and the whole way of a launch.
	# Without what takes long there, and has little to do with it: init/cves and init/faults
	tests $kernel 'test/init/[!cf]*.test.ts test/init/{c[!v],f[!a]}*.test.ts test/protocol test/contract/binary.test.ts
		test/unit/seccomp{,-filter}.test.ts test/system/{forks,seccomp,tasks}.test.ts' || status=1
	count
	;;
bench)
	# everything takes about ten times as long there; a later --runs wins
	$where $kernel 'exec node dist/test/bench/main.js --runs 100 --json "$OUT/bench.json" $BENCH_ARGS'
	;;
*)
	echo "usage: vm.sh test|nightly|arm64|bench" >&2
	exit 2
	;;
esac
