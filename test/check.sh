#!/bin/bash
# `make check`, what CI runs: every layer of tests here, lint, the system tests again with pure cgroup v2; one line of result.
set -u
cd "$(dirname "$0")/.."

rm -f build/test*.tap
results=()
for layer in test test-programs test-browser test-package test-engines test-vm; do
	make --no-print-directory "$layer"
	results+=($? "build/$layer.tap")
done
make --no-print-directory lint
lint=$?
echo "# $((lint == 0)) passed, $((lint != 0)) failed" >build/test-lint.tap
node .ci/count.js "${results[@]}" $lint build/test-lint.tap
