#!/bin/bash
# Runs the tests or the benchmark in a virtual machine whose only cgroup hierarchy is v2: `vm.sh test|bench`.
# VM_RUN names vm-run; where there is none they run here, in a scope of systemd. What is written goes to build/vm.
# BENCH_ARGS are more arguments for the benchmark.
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

# Test files on a kernel, one after the other: an emulated processor is slow enough.
tests() { # KERNEL FILES
	$where "$1" "JOBS=1 TAP_TIMEOUT=1200 node dist/test/run.js ${2//$'\n'/} >\"\$OUT/test-$1.tap\""
}

where=inside kernel=6.12
[ -x "$vm_run" ] || where=in_scope kernel=own
cd "$top"
mkdir -p "$out"
rm -f "$out"/test-*.tap
case ${1:-} in
test)
	status=0
	# Everything takes about ten times as long there, so it is what cgroup v2, other kernels or every capability can
	# change. Left out, because none of that does, or because something here shows the same:
	#   init/console, console-root     the bytes of a terminal, races for it
	#   system/cli, seccomp, signals, state, steer, terminal   each a new Node process for every line, 3 s there; what
	#     they ask of the kernel is in exec, update, watch and pause
	#   system/deaths, exec-deaths, kill, stale   the same again and again, minutes there: that an outer ends and removes
	#     what is in a cgroup of v2, a fork bomb too, in every state, is in init/cgroup
	#   init/cves, system/failures, many, rootfs   races and counts that take their time, failures before
	#     there is a cgroup; namespaces and roots on this kernel are in init/
	#   system/network…                they need nothing of v2, and an emulated processor is too slow for the rates; only here is
	#     there netem: make test TESTS=test/system/network-link.test.ts
	tests $kernel 'test/init/{capabilities,cgroup,console-socket,devices,fds,forks,kernel,limits,masks,mounts,mounts-mapped}.test.ts
		test/init/{namespaces,parent-death,process,process-1,root,sealed,seccomp,seccomp-profile,session,setns}.test.ts
		test/init/{starter,stdio,user,user-namespaces}.test.ts test/protocol/states.test.ts
		test/system/{container,cpu,cpu-time,doctor,exec,forks,io,limits,memory,output,pause,place,starter,tasks,true-to-life,update,user-namespace,verdict-owners,verdicts,view,watch}.test.ts' ||
		status=1
	# what has other files there: memory.peak cannot be reset, pids.peak and cgroup.kill are there
	[ $kernel = own ] || tests 6.1 'test/init/root.test.ts test/system/{memory,tasks,limits}.test.ts' || status=1
	find "$out" -name 'test-*.tap' -exec cat {} + >build/test-vm.tap
	node .ci/count.js $status build/test-vm.tap
	;;
bench)
	# everything takes about ten times as long there; a later --runs wins
	$where $kernel 'exec node dist/test/bench/main.js --runs 100 --json "$OUT/bench.json" $BENCH_ARGS'
	;;
*)
	echo "usage: vm.sh test|bench" >&2
	exit 2
	;;
esac
