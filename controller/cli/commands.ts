/** The subcommands. Each is a file of its own, loaded only when it is called or asked about. */
import type { Page } from './page.js';

export interface Command {
	page: Page;
	/** Resolves to the exit status. */
	call(argv: string[]): Promise<number>;
}

export const commands: Record<string, () => Promise<Command>> = {
	run: async () => {
		const { page, run: call } = await import('./run.js');
		return { page, call };
	},
	exec: async () => {
		const { page, exec: call } = await import('./exec.js');
		return { page, call };
	},
	test: async () => {
		const { page, test: call } = await import('./test.js');
		return { page, call };
	},
	merge: async () => {
		const { page, merge: call } = await import('./merge.js');
		return { page, call };
	},
	search: async () => {
		const { page, search: call } = await import('./search.js');
		return { page, call };
	},
	sweep: async () => {
		const { page, sweep: call } = await import('./sweep.js');
		return { page, call };
	},
	compare: async () => {
		const { page, compare: call } = await import('./compare.js');
		return { page, call };
	},
	serve: async () => {
		const { page, serve: call } = await import('./serve.js');
		return { page, call };
	},
	ps: async () => {
		const { page, ps: call } = await import('./ps.js');
		return { page, call };
	},
	stats: async () => {
		const { page, stats: call } = await import('./stats.js');
		return { page, call };
	},
	update: async () => {
		const { page, update: call } = await import('./update.js');
		return { page, call };
	},
	pause: async () => {
		const { page, pause: call } = await import('./pause.js');
		return { page, call };
	},
	resume: async () => {
		const { page, resume: call } = await import('./resume.js');
		return { page, call };
	},
	kill: async () => {
		const { page, kill: call } = await import('./kill.js');
		return { page, call };
	},
	doctor: async () => {
		const { page, run: call } = await import('./doctor.js');
		return { page, call };
	},
};
