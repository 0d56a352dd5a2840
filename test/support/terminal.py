"""A terminal for a test: runs a command in a pseudo-terminal as its controlling one, as a terminal emulator would.

stdin is what is typed, stdout what the screen gets. fd 3 takes commands and answers them, a line each:
  size ROWS COLUMNS   the window changes
  mode                answers "mode raw" or "mode cooked"
  hangup              the window is closed
  kill                ends the command if it still runs
At first it says "pid N", and when the command has ended "exit STATUS raw|cooked"; STATUS is negative for a signal.
"""
import fcntl, os, pty, select, signal, struct, sys, termios


def set_size(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def mode(fd):
    return "cooked" if termios.tcgetattr(fd)[3] & termios.ICANON else "raw"


def tell(line):
    os.write(3, (line + "\n").encode())


master, slave = pty.openpty()
set_size(master, int(sys.argv[1]), int(sys.argv[2]))
pid = os.fork()
if pid == 0:
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in range(3):
        os.dup2(slave, fd)
    os.closerange(3, 64)
    os.execvp(sys.argv[3], sys.argv[3:])

tell("pid %d" % pid)
ended = os.pidfd_open(pid)
watched = [0, 3, ended, master]
commands = ""
status = None
while status is None:
    ready = select.select(watched, [], [])[0]
    if master in ready:
        os.write(1, os.read(master, 65536))
    elif ended in ready:  # only when the screen has everything
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if 0 in ready:
        typed = os.read(0, 65536)
        if typed:
            os.write(master, typed)
        else:
            watched.remove(0)
    if 3 in ready:
        try:
            read = os.read(3, 4096).decode()
        except ConnectionResetError:
            read = ""
        if not read:
            watched.remove(3)
        *lines, commands = (commands + read).split("\n")
        for words in (line.split() for line in lines):
            if words[0] == "size":
                set_size(master, int(words[1]), int(words[2]))
            elif words[0] == "mode":
                tell("mode " + mode(slave) if master in watched else "mode gone")
            elif words[0] == "hangup":
                watched.remove(master)
                os.close(slave)
                os.close(master)
            elif words[0] == "kill":
                os.kill(pid, signal.SIGKILL)
tell("exit %d %s" % (status, mode(slave) if master in watched else "gone"))
