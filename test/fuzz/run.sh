#!/bin/bash
# Fuzzes the shim's decoder for FUZZ_SECONDS (60), or says which of its branches that reached: run.sh [coverage]. Fails on
# any finding, and leaves it in build/fuzz. The corpus stays there too, so that the next run goes on where this one ended.
set -eu -o pipefail
cd "$(dirname "$0")/../.."

make -s build
version=$(node -p 'require("./package.json").version')
mkdir -p build/fuzz/corpus
node dist/test/fuzz/seeds.js
# Only the edges of the shim guide the fuzzer and count, not those of the checks.
build() { # NAME 'FLAGS OF THE SHIM' FLAGS...
	local compile=(clang-14 -std=gnu2x -O1 -g -D_GNU_SOURCE -DVERSION="\"$version\"" -Wall -Wextra -Werror "${@:3}")
	mkdir -p build/fuzz/"$1".o
	"${compile[@]}" -c -o build/fuzz/"$1".o/decoder.o test/fuzz/decoder.c
	for source in json json-text config text; do
		# shellcheck disable=SC2086 # several
		"${compile[@]}" $2 -c -o build/fuzz/"$1".o/$source.o shim/$source.c
	done
	# shellcheck disable=SC2086
	"${compile[@]}" $2 -fsanitize=fuzzer -o build/fuzz/"$1" build/fuzz/"$1".o/*.o
}

if [ "${1:-}" = coverage ]; then
	build branches '-fprofile-instr-generate -fcoverage-mapping'
	LLVM_PROFILE_FILE=build/fuzz/profile.raw build/fuzz/branches -runs=0 build/fuzz/{seeds,large,corpus} >build/fuzz/log-branches 2>&1
	tools=/usr/lib/llvm-14/bin
	$tools/llvm-profdata merge -o build/fuzz/profile build/fuzz/profile.raw
	$tools/llvm-cov export -instr-profile=build/fuzz/profile build/fuzz/branches >build/fuzz/branches.json
	exec node dist/test/fuzz/branches.js build/fuzz/branches.json
fi

build decoder -fsanitize=fuzzer-no-link -fsanitize=address,undefined -fno-sanitize-recover=all
build coverage -fsanitize=fuzzer-no-link # the sanitizers have edges of their own, which nothing good ever takes

status=0
{
	build/fuzz/decoder -runs=0 -timeout=5 -artifact_prefix=build/fuzz/ build/fuzz/large &&
		build/fuzz/decoder -max_total_time="${FUZZ_SECONDS:-60}" -max_len=4096 -timeout=5 -dict=build/fuzz/dictionary \
			-artifact_prefix=build/fuzz/ -print_final_stats=1 -verbosity=1 build/fuzz/corpus build/fuzz/seeds
} >build/fuzz/log 2>&1 || status=$?
if [ $status != 0 ]; then
	grep -v -E '^#[0-9]+\s+(NEW|REDUCE|pulse|RELOAD)' build/fuzz/log >&2
	exit 1
fi
executions=$(sed -n 's/^stat::number_of_executed_units: //p' build/fuzz/log)
build/fuzz/coverage -runs=0 -print_final_stats=1 build/fuzz/{corpus,seeds,large} >build/fuzz/log-coverage 2>&1
edges=$(sed -n 's/^INFO: Loaded 1 modules *(\([0-9]*\) .*/\1/p' build/fuzz/log-coverage)
covered=$(sed -n 's/^#.*DONE *cov: \([0-9]*\) .*/\1/p' build/fuzz/log-coverage)
echo "fuzz: $executions executions, $covered of $edges edges covered, nothing found"
