/** The shim process: started, spoken to state by state, and its failures turned into errors. */
import { type ErrorCode, ProcreadyError } from '../errors.js';
import type { Ended } from '../host/interface.js';
import { machine } from '../host/machine.js';
import type { InitConfig } from '../model/init-config.js';
import type { FromShim, ProcError, ToShim } from '../model/messages.js';
import { errnoName } from '../model/numbers.js';
import { openChannel } from './framing.js';
import { cannotStart, type ShimOptions, startAlone } from './start.js';
import { startByStarter } from './starter.js';

/** What is announced when it is sent or has come. */
export type Message = InitConfig | ToShim | FromShim;

function announced<T extends Message | undefined>(message: T): T {
	if (message) machine.announce(message);
	return message;
}

type MessageOf<Type extends FromShim['type']> = Extract<FromShim, { type: Type }>;

/** Starts the shim; it waits for its config. */
export function startShim(options: ShimOptions) {
	const { channel: socket, streams, ended, created, pids, kill } = startByStarter(options) ?? startAlone(options);
	const channel = openChannel(socket);
	let whyKilled: string | undefined;
	let giveUp = () => {};
	const givenUp = new Promise<Ended>((resolve) => {
		giveUp = () => resolve({});
	});
	const gone = Promise.race([ended, givenUp]);
	let mayBeEarly = false; // procReady: its init has been told to go on
	let early: FromShim | undefined;
	return {
		streams,
		send(...messages: (InitConfig | ToShim)[]) {
			mayBeEarly ||= messages.some((message) => 'type' in message && message.type === 'procSetup');
			channel.send(...messages.map(announced));
		},
		/** The next message, which must be of this type; anything else rejects. */
		async expect<Type extends FromShim['type']>(type: Type): Promise<MessageOf<Type>> {
			const message = early ?? announced(await channel.next());
			early = undefined;
			if (message?.type === 'procCreated') created(message.pid);
			if (message?.type === type) return message as MessageOf<Type>;
			if (message?.type === 'procError') throw errorOf(message);
			if (message?.type === 'procReady' && type === 'procCreated' && mayBeEarly) {
				mayBeEarly = false;
				const created = await this.expect(type); // the init was faster than the outer
				early = message;
				return created;
			}
			if (message) throw new ProcreadyError('protocol-violated', `the shim sent ${message.type} instead of ${type}`);
			throw await lost(gone, type, whyKilled);
		},
		/** Of the terminal, while the program runs. */
		resize: (columns: number, rows: number) => channel.send({ type: 'procResize', height: rows, width: columns }),
		/** Lets go of the container: the shim kills what is left of it, reaps it and exits. */
		async close() {
			channel.close();
			await gone;
		},
		/** The processes of the shim that have to answer, where they are known. */
		pids,
		/** Ends a shim that does not answer. `why` is for what is awaited, here and later. */
		end(why: string) {
			whyKilled ??= why;
			kill();
			channel.close();
			void ended.then(machine.after(farewell, giveUp, true));
		},
		/** Why it was ended, if it was. */
		whyEnded: () => whyKilled,
	};
}

/** Milliseconds that the kernel has for the end of a shim that was killed; then nobody waits for it any more. */
const farewell = 1000;

export type Shim = ReturnType<typeof startShim>;

/** The channel ended where a message was due. In no state does that mean success. */
async function lost(ended: Promise<Ended>, awaited: string, whyEnded: string | undefined): Promise<ProcreadyError> {
	const { signal, failure: cause } = await ended;
	if (whyEnded !== undefined)
		return new ProcreadyError('shim-died', `the shim was ended because it did not answer: ${whyEnded}`);
	if (cause !== undefined) return cannotStart(cause);
	return new ProcreadyError('shim-died', `the shim ${signal ? `was killed by ${signal}` : 'ended'} before ${awaited}`);
}

/** What a step that failed is for the caller. */
export function errorOf({ step, errno: number, pointer, message }: ProcError): ProcreadyError {
	const errno = errnoName(number);
	return new ProcreadyError(codeOf(step, errno, pointer), message, {
		step,
		...(errno === undefined ? {} : { errno }),
		...(pointer === undefined ? {} : { where: pointer }),
	});
}

function codeOf(step: string, errno: string | undefined, pointer: string | undefined): ErrorCode {
	if (step === 'config') return pointer === '/version' ? 'shim-refused' : 'option-invalid';
	if (step === 'exec' || step === 'command')
		return errno === 'ENOENT' || errno === 'ENOTDIR' ? 'command-not-found' : 'command-not-executable';
	if (step === 'cwd') return 'cwd-invalid';
	return errno === 'EPERM' ? 'not-permitted' : 'setup-failed';
}
