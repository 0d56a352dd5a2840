#!/bin/bash
# Runs the tests or the benchmark in a virtual machine whose only cgroup hierarchy is v2: `vm.sh test|bench`.
# VM_RUN names vm-run; what is written goes to build/vm. BENCH_ARGS are more arguments for the benchmark.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
vm_run=${VM_RUN:-$top/../shared/vm/vm-run}
out=$top/build/vm

[ -x "$vm_run" ] || {
	echo "vm.sh: there is no vm-run at $vm_run: set VM_RUN to where it is" >&2
	exit 1
}

# A shell command on a kernel.
inside() {
	"$vm_run" --kernel "$1" --setup
	"$vm_run" --kernel "$1" --cpus 2 --mem 2048 --swap 64 --share "$top" --out "$out" --cwd "$top" --timeout 3600 \
		--env "CI=${CI-}" --env "BENCH_ARGS=${BENCH_ARGS-}" -- bash -c "set -o pipefail; $2"
}

# Test files on a kernel, each by itself: what `tap run` loads before each of them takes ten seconds there.
tests() {
	inside "$1" "export TAP_TIMEOUT=1200; { status=0
		for file in ${2//$'\n'/}; do echo \"# \$file\"; timeout 1200 node \$file || status=1; done; exit \$status; } |
		tee \"\$OUT/test-$1.tap\""
}

mkdir -p "$out"
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
	#     there netem: node dist/test/system/network-link.test.js
	tests 6.12 'dist/test/init/{capabilities,cgroup,console-socket,devices,fds,forks,kernel,limits,masks,mounts,mounts-mapped}.test.js
		dist/test/init/{namespaces,parent-death,process,reaper,root,sealed,seccomp,seccomp-profile,session,setns}.test.js
		dist/test/init/{starter,stdio,user,user-namespaces}.test.js dist/test/protocol/states.test.js
		dist/test/system/{container,cpu,doctor,exec,forks,io,limits,memory,pause,place,starter,tasks,update,user-namespace,verdicts,watch}.test.js' ||
		status=1
	# what has other files there: memory.peak cannot be reset, pids.peak and cgroup.kill are there
	tests 6.1 'dist/test/init/root.test.js dist/test/system/{memory,tasks,limits}.test.js' || status=1
	exit $status
	;;
bench)
	# everything takes about ten times as long there; a later --runs wins
	inside 6.12 'exec node dist/test/bench/main.js --runs 100 --json "$OUT/bench.json" $BENCH_ARGS'
	;;
*)
	echo "usage: vm.sh test|bench" >&2
	exit 2
	;;
esac
