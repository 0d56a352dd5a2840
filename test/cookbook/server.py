#!/usr/bin/python3
"""A small web server. With paths it asks itself for them, prints the answers, and exits with 1 where one is not 200.

/ping     answers pong
/fill/N   keeps N MiB in its cache
/job      runs another program, and answers 503 where there is no task for it
/open/N   opens N files, and answers 503 where it may not
/work     computes for a while
"""
import http.server, os, pathlib, signal, subprocess, sys, threading, urllib.error, urllib.request

cache, files, refused = [], [], []


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        _, name, *rest = self.path.split("/")
        try:
            self.answer(200, getattr(self, name)(*map(int, rest)))
        except OSError as error:
            self.answer(503, error.strerror)

    def ping(self):
        return "pong"

    def fill(self, size):
        cache.append(bytearray(b"x") * size * 2**20)
        return f"{size} MiB kept"

    def job(self):
        subprocess.run(["true"], check=True)
        return "job done"

    def open(self, count):
        files.extend(open("/dev/null") for _ in range(count))
        return f"{count} files open"

    def work(self):
        return f"the sum is {sum(range(2_000_000))}"

    def answer(self, status, text):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(f"{text}\n".encode())

    def log_message(self, *_):
        pass


def ask(path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}{path}") as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        refused.append(path)
        return f"{error.code} {error.read().decode()}"


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
if len(sys.argv) > 1:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for path in sys.argv[1:]:
        print(ask(path), end="", flush=True)
    sys.exit(1 if refused else 0)
else:
    mark = pathlib.Path(os.environ.get("CASE_DIR", "/tmp"), "server.pid")
    mark.write_text(str(os.getpid()))
    stop = lambda *_: (mark.unlink(), sys.exit(0))
    signal.signal(signal.SIGTERM, stop)
    server.serve_forever()
