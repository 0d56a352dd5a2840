/** Where test code runs in a realm of its own whose Symbol knows nothing of `using`, as under jest 29, it gets to know it. */

for (const name of ['dispose', 'asyncDispose'])
	if (!(name in Symbol)) Object.defineProperty(Symbol, name, { value: Symbol(`Symbol.${name}`) });
