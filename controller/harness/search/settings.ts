/** A set of limits in the words of Kubernetes, Docker and systemd. */
import type { LimitSet } from './search-all.js';

export interface Settings {
	kubernetes: string;
	docker: string;
	systemd: string;
}

/** Each rounds up to what it can say. */
export function settingsOf(set: LimitSet): Settings {
	const memory = Number(set['memory.max']);
	const cpu = Number(set['cpu.max']);
	const tasks = set['pids.max'];
	const files = set.nofile;
	const resources = [`cpu: ${Math.ceil(cpu * 1000)}m`, `memory: ${kubernetesSize(memory)}`];
	return {
		kubernetes: [
			'resources:',
			...['requests', 'limits'].flatMap((kind) => [`  ${kind}:`, ...resources.map((line) => `    ${line}`)]),
			`# tasks (${tasks}) are podPidsLimit of the kubelet; open files (${files}) are of the container runtime`,
		].join('\n'),
		docker: [
			'docker run',
			`--memory ${memory}b --memory-swap ${memory}b`,
			`--pids-limit ${tasks}`,
			`--cpus ${Math.ceil(cpu * 100) / 100}`,
			`--ulimit nofile=${files}`,
		].join(' '),
		systemd: [
			'[Service]',
			`MemoryMax=${memory}`,
			'MemorySwapMax=0',
			`TasksMax=${tasks}`,
			`CPUQuota=${Math.ceil(cpu * 100)}%`,
			`LimitNOFILE=${files}`,
		].join('\n'),
	};
}

function kubernetesSize(bytes: number): string {
	return bytes >= 2 ** 24 ? `${Math.ceil(bytes / 2 ** 20)}Mi` : `${Math.ceil(bytes / 1024)}Ki`;
}
