/**
 * Many runs at once for one client. What waits is bounded by a number of requests, and what the client does not read by a number of
 * bytes: above that nothing is read and nothing is started, while what runs comes to its end.
 */
import { Container } from '../container/container.js';
import { collected } from '../container/run.js';
import { ProcreadyError, unexpected } from '../errors.js';
import { parseSignal } from '../model/numbers.js';
import { errorContent, reporting } from './report.js';
import type { Output, ResultAnswer, ServeAnswer } from './serve-answers.js';
import type { RunRequest, ServeRequest } from './serve-request.js';

/** To the client; resolves when it has the text, or takes no more. */
export type Send = (text: string) => Promise<void>;

export interface Capacity {
	/** Programs that run at once. */
	jobs: number;
	/** Requests that wait beside them. */
	waiting: number;
}

/** Characters of answers that may wait for the client before nothing more is begun. */
const mostUnread = 16 * 2 ** 20;

/** Bytes of stdout, and of stderr, that are kept where the request says nothing. */
const defaultMaxOutput = 2 ** 20;

interface Running {
	abort: AbortController;
	container?: Container;
}

export class Server {
	readonly #send: Send;
	readonly #capacity: Capacity;
	/** By the ids of the client, in their order. */
	readonly #waiting = new Map<string, RunRequest>();
	readonly #running = new Map<string, Running>();
	readonly #ends = new Set<Promise<void>>();
	#results = 0;
	/** Characters that the client has not read yet, and when it has. */
	#unread = 0;
	#read = Promise.resolve();

	constructor(send: Send, capacity: Capacity) {
		this.#send = send;
		this.#capacity = capacity;
	}

	get results(): number {
		return this.#results;
	}

	answer(answer: ServeAnswer): void {
		const text = `${JSON.stringify(answer)}\n`;
		this.#unread += text.length;
		this.#read = this.#send(text).then(() => {
			this.#unread -= text.length;
			this.begin();
		});
	}

	/** Resolves when the client has read enough for more to be begun. */
	async room(): Promise<void> {
		while (this.#unread > mostUnread) await this.#read;
	}

	/** Throws a `ProcreadyError` where that is not possible now. */
	take(request: ServeRequest): void {
		if (request.type === 'run') this.#enqueue(request);
		else if (request.type === 'cancel') this.#cancel(request.id);
		else {
			const signal = parseSignal(request.signal, '/signal');
			const sent = this.#containerOf(request.id).kill(signal);
			this.answer({ type: 'signaled', id: request.id, signal, sent });
		}
	}

	/** Kills what runs, and drops what waits. */
	abort(): void {
		for (const id of [...this.#waiting.keys(), ...this.#running.keys()]) this.#cancel(id);
	}

	/** Resolves when nothing waits and nothing runs. */
	async idle(): Promise<void> {
		while (this.#ends.size > 0 || this.#waiting.size > 0)
			await (this.#ends.size > 0 ? Promise.race(this.#ends) : this.#read);
	}

	/** Begins what there is room for. */
	begin(): void {
		for (const [id, request] of this.#waiting) {
			if (this.#running.size >= this.#capacity.jobs || this.#unread > mostUnread) return;
			this.#waiting.delete(id);
			const running = { abort: new AbortController() };
			this.#running.set(id, running);
			const end = this.#run(request, running).finally(() => {
				this.#ends.delete(end);
				this.begin();
			});
			this.#ends.add(end);
		}
	}

	#enqueue(request: RunRequest): void {
		const { id } = request;
		if (this.#waiting.has(id) || this.#running.has(id))
			throw new ProcreadyError(
				'option-invalid',
				`id: ${JSON.stringify(id)} is that of another run, which has not ended`,
				{
					where: '/id',
				},
			);
		const { jobs, waiting } = this.#capacity;
		if (this.#waiting.size + this.#running.size >= jobs + waiting)
			throw new ProcreadyError(
				'server-busy',
				`${jobs} run and ${waiting} wait, and no more are taken: ask again when a result has come`,
			);
		this.#waiting.set(id, request);
		this.begin();
	}

	#cancel(id: string): void {
		const request = this.#waiting.get(id);
		if (request === undefined) {
			this.#mustRun(id).abort.abort();
			return;
		}
		this.#waiting.delete(id);
		const error = new ProcreadyError('aborted', 'the run was cancelled before it began');
		const report = reporting(request.command).complete(errorContent(error, error.message));
		this.#end(id, report as ResultAnswer['report'], null);
	}

	#mustRun(id: string): Running {
		const running = this.#running.get(id);
		if (running) return running;
		throw new ProcreadyError('not-running', `id: nothing waits or runs by the id ${JSON.stringify(id)}`, {
			where: '/id',
		});
	}

	#containerOf(id: string): Container {
		const container = this.#waiting.has(id) ? undefined : this.#mustRun(id).container;
		if (container) return container;
		throw new ProcreadyError('not-running', `id: ${JSON.stringify(id)} has not started yet`, { where: '/id' });
	}

	#end(id: string, report: ResultAnswer['report'], output: Output | null): void {
		this.#results++;
		this.answer({ type: 'result', id, report, output });
	}

	/** Never rejects: whatever fails is the result. */
	async #run({ id, command, options = {}, hits = false }: RunRequest, running: Running): Promise<void> {
		const head = reporting(command);
		const kept = { maxOutput: defaultMaxOutput, stdout: 'pipe', stderr: 'pipe', ...options } as const;
		let told = Promise.resolve();
		try {
			const { stdout, stderr, truncated, written, ...result } = await collected(kept, async (others) => {
				const container = await Container.launch(command, { ...others, signal: running.abort.signal });
				running.container = container;
				this.answer({ type: 'started', id, pid: container.pid });
				if (hits) told = this.#tellHits(id, container);
				told.catch(() => {}); // awaited below
				return container;
			});
			await told;
			this.#running.delete(id);
			const report = head.complete({ kind: 'result', ...result }) as ResultAnswer['report'];
			this.#end(id, report, { stdout, stderr, truncated, written });
		} catch (cause) {
			this.#running.delete(id);
			const error = unexpected(cause);
			const message = error.code === 'aborted' ? 'the run was cancelled: it was killed' : error.message;
			this.#end(id, head.complete(errorContent(error, message)) as ResultAnswer['report'], null);
		}
	}

	async #tellHits(id: string, container: Container): Promise<void> {
		for await (const event of container.events()) this.answer({ type: 'hit', id, event });
	}
}
