"""Starts the program ``fake-seam`` on a free port, and stops it when this process ends.

>>> with FakeSeam() as fake:
...     seam = Seam(api_key=fake.api_key, endpoint=fake.url)
"""

import atexit
import json
import os
import queue
import shutil
import subprocess
import threading
import urllib.error
import urllib.request
from typing import Any, Dict, Optional, Sequence

__all__ = ["FakeSeam", "FakeSeamError"]

_API_KEYS = {"default": "seam_apikey1_token", "building": "seam_fake_api_key", "empty": "seam_fake_api_key"}

_HELP = (
    "build it in a checkout of seam-rs with `cargo install --path crates/seam-fake`, and put it in PATH "
    "or set FAKE_SEAM to its path"
)

# Requests to the fake ignore the proxies in the environment.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))

_STOP_TIMEOUT = 10
_CONTROL_TIMEOUT = 60


class FakeSeamError(Exception):
    """The program is missing, did not start, or rejected a control request."""


class FakeSeam:
    """A running fake, which stops at the end of the ``with`` block, with ``stop()``, or when this process ends.

    ``seed`` is ``"default"`` (the workspace of ``@seamapi/fake-seam-connect``: ``seam_apikey1_token``,
    ``august_device_1``, ...), ``"building"`` (a small building) or ``"empty"``. ``pace`` is the number of seconds of the
    fake's clock for each real second: 1 by default, 0 to stop the clock. ``args`` are additional arguments of the program.
    ``binary`` is its path; the default is the environment variable ``FAKE_SEAM``, and then ``fake-seam`` in ``PATH``.
    ``startup_timeout`` is the time limit for the start of the program, in seconds.
    """

    url: str
    """The endpoint for clients: ``http://127.0.0.1:PORT``."""

    def __init__(
        self,
        *,
        seed: str = "default",
        pace: Optional[float] = None,
        args: Sequence[str] = (),
        binary: Optional[str] = None,
        startup_timeout: float = 10.0,
    ) -> None:
        if seed not in _API_KEYS:
            raise ValueError(f"unknown seed {seed!r}; expected 'default', 'building' or 'empty'")
        self._seed = seed
        command = [_find_binary(binary), "--quiet", "--port", "0", "--exit-with-stdin"]
        if seed != "empty":
            command += ["--seed", seed]
        if pace is not None:
            command += ["--pace", str(pace)]
        # PORT configures the program under test, not the fake.
        environment = {name: value for name, value in os.environ.items() if name != "PORT"}
        # The fake stops at the end of its standard input, which the operating system closes if this process is killed.
        self._process = subprocess.Popen(
            [*command, *args], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        atexit.register(self.stop)
        try:
            self.url = self._first_line(startup_timeout)
        except BaseException:
            self.stop()
            raise

    @property
    def api_key(self) -> str:
        """An API key that the fake accepts."""
        return _API_KEYS[self._seed]

    @property
    def pid(self) -> int:
        """The process id of the program."""
        return self._process.pid

    def __enter__(self) -> "FakeSeam":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stops the program, and returns when it has exited. Does nothing if it has exited already."""
        atexit.unregister(self.stop)
        self._process.terminate()
        try:
            self._process.wait(_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()

    def reset(self, *, seed: Optional[str] = None) -> None:
        """Replaces the state by a seed, by default the current seed."""
        seed = seed or self._seed
        self.control("POST", "/_fake/reset", {"seed": seed})
        self._seed = seed

    def advance_time(self, seconds: float) -> None:
        """Advances the clock of the fake, and runs all timers that expire in this time."""
        self.control("POST", "/_fake/advance_time", {"seconds": seconds})

    def inject(self, kind: str, **parameters: Any) -> None:
        """Injects a fault: ``latency``, ``status``, ``rate_limited``, ``unreachable``, ``lost_response``, ``malformed`` or
        ``truncated``. The parameters are ``route``, ``workspace_id``, ``times``, ``rate``, ``seconds`` and ``status``."""
        self.control("POST", "/_fake/faults", {"kind": kind, **parameters})

    def clear_faults(self) -> None:
        """Removes all faults."""
        self.control("DELETE", "/_fake/faults")

    def update_settings(self, **settings: Any) -> None:
        """Changes the settings ``action_delay_seconds`` and ``rate_limits``."""
        self.control("POST", "/_fake/settings", settings)

    def seed_values(self) -> Dict[str, str]:
        """Returns the ids and tokens of the seed ``default``."""
        return self.control("GET", "/_fake/default_seed")

    def database(self) -> Dict[str, Any]:
        """Returns all resources by kind, including their secrets."""
        return self.control("GET", "/_fake/database")

    def control(self, method: str, path: str, body: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
        """Sends a request to a control route without a method of its own."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(f"{self.url}{path}", data, headers, method=method)
        try:
            with _OPENER.open(request, timeout=_CONTROL_TIMEOUT) as response:
                result: Dict[str, Any] = json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                text = error.read().decode(errors="replace")
            raise FakeSeamError(f"{method} {path} failed with status {error.code}: {text}") from None
        result.pop("ok", None)
        return result

    def _first_line(self, timeout: float) -> str:
        output = self._process.stdout
        assert output is not None
        lines: "queue.Queue[str]" = queue.Queue()

        def read() -> None:
            with output:
                lines.put(output.readline().strip())
                # Drains the output, because the program would block if the pipe were full.
                for _ in output:
                    pass

        threading.Thread(target=read, daemon=True).start()
        try:
            line = lines.get(timeout=timeout)
        except queue.Empty:
            raise FakeSeamError(f"fake-seam did not accept connections within {timeout} s") from None
        if not line:
            raise FakeSeamError(f"fake-seam exited with {self._process.wait()} before it accepted connections")
        return line


def _find_binary(option: Optional[str]) -> str:
    """Returns the path of the program, or raises an error that describes how to install it."""
    named = option or os.environ.get("FAKE_SEAM")
    if named:
        if os.path.isfile(named) and os.access(named, os.X_OK):
            return named
        source = "the argument binary" if option else "the environment variable FAKE_SEAM"
        raise FakeSeamError(f"{source} is {named!r}, which is not an executable file; {_HELP}")
    found = shutil.which("fake-seam")
    if found is None:
        raise FakeSeamError(f"cannot find 'fake-seam' in PATH; {_HELP}")
    return found
