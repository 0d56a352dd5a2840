"""A client of `procready serve --stdio`: thousands of runs under limits, 64 at once, by one process of procready.

    with Procready() as server:
        run = server.run(["./prog"], limits={"memory": "64M", "pids": 4}, timeout="10s")
        result = run.result()  # waits; raises ProcreadyError where procready itself failed
        assert result.passed, result.sentence
        assert "pids.max" not in result.hits

Under pytest `from procready_client import procready` in conftest.py gives each test the fixture `procready`.
"""
import itertools, json, subprocess, threading
from concurrent.futures import Future


class ProcreadyError(Exception):
    """What `error` of an answer says; `code` is one of the table in controller/README.md."""

    def __init__(self, error):
        super().__init__(error["message"])
        self.code = error["code"]


class Result:
    """`report` is that of schema/result.schema.json."""

    def __init__(self, report, output):
        self.report = report
        self.stdout, self.stderr = output["stdout"], output["stderr"]
        self.exit_code, self.signal = report["exitCode"], report["signal"]
        verdict = report["verdict"]
        self.outcome, self.sentence = verdict["outcome"], verdict["sentence"]
        self.passed = self.outcome == "passed"
        self.hits = {cause["limit"]: cause["sentence"] for cause in verdict["causes"]}


class Run:
    def __init__(self, server, name):
        self._server, self._name, self._future = server, name, Future()
        self.started = threading.Event()  # set when the program runs, or never will
        self.pid = None

    def result(self, timeout=None):
        return self._future.result(timeout)

    def cancel(self):
        self._server._ask({"type": "cancel", "id": self._name})

    def signal(self, name):
        self._server._ask({"type": "signal", "id": self._name, "signal": name})

    def _end(self, result=None, error=None):
        self._server._runs.pop(self._name, None)
        self.started.set()
        if error is None:
            self._future.set_result(result)
        else:
            self._future.set_exception(error)
        self._server._room.release()


class Procready:
    def __init__(self, program=("procready",), jobs=64):
        command = [*program, "serve", "--stdio", "--jobs", str(jobs)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._runs, self._names, self._lock = {}, itertools.count(), threading.Lock()
        hello = json.loads(self._process.stdout.readline())
        # as many as are taken on: nothing is refused for want of room, and so a cancel is always heard
        self._room = threading.BoundedSemaphore(hello["jobs"] + hello["waiting"])
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def run(self, command, **options):
        """Options are those of run() of the library. Waits while the server has as much as it takes on."""
        self._room.acquire()
        name = str(next(self._names))
        run = self._runs[name] = Run(self, name)
        try:
            self._ask({"type": "run", "id": name, "command": list(command), "options": options})
        except OSError as error:
            run._end(error=error)
        return run

    def close(self):
        """Waits for all that runs."""
        self._ask({"type": "end"})
        self._reader.join()
        self._process.stdin.close()
        self._process.stdout.close()
        return self._process.wait()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is None:
            self.close()
        else:
            self._process.stdin.close()  # without the request end: all that runs is killed
            self._reader.join()
            self._process.wait()

    def _ask(self, request):
        with self._lock:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()

    def _read(self):
        for line in self._process.stdout:
            answer = json.loads(line)
            run = self._runs.get(answer.get("id"))
            if run is None:
                continue
            if answer["type"] == "started":
                run.pid = answer["pid"]
                run.started.set()
            elif answer["type"] == "result" and answer["output"] is not None:
                run._end(Result(answer["report"], answer["output"]))
            elif answer["type"] == "result":
                run._end(error=ProcreadyError(answer["report"]["error"]))
            elif answer["type"] == "refused" and run.pid is None and answer["error"]["code"] != "not-running":
                run._end(error=ProcreadyError(answer["error"]))
        for run in list(self._runs.values()):
            run._end(error=ConnectionError("procready serve has ended"))


try:
    import pytest
except ImportError:
    pass
else:

    @pytest.fixture(scope="session")
    def procready():
        with Procready() as server:
            yield server
