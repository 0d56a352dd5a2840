/** What is known of each value: how often the command passed with it, and how often not. */

export interface Tally {
	passed: number;
	failed: number;
}

/** One run. */
export interface Trial {
	passed: boolean;
	/** Why it did not, in a few words. */
	reason?: string;
}

export interface Trials {
	/** Whether the command passes `times` times out of `times`. Ends with the first run that does not pass. */
	all(value: number, times: number): Promise<boolean>;
	/** Whether it passes once in `times`. Ends with the first run that passes. */
	some(value: number, times: number): Promise<boolean>;
}

/** Runs that are known count; `tallies` is kept up to date, and `told` is called after each run. */
export function trialsOf(
	run: (value: number) => Promise<Trial>,
	tallies: Map<number, Tally>,
	told: (value: number, trial: Trial) => void = () => {},
): Trials {
	const tallyOf = (value: number): Tally => tallies.get(value) ?? { passed: 0, failed: 0 };
	const once = async (value: number) => {
		const trial = await run(value);
		const { passed, failed } = tallyOf(value);
		tallies.set(value, trial.passed ? { passed: passed + 1, failed } : { passed, failed: failed + 1 });
		told(value, trial);
	};
	return {
		async all(value, times) {
			while (tallyOf(value).failed === 0 && tallyOf(value).passed < times) await once(value);
			return tallyOf(value).failed === 0;
		},
		async some(value, times) {
			while (tallyOf(value).passed === 0 && tallyOf(value).failed < times) await once(value);
			return tallyOf(value).passed > 0;
		},
	};
}
