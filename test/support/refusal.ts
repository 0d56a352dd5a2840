/** What is thrown where an option or a member is wrong, for t.throws(): that very one, no other below or above it. */
export function refusal(where: string, message = /./) {
	return { code: 'option-invalid', where: new RegExp(`^${where.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&')}$`), message };
}
