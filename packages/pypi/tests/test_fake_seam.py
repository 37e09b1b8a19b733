"""Tests of the package. The environment variable FAKE_SEAM has the path of the program. `cargo xtask ci wrappers` runs them."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from fake_seam import FakeSeam, FakeSeamError

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
TIMEOUT = 20


def call(fake, path, **body):
    headers = {"content-type": "application/json", "authorization": f"Bearer {fake.api_key}"}
    request = urllib.request.Request(f"{fake.url}{path}", json.dumps(body).encode(), headers)
    with OPENER.open(request, timeout=TIMEOUT) as response:
        return json.load(response)


def connect(url):
    """Connects to a fake."""
    host, port = url.removeprefix("http://").rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=TIMEOUT)


def assert_ends(url, connection):
    """Waits until the fake has closed a connection and exited."""
    with connection:
        try:
            assert connection.recv(1) == b""
        except ConnectionResetError:
            pass
    with pytest.raises(ConnectionRefusedError):
        connect(url)


def test_fixture_is_a_fake_with_the_default_seed(fake_seam):
    assert fake_seam.api_key == "seam_apikey1_token" == fake_seam.seed_values()["seam_apikey1_token"]
    assert len(call(fake_seam, "/devices/list")["devices"]) == 5


@pytest.mark.fake_seam(seed="empty")
def test_marker_has_the_options_of_the_fixture(fake_seam):
    assert call(fake_seam, "/devices/list")["devices"] == []


def test_fakes_do_not_share_state_and_a_reset_restores_the_seed(fake_seam):
    def count(fake):
        return len(call(fake, "/access_codes/list", device_id="august_device_1")["access_codes"])

    with FakeSeam() as other:
        assert other.url != fake_seam.url
        call(fake_seam, "/access_codes/create", device_id="august_device_1", code="1234")
        assert (count(fake_seam), count(other)) == (1, 0)
    fake_seam.reset()
    assert count(fake_seam) == 0
    fake_seam.reset(seed="building")
    assert fake_seam.api_key == "seam_fake_api_key"
    assert len(call(fake_seam, "/devices/list")["devices"]) == 5


@pytest.mark.fake_seam(pace=0)
def test_time_settings_and_faults_can_be_controlled(fake_seam):
    fake_seam.update_settings(action_delay_seconds=60)
    attempt = call(fake_seam, "/locks/unlock_door", device_id="august_device_1")["action_attempt"]

    def status():
        found = call(fake_seam, "/action_attempts/get", action_attempt_id=attempt["action_attempt_id"])
        return found["action_attempt"]["status"]

    assert status() == "pending"
    fake_seam.advance_time(61)
    assert status() == "success"

    fake_seam.inject("status", status=503, route="/devices/list")
    with pytest.raises(urllib.error.HTTPError, match="503"):
        call(fake_seam, "/devices/list")
    fake_seam.clear_faults()
    call(fake_seam, "/devices/list")

    assert isinstance(fake_seam.database()["devices"], list)
    with pytest.raises(FakeSeamError, match="advance_time failed with status 400"):
        fake_seam.advance_time(-1)


def test_the_program_stops_at_the_end_of_a_block_that_raises():
    with pytest.raises(KeyError):
        with FakeSeam() as fake:
            connection = connect(fake.url)
            raise KeyError
    assert_ends(fake.url, connection)
    with pytest.raises(ProcessLookupError):
        os.kill(fake.pid, 0)
    fake.stop()


@pytest.mark.parametrize(
    ("argument", "number"),
    [("return", None), ("throw", None), ("hang", signal.SIGTERM), ("hang", signal.SIGKILL)],
)
def test_the_program_stops_when_its_parent_process_ends(argument, number):
    command = [sys.executable, str(Path(__file__).with_name("parent.py")), argument]
    pipe = subprocess.PIPE
    parent = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True)
    try:
        url = parent.stdout.readline().strip()
        connection = connect(url)
        if number is None:
            parent.communicate("continue\n", timeout=TIMEOUT)
        else:
            parent.send_signal(number)
            parent.communicate(timeout=TIMEOUT)
        assert_ends(url, connection)
    finally:
        parent.kill()
        parent.wait()


def test_the_error_for_a_missing_program_describes_how_to_install_it(monkeypatch):
    path = os.environ["FAKE_SEAM"]
    help = "cargo install --path crates/seam-fake"
    monkeypatch.setenv("FAKE_SEAM", "/nowhere/fake-seam")
    with pytest.raises(FakeSeamError, match=f"variable FAKE_SEAM is '/nowhere/fake-seam'.*{help}"):
        FakeSeam()
    with pytest.raises(FakeSeamError, match=f"argument binary is '/nowhere/other'.*{help}"):
        FakeSeam(binary="/nowhere/other")
    monkeypatch.delenv("FAKE_SEAM")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(FakeSeamError, match=f"cannot find 'fake-seam' in PATH.*{help}"):
        FakeSeam()
    monkeypatch.setenv("PATH", os.pathsep.join(["/nowhere", os.path.dirname(path)]))
    FakeSeam().stop()


def test_a_program_that_does_not_start_is_an_error():
    with pytest.raises(FakeSeamError, match="exited with 2 before it accepted connections"):
        FakeSeam(args=["--no-such-flag"])
    with pytest.raises(ValueError, match="unknown seed 'castle'"):
        FakeSeam(seed="castle")
