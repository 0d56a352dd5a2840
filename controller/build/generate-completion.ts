/**
 * Build step: what bash and zsh complete behind `procready`, from the tables of flags, limits and subcommands. Both ask the
 * run directory for the names of containers that live, and whatever completes commands for what stands behind `--`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { commands } from '../cli/commands.js';
import type { Page } from '../cli/page.js';
import { namespaceTypes } from '../doctor/namespaces.js';
import { reporters } from '../harness/reporters/open.js';
import { orderedNames } from '../harness/search/ordered.js';
import type { Flag } from '../model/flag.js';
import { capabilityNames } from '../plan/capabilities.js';
import { rlimitTypes } from '../plan/rlimits.js';
import { namedLimits } from '../report/named.js';

const pages: Page[] = [];
for (const load of Object.values(commands)) pages.push((await load()).page);

const names = {
	signals: Object.keys(constants.signals),
	ordered: orderedNames.filter((name) => !name.includes('SIZE')),
	hit: [...namedLimits.filter((name) => !name.includes('*')), 'any'],
	rlimits: rlimitTypes.map((type) => type.replace('RLIMIT_', '').toLowerCase()),
	namespaces: namespaceTypes,
	reporters: Object.keys(reporters),
};

/** What is completed where a flag or a page says such a value: a kind of bash and zsh, or words. */
type Completed = 'file' | 'directory' | 'user' | 'group' | 'command' | 'container' | readonly string[];

const byPlaceholder: Record<string, Completed> = {
	FILE: 'file',
	'FILE|-|fd:N': 'file',
	PATH: 'file',
	CAP: ['ALL', ...capabilityNames.map((name) => name.replace('CAP_', ''))],
	'HOST[:PATH]': 'file',
	'SRC:DST[:OPTION,…]': 'file',
	DIR: 'directory',
	'USER[:GROUP]': 'user',
	GROUP: 'group',
	SIGNAL: names.signals,
	'NAME=SOFT[:HARD]': names.rlimits.map((name) => `${name}=`),
	'LIMIT[,LIMIT]…': names.hit,
	'LIMIT=N': names.hit.map((name) => `${name}=`),
	'KIND=WHAT': names.namespaces.flatMap((kind) => [`${kind}=new`, `${kind}=host`]),
	'CLOCK=SECONDS': ['monotonic=', 'boottime='],
	'NAME[=FILE]': names.reporters,
	'POLICY[,KEY=N]…': ['batch', 'idle', 'other', 'fifo,priority=', 'rr,priority=', 'deadline,runtime='],
	'CLASS[:N]': ['rt', 'be', 'idle'],
	WHAT: ['host', 'none', 'veth', 'bridge=', 'path:', 'container:'],
};

/** Placeholders such as `new|caller` are the words themselves. */
function completedOf({ value = '' }: Flag): Completed {
	return byPlaceholder[value] ?? (/^[\w|]+\|\w+$/.test(value) ? value.toLowerCase().split('|') : []);
}

/** What stands behind a subcommand that is not a flag, the first such word and the others. */
function wordsOf({ synopsis: [form = ''] }: Page): { first: Completed; others: Completed } {
	const words = form.replace(/\[OPTION\]\.\.\. ?/, '');
	const others = words.includes('COMMAND') ? 'command' : words.startsWith('[FILE') ? 'file' : [];
	if (words.startsWith('NAME')) return { first: 'container', others };
	if (words.startsWith('LIMIT=')) return { first: names.ordered.map((name) => `${name}=`), others };
	if (words.startsWith('LIMIT')) return { first: names.ordered, others };
	return { first: others, others };
}

const flagsOf = ({ topics }: Page) => Object.values(topics).flatMap((flags) => Object.entries(flags));
const spellings = ([name, { short }]: [string, Flag]) => [`--${name}`, ...(short ? [`-${short}`] : [])];
const subcommands = [...pages.map(({ name }) => name), 'help'];

// ---- bash

