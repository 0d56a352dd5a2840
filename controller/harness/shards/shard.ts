/** Which part of the whole this run is: `K/N` as it is written, or as the variables of an engine have it. */
import { invalidOption } from '../../errors.js';
import { type Engine, engines } from './engines.js';

/** The `index`th of `count` runs that together are the whole. */
export interface Shard {
	/** Which of them it is, from 1 on. */
	index: number;
	/** How many they are. */
	count: number;
}

export interface Asked extends Shard {
	/** A file that is to be touched, which tells the engine that shards are known here. */
	statusFile?: string;
}

/** The most that the whole can be divided into. */
const most = 10_000;

type Environment = Readonly<Record<string, string | undefined>>;

/** `K/N`, `auto`, or `auto/N` where the engine does not tell how many there are. Throws `option-invalid` with `flag`. Pure. */
export function shardOf(given: string, environment: Environment, flag = '--shard'): Asked {
	const [, index = '', count] = /^(\d{1,5}|auto)(?:\/(\d{1,5}))?$/.exec(given) ?? [];
	if (index === 'auto') {
		const asked = ofEngine(environment, count === undefined ? undefined : Number(count), flag);
		return { ...checked(asked, `${given}, by ${asked.said},`, flag), ...(asked.statusFile && pick(asked)) };
	}
	if (count === undefined) throw invalidOption(flag, `${JSON.stringify(given)} is none of K/N, auto and auto/N`);
	return checked({ index: Number(index), count: Number(count) }, given, flag);
}

/** `2/8` */
export function shardText({ index, count }: Shard): string {
	return `${index}/${count}`;
}

function pick({ statusFile }: Asked): Pick<Asked, 'statusFile'> {
	return { ...(statusFile && { statusFile }) };
}

function checked({ index, count }: Shard, said: string, flag: string): Shard {
	if (count < 1 || count > most)
		throw invalidOption(flag, `${said} has ${count} shards, which is not from 1 to ${most}`);
	if (index < 1 || index > count)
		throw invalidOption(flag, `${said} is shard ${index} of ${count}, and there are those from 1 to ${count}`);
	return { index, count };
}

function ofEngine(environment: Environment, given: number | undefined, flag: string): Asked & { said: string } {
	const [engine, another] = engines.filter(({ index }) => environment[index] !== undefined);
	if (engine === undefined)
		throw invalidOption(
			flag,
			`auto: there is none of ${engines.map(({ index, name }) => `${index} (${name})`).join(', ')}; write K/N`,
		);
	if (another)
		throw invalidOption(
			flag,
			`auto: there are ${engine.index} of ${engine.name} and ${another.index} of ${another.name}, and either may be meant; write K/N`,
		);
	const number = numbers(environment, engine, flag);
	const told = engine.count === undefined ? undefined : number(engine.count);
	if (told !== undefined && given !== undefined && told !== given)
		throw invalidOption(flag, `auto/${given}: ${engine.count} says that there are ${told}`);
	const count = told ?? given;
	if (count === undefined)
		throw invalidOption(flag, `auto: ${engine.name} does not tell how many shards there are; write auto/N`);
	const index = positionOf(engine, environment, number, flag) + 1;
	const statusFile = engine.statusFile && environment[engine.statusFile];
	return { index, count, said: `${engine.index}=${environment[engine.index]}`, ...(statusFile && { statusFile }) };
}

/** From 0 on. */
function positionOf(
	{ index, first, step: stepName }: Engine,
	environment: Environment,
	number: (name: string) => number,
	flag: string,
): number {
	const from = typeof first === 'number' ? first : number(first.variable);
	const step = stepName === undefined || environment[stepName] === undefined ? 1 : number(stepName);
	const position = (number(index) - from) / Math.max(step, 1);
	if (!Number.isInteger(position))
		throw invalidOption(
			flag,
			`auto: ${index}=${environment[index]} is not in steps of ${step} from ${from}; write K/N`,
		);
	return position;
}

function numbers(environment: Environment, { name: engine, asked }: Engine, flag: string): (name: string) => number {
	return (name) => {
		const given = environment[name];
		if (given === undefined) throw invalidOption(flag, `auto: ${name} of ${engine} is missing; it comes of ${asked}`);
		if (!/^\d{1,9}$/.test(given))
			throw invalidOption(flag, `auto: ${name}=${JSON.stringify(given)} of ${engine} is not a number from 0`);
		return Number(given);
	};
}
