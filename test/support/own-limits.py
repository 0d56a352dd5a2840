"""Prints as JSON what a program finds of its limits when it looks them up as language runtimes do: its path in
/proc/self/cgroup, below the first mount of the hierarchy in /proc/self/mountinfo."""
import json
import os

memberships = {}  # of each controller, and of '' for cgroup v2
for line in open('/proc/self/cgroup'):
    _, names, path = line.rstrip('\n').split(':', 2)
    memberships.update((name, path) for name in names.split(','))

mounts = []
for line in open('/proc/self/mountinfo'):
    before, after = line.split(' - ')
    root, point = before.split(' ')[3:5]
    kind, _, options = after.split()
    if kind in ('cgroup', 'cgroup2'):
        mounts.append((root, point, ('',) if kind == 'cgroup2' else options.split(',')))


def directory(name):
    for root, point, names in mounts:
        if name in names:
            return os.path.normpath(os.path.join(point, os.path.relpath(memberships[name], root)))


def value(controller, v2, *v1):
    files = v1 if controller in memberships else [v2]
    place = directory(controller if controller in memberships else '')
    return ' '.join(open(os.path.join(place, file)).read().strip() for file in files)


print(json.dumps({
    'memory': value('memory', 'memory.max', 'memory.limit_in_bytes'),
    'cpu': value('cpu', 'cpu.max', 'cpu.cfs_quota_us', 'cpu.cfs_period_us'),
    'pids': value('pids', 'pids.max', 'pids.max'),
    'roots': sorted({root for root, _, _ in mounts}),
    'points': [point for _, point, _ in mounts],
    # hierarchies whose directory does not hold this process, as far as they are mounted
    'elsewhere': [name for name in memberships if directory(name)
                  and str(os.getpid()) not in open(directory(name) + '/cgroup.procs').read().split()],
}))
