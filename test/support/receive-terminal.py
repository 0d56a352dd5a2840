"""Listens on the unix socket of the first argument, takes one terminal by SCM_RIGHTS, types the second argument on it,
and prints what comes out of it until it is closed."""
import os, socket, sys

server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen()
print("listening", flush=True)
connection = server.accept()[0]
_, fds, _, _ = socket.recv_fds(connection, 1, 1)
os.write(fds[0], sys.argv[2].encode())
while True:
    try:
        data = os.read(fds[0], 4096)
    except OSError:
        break
    os.write(1, data)
