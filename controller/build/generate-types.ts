/**
 * Build step for whoever changes schema/: writes the types of the init config and of the messages as their schemas have
 * them, with the descriptions as comments. What it writes is committed, so that editors find it; a test says when it is
 * no longer what the schemas say.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** As much of JSON Schema as is looked at here. What only narrows a type (patterns, ranges, conditions) is not. */
interface Schema {
	$ref?: string;
	description?: string;
	type?: string;
	const?: unknown;
	enum?: string[];
	allOf?: Schema[];
	oneOf?: Schema[];
	required?: string[];
	properties?: Record<string, Schema>;
	items?: Schema;
	$defs?: Record<string, Schema>;
}

/** What the kernel calls so is a string in TypeScript: such names come out of tables, which tests hold to the schema. */
const constant = /^[A-Z]+_[A-Z_]+$/;

/** As in .biome.json, where a tab counts as much as here: no formatter changes what is written. */
const lineWidth = 120;

const directory = new URL('../../../', import.meta.url);

/** Their paths from the top, and what belongs in them. */
export function generatedTypes(): Record<string, string> {
	const [config, message] = ['init-config', 'message'].map((name): Schema => {
		return JSON.parse(readFileSync(new URL(`schema/${name}.schema.json`, directory), 'utf8'));
	}) as [Schema, Schema];
	const messages = Object.entries(message.$defs ?? {}).filter(([, { properties }]) => properties?.type);
	return {
		'controller/model/init-config.generated.ts': fileOf('init-config', [typeText('InitConfig', config, config)]),
		'controller/model/messages.generated.ts': fileOf(
			'message',
			messages.map(([name, schema]) => typeText(`${name[0]?.toUpperCase()}${name.slice(1)}`, schema, message)),
		),
	};
}

function fileOf(schema: string, types: string[]): string {
	return `/** Generated from schema/${schema}.schema.json by \`make generate\`: change the schema. */\n\n${types.join('\n')}`;
}

/** With `oneOf` the members that are required there are in one of the alternatives only. */
function typeText(name: string, schema: Schema, root: Schema): string {
	if (!schema.oneOf || schema.$defs) return `export interface ${name} ${typeOf(schema, root, '')}\n`;
	const alternatives = schema.oneOf.map(({ required = [] }) => required);
	const kept = (names: string[]): Schema => ({
		...schema,
		required: [...(schema.required ?? []), ...names],
		properties: Object.fromEntries(
			Object.entries(schema.properties ?? {}).filter(
				([member]) => names.includes(member) || !alternatives.flat().includes(member),
			),
		),
	});
	const texts = alternatives.map((names) => typeOf(kept(names), root, '\t\t').replace(/\t}$/, '  }'));
	return `export type ${name} =${texts.map((text) => `\n\t| ${text}`).join('')};\n`;
}

function typeOf(schema: Schema, root: Schema, indent: string): string {
	if (schema.$ref) return typeOf(referenced(schema.$ref, root), root, indent);
	if (schema.const !== undefined) return root.oneOf ? literal(schema.const) : typeof schema.const; // a tag, or the release
	if (schema.enum)
		return schema.enum.some((name) => constant.test(name)) ? 'string' : schema.enum.map(literal).join(' | ');
	if (schema.properties) return objectText(schema, root, indent);
	if (schema.allOf) return typeOf(schema.allOf[0] as Schema, root, indent);
	switch (schema.type) {
		case 'array': {
			const item = typeOf(schema.items as Schema, root, indent);
			if (!item.startsWith("'")) return `${item}[]`;
			const lines = item.split(' | ').map((choice) => `\n${indent}\t| ${choice}`);
			return item.length < lineWidth - 30 ? `(${item})[]` : `(${lines.join('')}\n${indent})[]`;
		}
		case 'integer':
			return 'number';
		case 'boolean':
		case 'string':
			return schema.type;
		default:
			throw new Error(`no type for ${JSON.stringify(schema)}`);
	}
}

function referenced(pointer: string, { $defs = {} }: Schema): Schema {
	return $defs[pointer.replace('#/$defs/', '')] as Schema;
}

function literal(value: unknown): string {
	return typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
}

function objectText({ properties = {}, required = [] }: Schema, root: Schema, indent: string): string {
	const inner = `${indent}\t`;
	const members = Object.entries(properties).map(([name, schema]) => {
		const description = schema.description ?? (schema.$ref && referenced(schema.$ref, root).description);
		const comment = description ? commentText(description, inner) : '';
		return `${comment}${inner}${name}${required.includes(name) ? '' : '?'}: ${typeOf(schema, root, inner)};\n`;
	});
	return `{\n${members.join('')}${indent}}`;
}

function commentText(description: string, indent: string): string {
	const width = lineWidth - 4 * indent.length;
	if (description.length + 7 <= width) return `${indent}/** ${description} */\n`;
	const lines = [''];
	for (const word of description.split(' ')) {
		const line = `${lines.at(-1)} ${word}`.trim();
		if (line.length + 3 <= width) lines[lines.length - 1] = line;
		else lines.push(word);
	}
	return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join('')}${indent} */\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
	for (const [path, text] of Object.entries(generatedTypes())) writeFileSync(new URL(path, directory), text);
