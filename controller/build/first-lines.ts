/**
 * First lines that people type who come from docker, systemd-run, ulimit, Kubernetes or hyperfine, and what each gets. The page
 * controller/cli/FIRST-LINES.md is made of this table, and a test holds the command line to it.
 */

export interface FirstLine {
	/** Behind `procready`, for a shell. */
	typed: string;
	/** It is done, exactly as this is. Status: that of the command. */
	same?: string;
	/** It is refused, with these words behind `procready: `. */
	says?: string;
	/** What it prints begins so. */
	prints?: string;
	/** For the page: what is different here. */
	note?: string;
}

export const firstLines: Readonly<Record<string, readonly FirstLine[]>> = {
	docker: [
		{
			typed: 'run -m 64m -- true',
			same: 'run --memory-max 64m -- true',
			note: '64 MiB, as in docker; swap is forbidden, of which docker allows as much again',
		},
		{ typed: 'run --memory=64m --cpus 0.5 -- true', same: 'run --memory-max 64m --cpu-max 0.5 -- true' },
		{
			typed: 'run --memory 64mb -- true',
			says: '--memory-max: "64mb" is not a size: MB could mean powers of 1024 or of 1000 bytes: write 64MiB, or 64000000',
		},
		{
			typed: 'run -m 64m --memory-swap 128m -- true',
			says: '--memory-swap 128m: docker means memory and swap together: write --memory-swap-max 64M',
		},
		{ typed: 'run -m 64m --memory-swap=-1 -- true', says: '--memory-swap=-1: write --memory-swap-max max' },
		{ typed: 'run --memory-reservation 32m -- true', same: 'run --memory-low 32m -- true' },
		{ typed: 'run --cpu-shares 512 -- true', says: '--cpu-shares 512: write --cpu-weight 50' },
		{
			typed: 'run --cpu-period 50000 --cpu-quota 25000 -- true',
			says: "--cpu-period 50000: it goes with the quota: leave it out; --cpu-quota 25000: write --cpu-max '25000 50000'",
		},
		{ typed: 'run --cpuset-cpus 0 -- true', same: 'run --cpuset-cpus 0 -- true' },
		{ typed: 'run --pids-limit 4 -- true', same: 'run --pids-max 4 -- true' },
		{ typed: 'run --pids-limit=-1 -- true', same: 'run --pids-max max -- true' },
		{
			typed: 'run --pids-limit 0 -- true',
			says: '--pids-limit 0: docker means no limit by 0: leave it out, or --pids-max max',
		},
		{
			typed: 'run --ulimit nofile=64:64 --ulimit core=-1 -- true',
			same: 'run --rlimit nofile=64:64 --rlimit core=-1 -- true',
		},
		{ typed: 'run --rm -- true', same: 'run -- true', note: 'nothing is left of a container that has ended' },
		{ typed: 'run --rm -it -- bash', same: 'run --tty --interactive -- bash' },
		{
			typed: 'run -d -- sleep 100',
			says: '-d: nothing runs in the background: put & behind the line, and name it: write --name NAME',
		},
		{
			typed: 'run -p 8080:80 -- true',
			says: '-p 8080:80: the command has the network of the host, and its ports are reached without it: leave it out',
		},
		{ typed: 'run -v /tmp:/data:ro -- true', same: 'run --volume /tmp:/data:ro -- true' },
		{ typed: 'run -v /tmp:/data:ro,z -- true', says: '-v /tmp:/data:ro,z: write -v /tmp:/data:ro' },
		{ typed: 'run -v /data -- true', says: "-v /data: a directory that is the command's own is --tmpfs /data" },
		{ typed: 'run --cap-drop ALL --cap-add NET_ADMIN -- true', same: 'run --cap-drop ALL --cap-add NET_ADMIN -- true' },
		{ typed: 'run --network none -- true', same: 'run --net none -- true' },
		{
			typed: 'run --network bridge -- true',
			says: '--network bridge: a link to the host, by which others are reached, is --net veth --masquerade',
		},
		{ typed: 'run --name web -- true', same: 'run --name web -- true' },
		{ typed: 'run -w /tmp -u 1000:1000 -e A=1 -- env', same: 'run --cwd /tmp --user 1000:1000 --env A=1 -- env' },
		{ typed: 'run --workdir /tmp --group-add 100 -- id', same: 'run --cwd /tmp --group 100 -- id' },
		{ typed: 'run --entrypoint sh -- -c true', says: '--entrypoint sh: the command stands behind --: write -- sh' },
		{ typed: 'run --rootfs /srv/debian --read-only -- true', same: 'run --rootfs /srv/debian --read-only -- true' },
		{ typed: 'run --read-only -- true', says: '--read-only: is for a root file system of its own, and none is given' },
		{ typed: 'run --shm-size 64m -- true', says: '--shm-size 64m: write --tmpfs /dev/shm:size=64M' },
		{
			typed: 'run --oom-kill-disable -- true',
			says: '--oom-kill-disable: the kernel kills who exceeds memory.max; what slows it down instead is --memory-high SIZE',
		},
		{
			typed: 'run --privileged -- true',
			says: "--privileged: without --rootfs the command has the caller's rights: leave it out",
		},
		{ typed: 'run --init -- true', same: 'run --init -- true' },
		{
			typed: 'run --stop-timeout 5 -- true',
			says: '--stop-timeout 5: signals go to the command as they come, and a third SIGTERM kills; an end of time is --timeout T',
		},
		{
			typed: 'run --device-write-bps /dev/sda:1mb -- true',
			says: "--device-write-bps /dev/sda:1mb: write --io-max '/dev/sda wbps=1M'",
		},
		{
			typed: 'run --security-opt no-new-privileges -- true',
			says: '--security-opt no-new-privileges: write --no-new-privileges',
		},
		{ typed: 'run --pid host -- true', says: '--pid host: write --ns pid=host' },
		{ typed: 'run --restart always -- true', says: '--restart always: procready runs a command once: leave it out' },
		{ typed: 'ps -a', says: '-a: what has ended is not kept, and nothing is cut: leave it out' },
		{
			typed: 'ps web',
			says: '"web" is a word too many: of one container write procready stats web; see procready ps --help',
		},
		{
			typed: 'stop web',
			says: '"stop" is not a subcommand; write procready kill web --signal SIGTERM; see procready --help',
		},
		{
			typed: 'inspect web',
			says: '"inspect" is not a subcommand; write procready stats web --count 1 --json; see procready --help',
		},
		{ typed: 'unpause web', says: '"unpause" is not a subcommand; write procready resume web; see procready --help' },
		{
			typed: 'run --gpus all -- true',
			says: '--gpus all: with the files of the host its devices are there; with --rootfs they are --device PATH',
		},
		{
			typed: 'run -q -- true',
			says: '-q: only a limit that was hit is reported: leave it out, or put 2>/dev/null behind the line',
		},
		{
			typed: 'run -P -- true',
			says: '-P: the command has the network of the host, and its ports are reached without it: leave it out',
		},
		{ typed: 'exec -d web ls', says: '-d: nothing runs in the background: put & behind the line' },
		{ typed: 'ps -q', says: '-q: all there is, for jq(1), is --json' },
		{ typed: 'stats --no-stream web', says: '--no-stream: write --count 1' },
		{
			typed: 'stop -t 5 web',
			says: '"stop" is not a subcommand; write procready kill web --signal SIGTERM; see procready --help',
		},
		{
			typed: 'logs -f web',
			says: '"logs" is not a subcommand; write procready run -- COMMAND >FILE: what a command prints goes to the caller; see procready --help',
		},
		{
			typed: 'pull alpine',
			says: '"pull" is not a subcommand; write procready run --rootfs DIR -- COMMAND: a root file system is a directory, and there are no images; see procready --help',
		},
	],
	'systemd-run': [
		{ typed: 'run -p MemoryMax=64M -- true', says: '-p MemoryMax=64M: write --memory-max 64M' },
		{ typed: 'run --property=TasksMax=4 -- true', says: '--property=TasksMax=4: write --pids-max 4' },
		{
			typed: 'run -p CPUQuota=50% -p MemorySwapMax=0 -- true',
			says: '-p CPUQuota=50%: write --cpu-max 0.5; -p MemorySwapMax=0: write --memory-swap-max 0',
		},
		{ typed: 'run -p TasksMax=infinity -- true', says: '-p TasksMax=infinity: write --pids-max max' },
		{ typed: 'run -p LimitNOFILE=64:128 -- true', says: '-p LimitNOFILE=64:128: write --rlimit nofile=64:128' },
		{ typed: 'run -p RuntimeMaxSec=1min -- true', says: '-p RuntimeMaxSec=1min: write --timeout 1min' },
		{ typed: 'run -p User=nobody -- id', says: '-p User=nobody: write --user nobody' },
		{
			typed: 'run -p MemoryMaxx=64M -- true',
			says: '-p MemoryMaxx=64M: procready has nothing for MemoryMaxx; did you mean "MemoryMax"?',
		},
		{ typed: 'run --scope -- true', same: 'run -- true' },
		{
			typed: 'run --user --scope -- true',
			says: "--user: a value is missing, USER[:GROUP]; systemd-run's --user has none, and is left out: without root the user's own cgroup is taken by itself",
		},
		{ typed: 'run --wait --pipe --collect -- true', same: 'run -- true' },
		{ typed: 'run --pty -- bash', same: 'run --tty --interactive -- bash' },
		{ typed: 'run -t -- bash', same: 'run --tty -- bash', note: 'what is typed is for the command with -it' },
		{ typed: 'run --uid=1000 --nice=5 -- id', same: 'run --user 1000 --nice 5 -- id' },
		{ typed: 'run --setenv=A=1 --working-directory=/tmp -- env', same: 'run --env A=1 --cwd /tmp -- env' },
		{ typed: 'run --unit=web.service -- true', says: '--unit=web.service: write --name web' },
		{
			typed: 'run --slice=batch -- true',
			says: '--slice=batch: a cgroup that is there already is named: write --cgroup-parent PATH',
		},
		{
			typed: 'run -p CPUQuota=half -- true',
			says: '-p CPUQuota=half: a quota is a percentage, of one processor 100%, which is --cpu-max 1',
		},
		{ typed: 'run -pTasksMax=4 -- true', says: '-pTasksMax=4: write --pids-max 4' },
		{
			typed: 'run -p memorymax=64M -- true',
			says: '-p memorymax=64M: procready has nothing for memorymax; did you mean "MemoryMax"?',
		},
		{
			typed: 'run -p RuntimeMaxSec=infinity -- true',
			says: '-p RuntimeMaxSec=infinity: no limit is what there is without it: leave it out',
		},
		{ typed: 'run -p LimitCPU=1min -- true', says: '-p LimitCPU=1min: write --rlimit cpu=60' },
		{ typed: 'run -p LimitNICE=+5 -- true', says: '-p LimitNICE=+5: write --rlimit nice=15' },
		{
			typed: 'run -p CapabilityBoundingSet=~CAP_NET_ADMIN -- true',
			says: '-p CapabilityBoundingSet=~CAP_NET_ADMIN: write --cap-drop CAP_NET_ADMIN',
		},
		{ typed: 'run -p Environment=A=1 -- true', says: '-p Environment=A=1: write --env A=1' },
		{
			typed: 'run -p MemoryAccounting=yes -- true',
			says: '-p MemoryAccounting=yes: what is used is counted without it: leave it out',
		},
		{ typed: 'run --MemoryMax=64M -- true', says: '--MemoryMax=64M: write --memory-max 64M' },
		{
			typed: 'run -p ProtectSystem=strict -- true',
			says: '-p ProtectSystem=strict: procready has nothing for ProtectSystem; procready run --help shows all that it has',
		},
	],
	'ulimit, prlimit, timeout, nice': [
		{ typed: 'run -n 64 -- true', says: '-n 64: write --rlimit nofile=64' },
		{ typed: 'run -n 10 -- true', says: '-n 10: nice -n 10 is --nice 10, and ulimit -n 10 is --rlimit nofile=10' },
		{ typed: 'run -v 65536 -- true', says: '-v 65536: ulimit -v counts KiB: write --rlimit as=67108864' },
		{ typed: 'run -u 64 -- true', same: 'run --user 64 -- true', note: 'as in docker; ulimit -u is --rlimit nproc=64' },
		{
			typed: 'run -t 5 -- sleep 1',
			says: '-t: it has no value, and "5" would be the command; ulimit -t 5 is --rlimit cpu=5',
		},
		{ typed: 'run -s 8192 -- true', says: '-s 8192: ulimit -s counts KiB: write --rlimit stack=8388608' },
		{
			typed: 'run -f 10 -- true',
			says: '-f 10: ulimit -f counts blocks of 1024 bytes in bash, of 512 in dash, where it would be fsize=5120: write --rlimit fsize=10240',
		},
		{ typed: 'run -c 0 -- true', says: '-c 0: write --rlimit core=0' },
		{
			typed: 'run --rlimit as=64M --rlimit core=unlimited -- true',
			same: 'run --rlimit as=67108864 --rlimit core=-1 -- true',
		},
		{ typed: 'run --nofile=64:64 -- true', says: '--nofile=64:64: write --rlimit nofile=64:64' },
		{
			typed: 'run --cpu=5 -- true',
			says: '--cpu=5: 5 could be processors or seconds: write --cpu-max 5, or --rlimit cpu=5',
		},
		{
			typed: 'ulimit -n 64',
			says: '"ulimit" is not a subcommand; write procready run --rlimit NAME=SOFT:HARD -- COMMAND; see procready --help',
		},
		{ typed: 'run --timeout 1m30s -- true', same: 'run --timeout 90s -- true' },
		{
			typed: 'run -k 5 --timeout 10 -- true',
			says: '-k 5: a time-out kills at once; a signal before it is --at 10:SIGTERM --timeout 15',
		},
		{
			typed: 'run -s TERM --timeout 10 -- true',
			says: '-s TERM: a time-out kills at once; a signal before it is --at 10:SIGTERM --timeout LATER',
		},
		{ typed: 'run -Sn 64 -- true', says: '-Sn: soft and hard limit are said together: write --rlimit NAME=SOFT:HARD' },
		{ typed: 'run --nofile=100: -- true', says: '--nofile=100:: write --rlimit nofile=100:HARD' },
		{
			typed: 'run --signal 9 --timeout 10 -- true',
			says: '--signal 9: a time-out kills at once; a signal before it is --at 10:SIGKILL --timeout LATER',
		},
		{
			typed: '10 sleep 20',
			says: '"10" is not a subcommand; write procready run --timeout 10 -- sleep 20; see procready --help',
		},
	],
	Kubernetes: [
		{
			typed: 'run --limits cpu=500m,memory=64Mi -- true',
			says: '--limits cpu=500m,memory=64Mi: write --cpu-max 0.5 --memory-max 64Mi',
		},
		{
			typed: 'run --cpus 500m --memory 64Mi -- true',
			same: 'run --cpu-max 0.5 --memory-max 67108864 -- true',
			note: 'of Kubernetes 64M is 64000000 bytes, here it is 64Mi',
		},
		{
			typed: 'run --requests memory=64Mi -- true',
			says: '--requests memory=64Mi: requests choose a machine, and this one is chosen: leave it out; limits are --cpu-max N --memory-max SIZE',
		},
		{
			typed: 'run --memory-max 64MB -- true',
			says: '--memory-max: "64MB" is not a size: MB could mean powers of 1024 or of 1000 bytes: write 64MiB, or 64000000',
		},
		{
			typed: 'run --image=alpine -- true',
			says: '--image=alpine: procready runs programs of the host, or of a directory with --rootfs DIR, and has no images: leave it out',
		},
		{ typed: 'run --limits cpu=half -- true', says: '--limits cpu=half: write --cpu-max N' },
		{ typed: 'run --stdin -- true', says: "--stdin: stdin, stdout and stderr are the caller's: leave it out" },
		{
			typed: 'run --port=80 -- true',
			says: '--port=80: the command has the network of the host, and its ports are reached without it: leave it out',
		},
		{ typed: 'run --replicas=3 -- true', says: '--replicas=3: there is no cluster: leave it out' },
		{ typed: 'get pods', says: '"get" is not a subcommand; write procready ps; see procready --help' },
	],
	hyperfine: [
		{ typed: 'run -N -- true', same: 'run -- true', note: 'no shell is between procready and the command' },
		{
			typed: 'run --warmup 3 -- true',
			says: '--warmup 3: the first of several runs is not counted, of compare and of a budget: leave it out',
		},
		{
			typed: 'run -w 3 -- true',
			says: "-w 3: hyperfine's runs to warm up are not had here: leave it out; a directory of that name is -w ./3",
		},
		{
			typed: 'run -r 10 -- true',
			says: '-r 10: a run is one; what each of several uses is kept by --save-budget FILE --repeat 10',
		},
		{ typed: 'search memory.max --runs 10 -- true', says: '--runs 10: write --repeat 10' },
		{ typed: 'compare --base true --runs 20 -- true', says: '--runs 20: write --max-runs 20' },
		{
			typed: 'compare --base true --export-markdown FILE -- true',
			says: '--export-markdown FILE: write --markdown FILE',
		},
		{
			typed: 'run -P threads 1 8 -- true',
			says: '-P threads: a limit over a range of values is procready sweep LIMIT=FROM..TO -- COMMAND',
		},
		{ typed: 'run --export-json FILE -- true', says: '--export-json FILE: write --json FILE' },
		{ typed: 'run -S bash -- true', says: '-S bash: a shell is a command like others: write -- bash -c COMMAND' },
	],
	'anywhere else': [
		{ typed: 'run sleep 1', same: 'run -- sleep 1' },
		{ typed: 'run', says: 'a command is missing: it comes after --; see procready run --help' },
		{
			typed: 'run -v',
			says: '-v: a volume is -v SRC:DST; the version is said by procready --version, and a report always by --verbose',
		},
		{ typed: 'run -V', says: '-V: the version is said by procready --version' },
		{
			typed: 'sleep 1',
			says: '"sleep" is not a subcommand; to run the program write procready run -- sleep 1; did you mean "sweep"?; see procready --help',
		},
		{ typed: '-m 64m -- true', says: '-m: a subcommand comes first: write procready run -m 64m -- true' },
		{ typed: 'rum -- true', says: '"rum" is not a subcommand; did you mean "run"?; see procready --help' },
		{
			typed: 'run --memory-mx 64M -- true',
			says: '--memory-mx: is not an option of procready run; did you mean "--memory-max"?; see procready run --help',
		},
		{ typed: 'run --pids 4 --swap 0 -- true', same: 'run --pids-max 4 --memory-swap-max 0 -- true' },
		{ typed: 'run --cpu-max 50% -- true', same: 'run --cpu-max 0.5 -- true' },
		{
			typed: 'run --memory-max unlimited -- true',
			says: '--memory-max: "unlimited" is not a size: a whole positive number of bytes such as 65536, 64K, 1.5M or 2G, or max; no limit is written max',
		},
		{ typed: 'run --tty=yes -- true', says: '--tty=yes: takes no value: write --tty; see procready run --help' },
		{ typed: 'help run', prints: 'usage: procready run ' },
		{ typed: 'help rn', says: '"rn" is not a subcommand; did you mean "run"?; see procready --help' },
		{ typed: 'version', prints: 'procready ' },
		{ typed: '-V', prints: 'procready ' },
		{
			typed: 'run -v -- true',
			says: '-v: a volume is -v SRC:DST; the version is said by procready --version, and a report always by --verbose',
		},
		{
			typed: '--verbose run -- true',
			says: '--verbose: a subcommand comes first: write procready run --verbose -- true',
		},
		{ typed: 'run --seccomp -- true', says: '--seccomp: a value is missing: --seccomp FILE; see procready run --help' },
		{
			typed: 'run --timeout max -- true',
			says: '--timeout: "max" is not a positive time such as 500ms, 10s, 1m30s, 5m or 1h, of at most 24 days; there is no time-out where none is given',
		},
		{ typed: 'run --mem 64M -- true', says: '--mem 64M: write --memory-max 64M' },
		{ typed: 'run --time-limit 10 -- true', says: '--time-limit 10: write --timeout 10' },
		{ typed: 'run --rlimit_as 64 -- true', says: '--rlimit_as 64: write --rlimit as=64M' },
		{ typed: 'run --rlimit-as=64m -- true', says: '--rlimit-as=64m: write --rlimit as=64m' },
		{ typed: 'run -R /etc -- true', says: '-R /etc: write -v /etc:/etc:ro' },
		{ typed: 'run -g memory:/batch -- true', says: '-g memory:/batch: write --cgroup-parent /batch' },
		{ typed: 'run --noprofile -- true', says: '--noprofile: procready has no profiles: leave it out' },
		{ typed: 'run --memory.max 64M --pids.max=4 -- true', same: 'run --memory-max 64M --pids-max 4 -- true' },
		{ typed: 'help help', prints: 'procready ' },
	],
};
