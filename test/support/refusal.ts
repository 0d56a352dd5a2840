/** What is thrown where an option or a member is wrong, for t.throws(). */
export function refusal(where: string, message = /./) {
	return { code: 'option-invalid', where, message };
}
