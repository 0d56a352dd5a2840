#!/bin/bash
# Fuzzes the shim's decoder for FUZZ_SECONDS (60). Fails on any finding, and leaves it in build/fuzz. The corpus stays
# there too, so that the next run goes on where this one ended.
set -eu -o pipefail
cd "$(dirname "$0")/../.."

make -s build
version=$(node -p 'require("./package.json").version')
mkdir -p build/fuzz/corpus
node dist/test/fuzz/seeds.js
# Only the edges of the shim guide the fuzzer and count, not those of the checks.
build() { # NAME FLAGS...
	local compile=(clang-14 -std=gnu2x -O1 -g -D_GNU_SOURCE -DVERSION="\"$version\"" -Wall -Wextra -Werror "${@:2}")
	mkdir -p build/fuzz/"$1".o
	"${compile[@]}" -c -o build/fuzz/"$1".o/decoder.o test/fuzz/decoder.c
	for source in json json-text config text; do
		"${compile[@]}" -fsanitize=fuzzer-no-link -ffunction-sections -c -o build/fuzz/"$1".o/$source.o shim/$source.c
	done
	"${compile[@]}" -fsanitize=fuzzer -Wl,--gc-sections -o build/fuzz/"$1" build/fuzz/"$1".o/*.o
}
build decoder -fsanitize=address,undefined -fno-sanitize-recover=all
build coverage # the sanitizers have edges of their own, which nothing good ever takes

status=0
build/fuzz/decoder -max_total_time="${FUZZ_SECONDS:-60}" -max_len=4096 -timeout=5 -dict=build/fuzz/dictionary \
	-artifact_prefix=build/fuzz/ -print_final_stats=1 -verbosity=1 build/fuzz/corpus >build/fuzz/log 2>&1 || status=$?
if [ $status != 0 ]; then
	grep -v -E '^#[0-9]+\s+(NEW|REDUCE|pulse|RELOAD)' build/fuzz/log >&2
	exit 1
fi
executions=$(sed -n 's/^stat::number_of_executed_units: //p' build/fuzz/log)
build/fuzz/coverage -runs=0 -print_final_stats=1 build/fuzz/corpus >build/fuzz/log-coverage 2>&1
edges=$(sed -n 's/^INFO: Loaded 1 modules *(\([0-9]*\) .*/\1/p' build/fuzz/log-coverage)
covered=$(sed -n 's/^#.*DONE *cov: \([0-9]*\) .*/\1/p' build/fuzz/log-coverage)
echo "fuzz: $executions executions, $covered of $edges edges covered, nothing found"