function bash(): string {
	const cases = pages.map((page) => {
		const flags = flagsOf(page);
		const valued = flags
			.filter(([, flag]) => flag.type === 'string' && flag.implied === undefined)
			.map((one) => `\t\t${spellings(one).join('|')}) of_value='${bashOf(completedOf(one[1]))}' ;;\n`);
		const { first, others } = wordsOf(page);
		return `\t${page.name})
		options='${flags.flatMap(spellings).join(' ')}'
		of_first='${bashOf(first)}' of_others='${bashOf(others)}'
		case $flag in
${valued.join('')}		esac
		;;
`;
	});
	return `# What bash completes behind procready. Generated from the tables of flags; to be sourced, or put as \`procready\` into
# /usr/share/bash-completion/completions.

_procready_containers() {
	local directory=/run/procready file
	((EUID)) && directory=\${XDG_RUNTIME_DIR-}/procready
	for file in "$directory"/*.json; do
		[ -e "$file" ] && file=\${file##*/} && echo "\${file%.json}"
	done
}

# Sets options, of_first, of_others and, where the flag has a value, of_value: each is a kind and perhaps words.
_procready_describe() { # SUBCOMMAND FLAG
	local flag=$2
	of_first='' of_others='' of_value='' options=''
	case $1 in
	help) of_first='words ${subcommands.join(' ')}' ;;
${cases.join('')}	esac
}

_procready_complete() { # WORD [KIND [WORDS]]
	local word=$1 kind=\${2-}
	shift 2
	case $kind in
	'' | none) ;;
	words) COMPREPLY=($(compgen -W "$*" -- "$word")) ;;
	container) COMPREPLY=($(compgen -W "$(_procready_containers)" -- "$word")) ;;
	*) COMPREPLY=($(compgen -A "$kind" -- "$word")) ;;
	esac
	[[ \${COMPREPLY-} == *[=:] ]] && compopt -o nospace 2>/dev/null
	[[ $kind == file || $kind == directory ]] && compopt -o filenames 2>/dev/null
	return 0
}

_procready() {
	local subcommand=\${COMP_WORDS[1]-} word=$2 options of_first of_others of_value at=2 seen=0 flag=
	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		_procready_complete "$word" words ${[...subcommands, '--help', '--version'].join(' ')}
		return
	fi
	# which of the words before this one are not flags, nor values of flags; bash has made words of what stands around =
	for (( ; at < COMP_CWORD; at++)); do
		flag=\${COMP_WORDS[at]}
		_procready_describe "$subcommand" "$flag"
		if [[ $flag == -- && $of_others == command ]]; then
			_procready_command $((at + 1))
			return
		elif [[ $flag != -?* ]]; then
			if [[ $of_others == command && ($of_first == command || $seen -gt 0) ]]; then
				_procready_command "$at"
				return
			fi
			((seen++))
		elif [[ $of_value ]]; then
			[[ \${COMP_WORDS[at + 1]} == = ]] && ((at++))
			((++at >= COMP_CWORD)) && [[ $word == = ]] && word=
			if ((at >= COMP_CWORD)); then
				_procready_complete "$word" $of_value
				return
			fi
			while [[ \${COMP_WORDS[at + 1]} == [=:] ]]; do
				((at += 2))
			done
			((at >= COMP_CWORD)) && return
		fi
	done
	_procready_describe "$subcommand" ''
	if [[ $word == -* ]]; then
		_procready_complete "$word" words $options
	elif ((seen == 0)); then
		_procready_complete "$word" $of_first
	else
		_procready_complete "$word" $of_others
	fi
}

# The command and its arguments are completed as they would be without procready.
_procready_command() {
	if declare -F _command_offset >/dev/null; then
		_command_offset "$1"
	elif ((COMP_CWORD == $1)); then
		COMPREPLY=($(compgen -c -- "\${COMP_WORDS[COMP_CWORD]}"))
	else
		COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
	fi
}

complete -F _procready procready
`;
}

/** A value of which nothing is known is one all the same. */
function bashOf(completed: Completed): string {
	if (typeof completed === 'string') return completed;
	return completed.length === 0 ? 'none' : `words ${completed.join(' ')}`;
}

// ---- zsh

function zsh(): string {
	const cases = pages.map((page) => {
		const specs = flagsOf(page).map((one) => `\t\t\t${zshSpec(one)} \\\n`);
		const { first, others } = wordsOf(page);
		const rest = others === 'command' ? "'*:::command:_normal'" : `'*:word:${zshOf(others)}'`;
		const leading = first === others ? '' : `'1:word:${zshOf(first)}' `;
		return `\t${page.name})\n\t\t_arguments -s -S : \\\n${specs.join('')}\t\t\t${leading}${rest}\n\t\t;;\n`;
	});
	const list = pages.map(({ name, summary }) => `\t\t${quoted(`${name}:${summary}`)}\n`);
	return `#compdef procready
# What zsh completes behind procready. Generated from the tables of flags; to be put into a directory of $fpath.

_procready_containers() {
	local directory=/run/procready
	((EUID)) && directory=\${XDG_RUNTIME_DIR-}/procready
	local -a names=($directory/*.json(N:t:r))
	_describe container names
}

_procready_subcommands() {
	local -a subcommands=(
${list.join('')}		'help:show the options of a subcommand'
	)
	_describe subcommand subcommands
}

_procready() {
	if ((CURRENT == 2)); then
		_procready_subcommands
		return
	fi
	local subcommand=$words[2]
	shift words
	((CURRENT--))
	case $subcommand in
	help) _procready_subcommands ;;
${cases.join('')}	esac
}

_procready "$@"
`;
}

function zshSpec([name, flag]: [string, Flag]): string {
	const [long, ...short] = spellings([name, flag]);
	const star = flag.multiple ? '*' : '';
	const help = flag.help.replace(/[[\]:\\]/g, '\\$&');
	const equals = flag.implied === undefined ? '=' : '=-';
	const value =
		flag.type === 'string'
			? `${flag.implied === undefined ? ':' : '::'}${(flag.value ?? '').replace(/[:\\]/g, '\\$&')}:${zshOf(completedOf(flag))}`
			: '';
	const spec = (spelling: string) =>
		quoted(`${star}${spelling}${value && spelling === long ? equals : ''}[${help}]${value}`);
	return [long as string, ...short].map(spec).join(' ');
}

const ofZsh = {
	file: '_files',
	directory: '_files -/',
	user: '_users',
	group: '_groups',
	command: '_command_names -e',
	container: '_procready_containers',
};

function zshOf(completed: Completed): string {
	if (typeof completed === 'string') return ofZsh[completed];
	return completed.length === 0 ? ' ' : `(${completed.join(' ')})`;
}

function quoted(text: string): string {
	return `'${text.replaceAll("'", "'\\''")}'`;
}

// ---- both

/** By the names of their files. */
export function completions(): Record<string, string> {
	return { 'procready.bash': bash(), _procready: zsh() };
}

const [, program, into = 'dist/completion'] = process.argv;
if (program === fileURLToPath(import.meta.url)) {
	mkdirSync(into, { recursive: true });
	for (const [name, text] of Object.entries(completions())) writeFileSync(`${into}/${name}`, text);
}
