/* SPDX-License-Identifier: Apache-2.0 */
/*
 * procready-seccomp: a seccomp profile as text on stdin becomes a BPF program on stdout, one struct sock_filter after
 * the other, for seccomp(2). It runs outside every container, and only for a profile that is not in the cache.
 *
 *   default ACTION                                         once, as the first line
 *   architecture NAME                                      beside the machine's own
 *   rule ACTION SYSCALL [INDEX OPERATOR VALUE VALUE]...    all conditions must hold
 *
 * ACTION is SCMP_ACT_ALLOW and so on; SCMP_ACT_ERRNO and SCMP_ACT_TRACE have a number after it. Words are separated by
 * one space, numbers are decimal. On stderr is "unknown SYSCALL" for a rule that was ignored because libseccomp does
 * not know the name, or, before exit status 1, "line N: " and what is wrong there.
 */
#include <errno.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STRING_OF(number) #number
#define STRING(number)    STRING_OF(number)
#define LIBSECCOMP        "libseccomp " STRING(SCMP_VER_MAJOR) "." STRING(SCMP_VER_MINOR) "." STRING(SCMP_VER_MICRO)

enum {
	LINE_SIZE = 2048,
	ARGUMENTS = 6,
	ARCHITECTURES = 33,
	NUMBERS_END = 1024, /* above the number of any system call there is; what private ones there are is higher */
	TREE_FROM = 32,     /* rules; from there on a search tree is faster than one comparison after the other */
};

static unsigned line_number;

static _Noreturn void die(const char *what, const char *operand)
{
	fprintf(stderr, "line %u: %s", line_number, what);
	if (operand)
		fprintf(stderr, ": %s", operand);
	fputc('\n', stderr);
	exit(1);
}

/* of a call to libseccomp, which returns a negative errno */
static void check(int result, const char *what)
{
	if (result < 0)
		die(what, strerror(-result));
}

/* ---- words ------------------------------------------------------------------------------------------------ */

static char *next_word(char **rest)
{
	char *word = strsep(rest, " ");

	if (!word || !*word)
		die("a word is missing", NULL);
	return word;
}

static uint64_t next_number(char **rest, uint64_t most)
{
	char *word = next_word(rest), *end;
	unsigned long long number;

	errno = 0;
	number = strtoull(word, &end, 10);
	if (errno || *end || *word < '0' || *word > '9' || number > most)
		die("not a number, or too large", word);
	return number;
}

