/** Members that are there or are not: `undefined` is no value in what is sent and compared. */

type Defined<T> = {
	[K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> };

/** Without the members that are `undefined`. */
export function defined<T extends object>(members: T): Defined<T> {
	return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Defined<T>;
}

/** What `convert` makes of the value, where there is one. */
export function maybe<Value, Result>(value: Value | undefined, convert: (value: Value) => Result): Result | undefined {
	return value === undefined ? undefined : convert(value);
}

/** The list, unless there is nothing in it. */
export function nonEmpty<Item>(list: readonly Item[] | undefined): Item[] | undefined {
	return list?.length ? [...list] : undefined;
}
