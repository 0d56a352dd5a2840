# The part of start.cjs that is for sh, which the kernel starts it with. Node gives signals their default action before it
# runs any JavaScript, so what the caller ignores is read here; and the environment, of which sh hands on no more than
# what could be a variable of its own. inherited.ts takes both over. `node start.cjs` goes without.
unset PROCREADY_ENVIRONMENT PROCREADY_IGNORED
while read -r PROCREADY_FIELD PROCREADY_IGNORED; do
	[ "$PROCREADY_FIELD" != SigIgn: ] || break
done 2>/dev/null </proc/self/status
{ PROCREADY_ENVIRONMENT=$(base64) || unset PROCREADY_ENVIRONMENT; } 2>/dev/null </proc/self/environ
# The kernel takes at most 128 KiB for a variable.
[ "${#PROCREADY_ENVIRONMENT}" -lt 131000 ] || unset PROCREADY_ENVIRONMENT
[ -z "${PROCREADY_ENVIRONMENT+known}" ] || export PROCREADY_ENVIRONMENT
export PROCREADY_IGNORED
command -v node >/dev/null || {
	echo 'procready: node is not in PATH: install Node 20 or newer' >&2
	exit 125
}
# Node takes --env-file of the words behind a script for its own, unless -- stands before it.
exec node -- "$0" "$@"
