/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A terminal made inside: the init opens a pair, becomes the owner of the slave and hands the master to the outer,
 * which passes it on to the socket of the config, or relays it (relay.c). Everything is done by fd: what is in
 * /dev/pts and /dev is the container's, and may be changed meanwhile (CVE-2025-52565).
 */

#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

static int outer_end = -1, inner_end = -1; /* a socket pair: the master, and a byte that says that it has arrived */
static int destination = -1;               /* the socket of the config */

int console_fd(void)
{
	return outer_end;
}

/* ---- in the outer ---------------------------------------------------------------------------------------- */

/* Through an fd of the file, because an address has room for 107 bytes of a path only. */
static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct text name = {address.sun_path, sizeof(address.sun_path), 0};
	int file = open(path, O_PATH | O_CLOEXEC);
	int connected = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (file < 0)
		fail("open the socket ", path);
	if (connected < 0)
		fail("socket");
	text_add(&name, "/proc/self/fd/");
	text_number(&name, file);
	text_end(&name);
	if (connect(connected, (const struct sockaddr *)&address, sizeof(address)) < 0)
		fail("connect to ", path);
	close(file);
	return connected;
}

void console_open(const struct config *config)
{
	if (!config->console.given)
		return;
	if (config->console.socket) {
		destination = connect_to(config->console.socket);
		fds_keep(&destination, OUTER_ALONE);
	}
	fds_pair(&outer_end, &inner_end);
	fds_keep(&outer_end, OUTER_ALONE);
}

/* An init that failed before it had a terminal closes its end. */
void console_receive(const struct config *config)
{
	int master = fds_receive(outer_end, "terminal");

	if (master < 0)
		return;
	if (config_relays_console(config)) {
		relay_begin(master);
	} else {
		fds_send(destination, master, "terminal");
		close(destination);
		close(master); /* held here, it would keep the program from seeing that the terminal is closed */
	}
	if (send(outer_end, "", 1, MSG_NOSIGNAL) < 0 && errno != EPIPE) /* the init has ended */
		fail("answer the init");
}

/* ---- in the init ----------------------------------------------------------------------------------------- */

static int open_master(void)
{
	const uint64_t flags = O_RDWR | O_NOCTTY | O_NONBLOCK; /* whatever stands there, it is not waited for */
	const uint64_t resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
	int master = path_open(root_fd(), "/dev/pts/ptmx", flags, resolve);
	struct stat status;

	if (master < 0 && errno == EACCES) /* devpts mounted with ptmxmode=000, as a host often has it */
		master = path_open(root_fd(), "/dev/ptmx", flags, resolve);
	if (master < 0)
		fail("open /dev/pts/ptmx: a terminal needs devpts mounted on /dev/pts");
	path_stat(master, &status);
	if (!S_ISCHR(status.st_mode) || status.st_rdev != makedev(5, 2))
		failx("/dev/pts/ptmx is not the multiplexer of pseudo-terminals");
	if (fcntl(master, F_SETFL, 0) < 0) /* whoever gets it reads it as he likes */
		fail("fcntl F_SETFL of the terminal");
	return master;
}

static int open_slave(int master)
{
	int locked = 0;
	int slave = -1;

	if (ioctl(master, TIOCSPTLCK, &locked) == 0)
		slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		fail("open the terminal of /dev/pts/ptmx");
	return slave;
}

static void resize(int master, const struct console *console)
{
	const struct winsize size = {
		.ws_row = (unsigned short)console->height.value, .ws_col = (unsigned short)console->width.value};

	if (ioctl(master, TIOCSWINSZ, &size) < 0)
		fail("ioctl TIOCSWINSZ");
}

/* A link would lead to another file of the container. */
static int open_console(void)
{
	int file = path_open(root_fd(), "/dev/console", O_PATH, RESOLVE_NO_SYMLINKS);

	if (file >= 0)
		return file;
	if (errno != ENOENT)
		fail("open /dev/console: must be an ordinary file");
	return path_make_file(root_fd(), "/dev/console", 0600);
}

/* /dev/console is for the container's own /dev, not for that of the host or of an image. */
static void mount_console(const struct config *config, int slave)
{
	bool has_dev = false;
	int tree, file;

	for (size_t i = 0; i < config->mounts_count; i++)
		has_dev |= strcmp(config->mounts[i].destination, "/dev") == 0;
	if (!has_dev)
		return;
	tree = tree_clone(slave, "", AT_EMPTY_PATH);
	if (tree < 0)
		fail("open_tree of the terminal");
	file = open_console();
	if (tree_attach(tree, file) < 0)
		fail("move_mount the terminal to /dev/console");
	close(file);
	close(tree);
}

static void hand_over(int master)
{
	fds_send(inner_end, master, "terminal");
	if (!fds_await(inner_end, "the outer shim"))
		failx("the outer shim did not take the terminal");
	close(inner_end);
	close(master);
}

void console_make(const struct config *config)
{
	int master, slave;

	if (!config->console.given)
		return;
	master = open_master();
	slave = open_slave(master);
	resize(master, &config->console);
	mount_console(config, slave);
	if (ioctl(slave, TIOCSCTTY, 0) < 0)
		fail("ioctl TIOCSCTTY");
	for (int fd = 0; fd < CHANNEL; fd++)
		if (dup3(slave, fd, 0) < 0)
			fail("dup3 of the terminal");
	close(slave);
	hand_over(master);
}
