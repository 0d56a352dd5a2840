#!/bin/bash
# Fuzzes the shim's decoder for FUZZ_SECONDS (60). Fails on any finding, and leaves it in build/fuzz. The corpus stays
# there too, so that the next run goes on where this one ended.
set -eu -o pipefail
cd "$(dirname "$0")/../.."

make -s build
version=$(node -p 'require("./package.json").version')
mkdir -p build/fuzz/corpus
node dist/test/fuzz/seeds.js
clang-14 -std=gnu2x -O1 -g -D_GNU_SOURCE -DVERSION="\"$version\"" -Wall -Wextra -Werror \
	-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
	-o build/fuzz/decoder test/fuzz/decoder.c shim/json.c shim/config.c shim/sync.c

status=0
build/fuzz/decoder -max_total_time="${FUZZ_SECONDS:-60}" -max_len=4096 -timeout=5 -dict=build/fuzz/dictionary \
	-artifact_prefix=build/fuzz/ -print_final_stats=1 -verbosity=1 build/fuzz/corpus >build/fuzz/log 2>&1 || status=$?
if [ $status != 0 ]; then
	grep -v -E '^#[0-9]+\s+(NEW|REDUCE|pulse|RELOAD)' build/fuzz/log >&2
	exit 1
fi
executions=$(sed -n 's/^stat::number_of_executed_units: //p' build/fuzz/log)
edges=$(sed -n 's/^INFO: Loaded 1 modules *(\([0-9]*\) .*/\1/p' build/fuzz/log)
covered=$(sed -n 's/^#.*DONE *cov: \([0-9]*\) .*/\1/p' build/fuzz/log)
echo "fuzz: $executions executions, $covered of $edges edges covered, nothing found"
