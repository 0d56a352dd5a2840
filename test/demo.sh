#!/bin/bash
# The main job on real programs: each runs under one limit, and the report says whether it was hit and how often.
set -u
cd "$(dirname "$0")/.."

# A line as a user would type it; prints it, runs it, says how it ended.
show() {
	printf '\n%s\n$ %s\n' "$1" "$2"
	PATH=$PWD/build/demo:$PATH bash -c "$2" 2>&1
	printf '[exit status %s]\n' $?
}

mkdir -p build/demo
ln -sf ../../dist/procready build/demo/procready

show 'A shell that starts five children, where four tasks are allowed, the shell included:' \
	"procready run --pids-max 4 -- sh -c 'for i in 1 2 3 4 5; do sleep 0.2 & done; wait'"

show 'One task is one task: nothing of procready itself counts.' \
	"procready run --pids-max 1 --verbose -- /bin/true"

show 'A Python program that allocates 8 MiB at a time, without end:' \
	"procready run --memory-max 64M -- /usr/bin/python3 -c '
chunks = []
while chunks.append(bytearray(8 << 20)) is None:
    print(8 * len(chunks), \"MiB\", flush=True)'"

show 'A busy loop on a quarter of a processor, for two seconds:' \
	"procready run --cpu-max 0.25 --timeout 2s -- sh -c 'while :; do :; done'"