static uint32_t next_action(char **rest)
{
	static const struct {
		const char *name;
		uint32_t action;
		bool numbered;
	} actions[] = {
		{"SCMP_ACT_ALLOW", SCMP_ACT_ALLOW, false},
		{"SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(0), true},
		{"SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD, false},
		{"SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS, false},
		{"SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD, false},
		{"SCMP_ACT_LOG", SCMP_ACT_LOG, false},
		{"SCMP_ACT_TRACE", SCMP_ACT_TRACE(0), true},
		{"SCMP_ACT_TRAP", SCMP_ACT_TRAP, false},
	};
	const char *word = next_word(rest);

	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++)
		if (strcmp(word, actions[i].name) == 0)
			return actions[i].action | (actions[i].numbered ? (uint32_t)next_number(rest, UINT16_MAX) : 0);
	die("not an action", word);
}

static enum scmp_compare next_operator(char **rest)
{
	static const char *const operators[_SCMP_CMP_MAX] = {
		[SCMP_CMP_NE] = "SCMP_CMP_NE",
		[SCMP_CMP_LT] = "SCMP_CMP_LT",
		[SCMP_CMP_LE] = "SCMP_CMP_LE",
		[SCMP_CMP_EQ] = "SCMP_CMP_EQ",
		[SCMP_CMP_GE] = "SCMP_CMP_GE",
		[SCMP_CMP_GT] = "SCMP_CMP_GT",
		[SCMP_CMP_MASKED_EQ] = "SCMP_CMP_MASKED_EQ",
	};
	const char *word = next_word(rest);

	for (int op = SCMP_CMP_NE; op < _SCMP_CMP_MAX; op++)
		if (strcmp(word, operators[op]) == 0)
			return (enum scmp_compare)op;
	die("not an operator", word);
}

/* ---- lines ------------------------------------------------------------------------------------------------ */

static scmp_filter_ctx filter;
static uint32_t default_action;
static uint32_t architectures[ARCHITECTURES];
static size_t architectures_count;
static size_t rules_count;

static void set_default(char *rest)
{
	default_action = next_action(&rest);
	if (rest)
		die("a word too many", rest);
	filter = seccomp_init(default_action);
	if (!filter)
		die("seccomp_init", NULL);
	architectures[architectures_count++] = seccomp_arch_native();
}

static void add_architecture(char *rest)
{
	const char *name = next_word(&rest);
	uint32_t token = seccomp_arch_resolve_name(name);
	int result;

	if (rest)
		die("a word too many", rest);
	if (!token)
		die(LIBSECCOMP " does not know the architecture", name);
	result = seccomp_arch_add(filter, token);
	if (result == -EEXIST)
		return;
	if (result == -EDOM)
		die("the byte order is not that of this machine", name);
	check(result, "seccomp_arch_add");
	if (token == SCMP_ARCH_X32)
		return; /* to a filter it is x86-64, with a high bit in its numbers */
	if (architectures_count == ARCHITECTURES)
		die("too many architectures", NULL);
	architectures[architectures_count++] = token;
}

static void add_rule(char *rest)
{
	uint32_t action = next_action(&rest);
	const char *name = next_word(&rest);
	int number = seccomp_syscall_resolve_name(name);
	struct scmp_arg_cmp conditions[ARGUMENTS];
	unsigned count = 0;

	while (rest) {
		if (count == ARGUMENTS)
			die("too many conditions", NULL);
		conditions[count].arg = (unsigned)next_number(&rest, ARGUMENTS - 1);
		conditions[count].op = next_operator(&rest);
		conditions[count].datum_a = next_number(&rest, UINT64_MAX);
		conditions[count++].datum_b = next_number(&rest, UINT64_MAX);
	}
	if (number == __NR_SCMP_ERROR) {
		fprintf(stderr, "unknown %s\n", name);
		return;
	}
	check(seccomp_rule_add_array(filter, action, number, count, conditions), name);
	rules_count++;
}

static void read_profile(void)
{
	static char line[LINE_SIZE];

	while (fgets(line, sizeof(line), stdin)) {
		char *rest = line, *end = line + strlen(line) - 1;
		const char *what;

		line_number++;
		if (end < line || *end != '\n')
			die("too long, with a NUL or without a newline", NULL);
		*end = '\0';
		what = next_word(&rest);
		if ((strcmp(what, "default") == 0) == (filter != NULL))
			die("the first line, and no other, must be the default", NULL);
		if (!filter)
			set_default(rest);
		else if (strcmp(what, "architecture") == 0)
			add_architecture(rest);
		else if (strcmp(what, "rule") == 0)
			add_rule(rest);
		else
			die("not a kind of line", what);
	}
	if (ferror(stdin) || !filter)
		die("no profile", NULL);
}

/* ---- the program ------------------------------------------------------------------------------------------ */

/* The one that libseccomp has no name for, and after which it knows no other. */
static uint32_t first_unknown(uint32_t architecture)
{
	int number = NUMBERS_END;
	char *name = NULL;

	while (!name && number > 0)
		name = seccomp_syscall_resolve_num_arch(architecture, --number);
	free(name);
	return name ? (uint32_t)number + 1 : NUMBERS_END;
}

/*
 * A profile can say nothing about system calls that are newer than libseccomp, even where it names them. A program asks
 * whether it has one by calling it, and takes the older way for ENOSYS only; so that, not the default errno, is the
 * answer.
 */
static void write_unknown(void)
{
	for (size_t i = 0; i < architectures_count; i++) {
		uint32_t first = first_unknown(architectures[i]);
		const struct sock_filter program[] = {
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, architectures[i], 0, 4),
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
			BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, first, 0, 2),
			BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, NUMBERS_END, 1, 0),
			BPF_STMT(BPF_RET | BPF_K, SCMP_ACT_ERRNO(ENOSYS)),
		};

		if (first < NUMBERS_END)
			fwrite(program, sizeof(program), 1, stdout);
	}
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("procready-seccomp " VERSION ", " LIBSECCOMP);
		return 0;
	}
	/* else libseccomp asks the kernel which actions it has; all that ours run on have these */
	check(seccomp_api_set(3), "seccomp_api_set");
	read_profile();
	if (rules_count > TREE_FROM)
		check(seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2), "seccomp_attr_set");
	if ((default_action & 0xffff0000) == SCMP_ACT_ERRNO(0))
		write_unknown();
	if (fflush(stdout) != 0)
		die("write", strerror(errno));
	check(seccomp_export_bpf(filter, STDOUT_FILENO), "seccomp_export_bpf");
	return 0;
}
