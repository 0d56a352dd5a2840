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

case ${1:-} in
test)
	# tee, because with --output-file tap says most lines twice where there is no terminal
	inside='node_modules/.bin/tap run --disable-coverage --allow-empty-coverage --jobs=1 --timeout=1200 --reporter=tap \
		dist/test/protocol/*.test.js dist/test/system/*.test.js | tee "$OUT/test.tap"'
	;;
bench)
	# everything takes about ten times as long there; a later --runs wins
	inside='exec node dist/test/bench/main.js --runs 100 --json "$OUT/bench.json" $BENCH_ARGS'
	;;
*)
	echo "usage: vm.sh test|bench" >&2
	exit 2
	;;
esac

mkdir -p "$out"
"$vm_run" --setup
exec "$vm_run" --cpus 2 --mem 2048 --share "$top" --out "$out" --cwd "$top" --timeout 3600 \
	--env "CI=${CI-}" --env "BENCH_ARGS=${BENCH_ARGS-}" -- \
	bash -c "set -o pipefail; shopt -s nullglob; $inside"
