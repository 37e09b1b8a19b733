"""Sends calls to fake-seam with the blocking and the asynchronous client of the official Python SDK, and checks the responses.

    python drive.py http://127.0.0.1:PORT

Prints a line for each check, and stops at the first failure with the expected and the actual value.
"""

import asyncio
import inspect
import json
import sys
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

from httpx import HTTPStatusError
from httpx_retries import Retry
from seam import (
    AsyncSeam,
    AsyncSeamWithoutWorkspace,
    Seam,
    SeamActionAttemptFailedError,
    SeamActionAttemptTimeoutError,
    SeamHttpApiError,
    SeamHttpInvalidInputError,
    SeamHttpUnauthorizedError,
    SeamWebhook,
    SeamWithoutWorkspace,
)

FAKE = sys.argv[1].rstrip("/")
# Ignores proxies in the environment.
OPTIONS = {"endpoint": FAKE, "httpx_options": {"trust_env": False}}
WAIT = {"timeout": 10.0, "polling_interval": 0.02}
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))

# Ids and keys of the seeds.
LOCK, OTHER_LOCK, THERMOSTAT, NOISE = "august_device_1", "august_device_2", "ecobee_device_1", "minut_device_1"
BUILDING = {
    "key": "seam_fake_api_key",
    "lock": "a8e1c6b2-5d0f-4f43-9a53-1f6a0c2f7e10",
    "offices": "f3a96c1d-7e40-4b2f-8d15-6c9e0b7a2f84",
    "system": "1c8f4e2a-6b9d-4d70-93e1-5a0c7f2b8d46",
    "entrance": "8d3a7b1e-0f5c-4e92-b6d8-4c2f9a1e7b05",
    "encoder": "60c9f1d3-8e2b-4b5a-a794-7f0d2e6c1b39",
    "guest": "4e7b0a9d-2c6f-4f81-9d3e-1b5c8f0a6e72",
}

count = 0
mode = ""


def control(path, body=None, method="POST"):
    """Sends a request to a control route of the fake, which is no part of Seam's API."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{FAKE}{path}", data, {"content-type": "application/json"}, method=method)
    with OPENER.open(request, timeout=10) as response:
        return json.load(response)


def status(path, token):
    """Returns the status of a request with this token. The SDK does not support tokens of client sessions."""
    request = urllib.request.Request(f"{FAKE}{path}", headers={"authorization": f"Bearer {token}"})
    try:
        with OPENER.open(request, timeout=10) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


def reset(seed):
    """Resets the fake to a seed, and shortens the delay of actions."""
    control("/_fake/reset", {"seed": seed})
    control("/_fake/faults", method="DELETE")
    control("/_fake/settings", {"action_delay_seconds": 0.05, "rate_limits": False})


def passed(name):
    global count
    count += 1
    print(f"ok {mode}: {name}")


def equal(name, actual, expected):
    if actual != expected:
        raise SystemExit(f"FAILED {mode}: {name}\n  expected {expected!r}\n  actual   {actual!r}")
    passed(name)


def true(name, actual, expected="a true value"):
    if not actual:
        raise SystemExit(f"FAILED {mode}: {name}\n  expected {expected}\n  actual   {actual!r}")
    passed(name)


async def result(value):
    """Returns the result of a method of either client."""
    return await value if inspect.isawaitable(value) else value


async def fails(name, kind, method, **parameters):
    """Checks that a call fails with an error of this kind, and returns the error."""
    try:
        value = await result(method(**parameters))
    except kind as error:
        passed(name)
        return error
    except Exception as error:
        raise SystemExit(f"FAILED {mode}: {name}\n  expected {kind.__name__}\n  actual   {error!r}") from error
    raise SystemExit(f"FAILED {mode}: {name}\n  expected {kind.__name__}\n  actual   {value!r}")


async def eventually(name, poll, expected):
    """Polls until the result is true. Asynchronous changes take the fake a fraction of a second."""
    for _ in range(250):
        value = await poll()
        if value:
            passed(name)
            return value
        await asyncio.sleep(0.02)
    raise SystemExit(f"FAILED {mode}: {name}\n  expected {expected} within 5 s\n  actual   {value!r}")


async def devices(seam):
    listed = await result(seam.devices.list())
    equal("devices.list", sorted(device.device_id for device in listed), sorted(SEEDED_DEVICES))
    few = await result(seam.devices.list(device_ids=[LOCK, NOISE]))
    equal("devices.list by ids", sorted(device.device_id for device in few), [LOCK, NOISE])
    locks = await result(seam.devices.list(device_type="august_lock"))
    equal("devices.list by type", len(locks), 2)
    equal("devices.list with an empty list of ids", await result(seam.devices.list(device_ids=[])), [])
    device = await result(seam.devices.get(device_id=LOCK))
    equal("devices.get", (device.device_id, device.device_type), (LOCK, "august_lock"))
    await result(seam.devices.update(device_id=LOCK, custom_metadata={"floor": "2", "public": True}))
    found = await result(seam.devices.list(custom_metadata_has={"floor": "2"}))
    equal("devices.update and list by metadata", [device.device_id for device in found], [LOCK])
    true("devices.list_device_providers", await result(seam.devices.list_device_providers()))
    await result(seam.devices.simulate.disconnect(device_id=OTHER_LOCK))
    device = await result(seam.devices.get(device_id=OTHER_LOCK))
    equal("devices.simulate.disconnect", device.properties.online, False)
    await result(seam.devices.simulate.connect(device_id=OTHER_LOCK))
    device = await result(seam.devices.get(device_id=OTHER_LOCK))
    equal("devices.simulate.connect", device.properties.online, True)
    await result(seam.devices.update(device_id=OTHER_LOCK, is_managed=False))
    unmanaged = await result(seam.devices.unmanaged.list())
    equal("devices.unmanaged.list", [device.device_id for device in unmanaged], [OTHER_LOCK])
    device = await result(seam.devices.unmanaged.get(device_id=OTHER_LOCK))
    equal("devices.unmanaged.get", device.is_managed, False)
    await result(seam.devices.unmanaged.update(device_id=OTHER_LOCK, is_managed=True))
    equal("devices.unmanaged.update", await result(seam.devices.unmanaged.list()), [])


async def locks(seam):
    equal("locks.list", len(await result(seam.locks.list())), 3)
    attempt = await result(seam.locks.unlock_door(device_id=LOCK, wait_for_action_attempt=WAIT))
    equal("locks.unlock_door waits", (attempt.status, attempt.action_type), ("success", "UNLOCK_DOOR"))
    equal("locks.unlock_door unlocks", (await result(seam.locks.get(device_id=LOCK))).properties.locked, False)
    attempt = await result(seam.locks.lock_door(device_id=LOCK, wait_for_action_attempt=False))
    equal("locks.lock_door returns a pending attempt", attempt.status, "pending")

    async def is_locked():
        return (await result(seam.locks.get(device_id=LOCK))).properties.locked

    await eventually("locks.lock_door locks", is_locked, "a locked door")


async def action_attempts(seam):
    control("/_fake/settings", {"action_delay_seconds": 60})

    async def pending():
        return await result(seam.locks.unlock_door(device_id=LOCK, wait_for_action_attempt=False))

    attempt = await pending()
    same = await result(
        seam.action_attempts.get(action_attempt_id=attempt.action_attempt_id, wait_for_action_attempt=False)
    )
    equal("action_attempts.get", (same.status, same.action_attempt_id), ("pending", attempt.action_attempt_id))
    several = await result(seam.action_attempts.list(action_attempt_ids=[attempt.action_attempt_id]))
    equal("action_attempts.list", len(several), 1)

    def finish(attempt, **outcome):
        control("/_fake/update_action_attempt", {"action_attempt_id": attempt.action_attempt_id, **outcome})

    finish(attempt, status="success")
    done = await result(
        seam.action_attempts.get(action_attempt_id=attempt.action_attempt_id, wait_for_action_attempt=WAIT)
    )
    equal("an action attempt that succeeds", done.status, "success")
    attempt = await pending()
    finish(attempt, status="error", error={"type": "device_disconnected", "message": "The lock is offline"})
    error = await fails(
        "an action attempt that fails",
        SeamActionAttemptFailedError,
        seam.action_attempts.get,
        action_attempt_id=attempt.action_attempt_id,
        wait_for_action_attempt=WAIT,
    )
    equal("its error", (error.code, str(error)), ("device_disconnected", "The lock is offline"))
    attempt = await pending()
    finish(attempt, status="pending")
    await fails(
        "an action attempt that takes too long",
        SeamActionAttemptTimeoutError,
        seam.action_attempts.get,
        action_attempt_id=attempt.action_attempt_id,
        wait_for_action_attempt={"timeout": 0.2, "polling_interval": 0.05},
    )
    control("/_fake/settings", {"action_delay_seconds": 0.05})


async def access_codes(seam):
    codes = seam.access_codes
    code = await result(codes.create(device_id=LOCK, name="Guest", code="4711"))
    equal("access_codes.create", (code.code, code.type, code.device_id), ("4711", "ongoing", LOCK))
    by_id = {"access_code_id": code.access_code_id}

    async def is_set():
        return (await result(codes.get(**by_id))).status == "set"

    await eventually("access_codes.get until it is set", is_set, "a code that is set")
    equal("access_codes.get by PIN", (await result(codes.get(device_id=LOCK, code="4711"))).name, "Guest")
    found = await result(codes.list(device_id=LOCK, search="guest"))
    equal("access_codes.list by text", [found.access_code_id for found in found], [code.access_code_id])
    await result(codes.update(**by_id, name="Friend"))

    async def is_renamed():
        return (await result(codes.get(**by_id))).name == "Friend"

    await eventually("access_codes.update", is_renamed, "a code called Friend")
    timed = await result(codes.create(device_id=LOCK, starts_at="2099-01-01T16:00:00Z", ends_at="2099-01-02T11:00:00Z"))
    equal("access_codes.create for a time", (timed.type, timed.status), ("time_bound", "unset"))
    several = await result(codes.create_multiple(device_ids=[LOCK, OTHER_LOCK], code="5813"))
    equal(
        "access_codes.create_multiple",
        {(code.device_id, code.code) for code in several},
        {(LOCK, "5813"), (OTHER_LOCK, "5813")},
    )
    key = several[0].common_code_key
    await result(codes.update_multiple(common_code_key=key, name="Crew"))

    async def are_renamed():
        both = [await result(codes.get(access_code_id=code.access_code_id)) for code in several]
        return [code.name for code in both] == ["Crew", "Crew"]

    await eventually("access_codes.update_multiple", are_renamed, "two codes called Crew")
    suggestion = await result(codes.generate_code(device_id=LOCK))
    true("access_codes.generate_code", suggestion.code.isdigit(), "digits")
    await result(codes.delete(**by_id))

    async def is_gone():
        return all(other.access_code_id != code.access_code_id for other in await result(codes.list(device_id=LOCK)))

    await eventually("access_codes.delete", is_gone, "no such code")
    painter = await result(codes.simulate.create_unmanaged_access_code(device_id=LOCK, code="1234", name="Painter"))
    equal("access_codes.simulate.create_unmanaged_access_code", painter.is_managed, False)
    unmanaged = await result(codes.unmanaged.list(device_id=LOCK))
    equal("access_codes.unmanaged.list", [code.name for code in unmanaged], ["Painter"])
    by_id = {"access_code_id": painter.access_code_id}
    equal("access_codes.unmanaged.get", (await result(codes.unmanaged.get(**by_id))).code, "1234")
    await result(codes.unmanaged.update(**by_id, is_managed=True))
    equal("access_codes.unmanaged.update", (await result(codes.get(**by_id))).is_managed, True)
    cleaner = await result(codes.simulate.create_unmanaged_access_code(device_id=LOCK, code="4321", name="Cleaner"))
    await result(codes.unmanaged.delete(access_code_id=cleaner.access_code_id))

    async def is_forgotten():
        return await result(codes.unmanaged.list(device_id=LOCK)) == []

    await eventually("access_codes.unmanaged.delete", is_forgotten, "no unmanaged code")


async def thermostats(seam):
    equal("thermostats.list", [device.device_id for device in await result(seam.thermostats.list())], [THERMOSTAT])

    async def setting():
        return (await result(seam.devices.get(device_id=THERMOSTAT))).properties.current_climate_setting

    by_id = {"device_id": THERMOSTAT}
    waiting = {**by_id, "wait_for_action_attempt": WAIT}
    await result(seam.thermostats.heat(**waiting, heating_set_point_celsius=21.0))
    equal(
        "thermostats.heat",
        ((await setting()).hvac_mode_setting, (await setting()).heating_set_point_celsius),
        ("heat", 21.0),
    )
    await result(seam.thermostats.cool(**waiting, cooling_set_point_fahrenheit=75.0))
    equal(
        "thermostats.cool",
        ((await setting()).hvac_mode_setting, (await setting()).cooling_set_point_fahrenheit),
        ("cool", 75.0),
    )
    await result(seam.thermostats.off(**waiting))
    equal("thermostats.off", (await setting()).hvac_mode_setting, "off")
    await result(seam.thermostats.set_fan_mode(**waiting, fan_mode_setting="on"))
    equal("thermostats.set_fan_mode", (await setting()).fan_mode_setting, "on")
    await result(
        seam.thermostats.create_climate_preset(
            **by_id,
            climate_preset_key="eco",
            name="Eco",
            hvac_mode_setting="heat",
            heating_set_point_celsius=17.0,
            manual_override_allowed=True,
        )
    )
    device = await result(seam.devices.get(**by_id))
    keys = [preset.climate_preset_key for preset in device.properties.available_climate_presets]
    true("thermostats.create_climate_preset", "eco" in keys, "a preset called eco")
    await result(seam.thermostats.activate_climate_preset(**waiting, climate_preset_key="eco"))
    equal("thermostats.activate_climate_preset", (await setting()).climate_preset_key, "eco")
    schedules = seam.thermostats.schedules
    schedule = await result(
        schedules.create(
            **by_id,
            climate_preset_key="eco",
            starts_at="2099-01-01T16:00:00Z",
            ends_at="2099-01-02T11:00:00Z",
            name="Away",
            is_override_allowed=True,
        )
    )
    by_schedule = {"thermostat_schedule_id": schedule.thermostat_schedule_id}
    equal("thermostats.schedules.create and get", (await result(schedules.get(**by_schedule))).name, "Away")
    await result(schedules.update(**by_schedule, name="Long away"))
    equal(
        "thermostats.schedules.update and list",
        [one.name for one in await result(schedules.list(**by_id))],
        ["Long away"],
    )
    await result(schedules.delete(**by_schedule))
    equal("thermostats.schedules.delete", await result(schedules.list(**by_id)), [])


async def noise_sensors(seam):
    thresholds = seam.noise_sensors.noise_thresholds
    equal("noise_sensors.list", [device.device_id for device in await result(seam.noise_sensors.list())], [NOISE])
    before = len(await result(thresholds.list(device_id=NOISE)))
    times = {"starts_daily_at": "22:00:00[Europe/Berlin]", "ends_daily_at": "06:00:00[Europe/Berlin]"}
    threshold = await result(thresholds.create(device_id=NOISE, **times, name="Night", noise_threshold_decibels=50))
    by_id = {"noise_threshold_id": threshold.noise_threshold_id}
    equal("noise_thresholds.create and get", (await result(thresholds.get(**by_id))).name, "Night")
    await result(thresholds.update(**by_id, device_id=NOISE, noise_threshold_decibels=45))

    async def is_lower():
        return (await result(thresholds.get(**by_id))).noise_threshold_decibels == 45

    await eventually("noise_thresholds.update", is_lower, "a threshold of 45 dB")
    await result(thresholds.delete(**by_id, device_id=NOISE))

    async def is_gone():
        return len(await result(thresholds.list(device_id=NOISE))) == before

    await eventually("noise_thresholds.delete and list", is_gone, "as many thresholds as before")
    await result(seam.noise_sensors.simulate.trigger_noise_threshold(device_id=NOISE))
    events = await result(
        seam.events.list(device_id=NOISE, event_type="noise_sensor.noise_threshold_triggered", since=LONG_AGO)
    )
    equal("noise_sensors.simulate.trigger_noise_threshold", len(events), 1)


async def accounts(seam):
    webviews = seam.connect_webviews
    webview = await result(webviews.create(accepted_providers=["yale"], custom_metadata={"user": "u1"}))
    equal("connect_webviews.create", webview.status, "pending")
    by_id = {"connect_webview_id": webview.connect_webview_id}
    with OPENER.open((await result(webviews.get(**by_id))).url, timeout=10) as response:
        true("connect_webviews.get and its page", b"<html" in response.read().lower(), "a page")
    control("/_fake/complete_connect_webview", by_id)
    webview = await result(webviews.get(**by_id))
    equal("a completed webview", (webview.status, webview.login_successful), ("authorized", True))
    account = await result(seam.connected_accounts.get(connected_account_id=webview.connected_account_id))
    equal("connected_accounts.get", account.connected_account_id, webview.connected_account_id)
    found = await result(webviews.list(custom_metadata_has={"user": "u1"}))
    equal("connect_webviews.list by metadata", len(found), 1)
    await result(webviews.delete(**by_id))
    await fails("connect_webviews.delete", SeamHttpApiError, webviews.get, **by_id)
    accounts = seam.connected_accounts
    by_id = {"connected_account_id": webview.connected_account_id}
    await result(accounts.update(**by_id, display_name="Mine"))
    equal("connected_accounts.update", (await result(accounts.get(**by_id))).display_name, "Mine")
    before = len(await result(accounts.list()))
    await result(accounts.delete(**by_id))
    equal("connected_accounts.delete and list", len(await result(accounts.list())), before - 1)


async def client_sessions(seam):
    sessions = seam.client_sessions
    session = await result(
        sessions.create(user_identifier_key="user-1", connected_account_ids=["john_connected_account_id"])
    )
    true("client_sessions.create", session.token.startswith("seam_cst"), "a token that begins with seam_cst")
    by_id = {"client_session_id": session.client_session_id}
    again = await result(sessions.get_or_create(user_identifier_key="user-1"))
    equal("client_sessions.get_or_create", again.client_session_id, session.client_session_id)
    await result(sessions.grant_access(**by_id, connected_account_ids=["jane_connected_account_id"]))
    accounts = (await result(sessions.get(**by_id))).connected_account_ids
    true("client_sessions.grant_access and get", "jane_connected_account_id" in accounts, "Jane's account")
    listed = await result(sessions.list(user_identifier_key="user-1"))
    equal("the token of a session", status("/devices/list", session.token), 200)
    equal("client_sessions.list", [one.client_session_id for one in listed], [session.client_session_id])
    await result(sessions.revoke(**by_id))
    equal("client_sessions.revoke", status("/devices/list", session.token), 401)
    await result(sessions.delete(**by_id))
    await fails("client_sessions.delete", SeamHttpApiError, sessions.get, **by_id)


async def webhooks(seam):
    received = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            received.append((body.decode(), {name.lower(): value for name, value in self.headers.items()}))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/hook"
        webhook = await result(seam.webhooks.create(url=url, event_types=["lock.unlocked"]))
        true("webhooks.create", webhook.secret.startswith("whsec_"), "a secret that begins with whsec_")
        await result(seam.locks.unlock_door(device_id=LOCK, wait_for_action_attempt=WAIT))

        async def delivered():
            return received

        await eventually("a webhook is delivered", delivered, "a delivery")
        body, headers = received[0]
        event = SeamWebhook(webhook.secret).verify(body, headers)
        equal("a webhook is signed", (event.event_type, event.device_id), ("lock.unlocked", LOCK))
        by_id = {"webhook_id": webhook.webhook_id}
        await result(seam.webhooks.update(**by_id, event_types=["lock.locked"]))
        equal("webhooks.update and get", (await result(seam.webhooks.get(**by_id))).event_types, ["lock.locked"])
        equal("webhooks.list", len(await result(seam.webhooks.list())), 1)
        await result(seam.webhooks.delete(**by_id))
        equal("webhooks.delete", await result(seam.webhooks.list()), [])
    finally:
        server.shutdown()
        server.server_close()


async def events(seam):
    await result(seam.locks.unlock_door(device_id=OTHER_LOCK, wait_for_action_attempt=WAIT))
    found = await result(seam.events.list(device_id=OTHER_LOCK, event_type="lock.unlocked", since=LONG_AGO))
    equal("events.list", [(one.event_type, one.device_id) for one in found], [("lock.unlocked", OTHER_LOCK)])
    event = await result(seam.events.get(event_id=found[0].event_id))
    equal("events.get", event.event_id, found[0].event_id)
    none = await result(
        seam.events.list(event_types=["lock.unlocked"], between=["2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z"])
    )
    equal("events.list between times", none, [])


async def spaces(seam):
    space = await result(seam.spaces.create(name="Cellar", device_ids=[LOCK], space_key="cellar"))
    by_id = {"space_id": space.space_id}
    equal("spaces.create and get", (await result(seam.spaces.get(space_key="cellar"))).space_id, space.space_id)
    await result(seam.spaces.add_devices(**by_id, device_ids=[OTHER_LOCK]))
    inside = await result(seam.devices.list(space_id=space.space_id))
    equal("spaces.add_devices", sorted(device.device_id for device in inside), [LOCK, OTHER_LOCK])
    await result(seam.spaces.remove_devices(**by_id, device_ids=[LOCK]))
    inside = await result(seam.devices.list(space_id=space.space_id))
    equal("spaces.remove_devices", [device.device_id for device in inside], [OTHER_LOCK])
    await result(seam.spaces.update(**by_id, name="Basement"))
    equal("spaces.update and list", [space.name for space in await result(seam.spaces.list())], ["Basement"])
    await result(seam.spaces.delete(**by_id))
    equal("spaces.delete", await result(seam.spaces.list()), [])


async def user_identities(seam):
    identities = seam.user_identities
    identity = await result(identities.create(full_name="Ada", email_address="ada@example.com", user_identity_key="ada"))
    by_id = {"user_identity_id": identity.user_identity_id}
    equal("user_identities.create and get", (await result(identities.get(user_identity_key="ada"))).full_name, "Ada")
    await result(identities.update(**by_id, full_name="Ada L."))
    equal("user_identities.update", (await result(identities.get(**by_id))).full_name, "Ada L.")
    found = await result(identities.list(search="Ada L."))
    equal("user_identities.list", [one.user_identity_id for one in found], [identity.user_identity_id])
    await result(identities.grant_access_to_device(**by_id, device_id=LOCK))
    accessible = await result(identities.list_accessible_devices(**by_id))
    equal("user_identities.grant_access_to_device", [device.device_id for device in accessible], [LOCK])
    await result(identities.revoke_access_to_device(**by_id, device_id=LOCK))
    equal("user_identities.revoke_access_to_device", await result(identities.list_accessible_devices(**by_id)), [])
    await result(identities.delete(**by_id))
    await fails("user_identities.delete", SeamHttpApiError, identities.get, **by_id)


async def acs(seam):
    system = BUILDING["system"]
    systems = [one.acs_system_id for one in await result(seam.acs.systems.list())]
    equal("acs.systems.list", systems, [system, BUILDING["offices"]])
    equal("acs.systems.get", (await result(seam.acs.systems.get(acs_system_id=system))).name, "Guest rooms")
    users = seam.acs.users
    user = await result(users.create(acs_system_id=system, full_name="Linus", email_address="linus@example.com"))
    by_id = {"acs_user_id": user.acs_user_id}
    equal("acs.users.create and get", (await result(users.get(**by_id))).full_name, "Linus")
    await result(users.update(**by_id, full_name="Linus B."))
    found = await result(users.list(acs_system_id=system, search="Linus"))
    equal("acs.users.update and list", [one.full_name for one in found], ["Linus B."])
    await result(users.suspend(**by_id))
    equal("acs.users.suspend", (await result(users.get(**by_id))).is_suspended, True)
    await result(users.unsuspend(**by_id))
    equal("acs.users.unsuspend", (await result(users.get(**by_id))).is_suspended, False)
    offices = {"acs_system_id": BUILDING["offices"]}
    group = (await result(seam.acs.access_groups.list(**offices)))[0].acs_access_group_id
    colleague = (await result(users.create(**offices, full_name="Margaret"))).acs_user_id
    await result(users.add_to_access_group(acs_user_id=colleague, acs_access_group_id=group))
    members = await result(seam.acs.access_groups.list_users(acs_access_group_id=group))
    true("acs.users.add_to_access_group", any(one.acs_user_id == colleague for one in members), "the user")
    await result(users.remove_from_access_group(acs_user_id=colleague, acs_access_group_id=group))
    members = await result(seam.acs.access_groups.list_users(acs_access_group_id=group))
    true("acs.users.remove_from_access_group", all(one.acs_user_id != colleague for one in members), "no user")
    entrance = BUILDING["entrance"]
    entrances = await result(seam.acs.entrances.list(acs_system_id=system))
    equal("acs.entrances.list", sorted(one.display_name for one in entrances), ["Room 101", "Room 102"])
    equal(
        "acs.entrances.get", (await result(seam.acs.entrances.get(acs_entrance_id=entrance))).display_name, "Room 101"
    )
    await result(seam.acs.entrances.grant_access(acs_entrance_id=entrance, **by_id))
    open_to = await result(users.list_accessible_entrances(**by_id))
    equal("acs.entrances.grant_access", [one.acs_entrance_id for one in open_to], [entrance])
    credentials = seam.acs.credentials
    credential = await result(credentials.create(access_method="card", **by_id, allowed_acs_entrance_ids=[entrance]))
    by_credential = {"acs_credential_id": credential.acs_credential_id}
    equal("acs.credentials.create and get", (await result(credentials.get(**by_credential))).access_method, "card")
    found = await result(credentials.list(**by_id))
    equal("acs.credentials.list", [one.acs_credential_id for one in found], [credential.acs_credential_id])
    attempt = await result(
        seam.acs.encoders.encode_credential(
            **by_credential, acs_encoder_id=BUILDING["encoder"], wait_for_action_attempt=WAIT
        )
    )
    equal("acs.encoders.encode_credential", attempt.status, "success")
    await result(credentials.delete(**by_credential))
    await fails("acs.credentials.delete", SeamHttpApiError, credentials.get, **by_credential)
    await result(users.delete(**by_id))
    await fails("acs.users.delete", SeamHttpApiError, users.get, **by_id)


async def access_grants(seam):
    grants = seam.access_grants
    grant = await result(
        grants.create(
            user_identity_id=BUILDING["guest"],
            device_ids=[BUILDING["lock"]],
            requested_access_methods=[{"mode": "code"}],
            name="Weekend",
        )
    )
    by_id = {"access_grant_id": grant.access_grant_id}
    equal("access_grants.create and get", (await result(grants.get(**by_id))).name, "Weekend")

    async def issued():
        methods = await result(seam.access_methods.list(**by_id))
        return bool(methods) and all(method.is_issued for method in methods)

    await eventually("access_methods.list until it is issued", issued, "an access method that is issued")
    method = (await result(seam.access_methods.list(**by_id)))[0]
    method = await result(seam.access_methods.get(access_method_id=method.access_method_id))
    true("access_methods.get", method.mode == "code" and method.code, "a code")
    await result(grants.update(**by_id, name="Week"))
    found = await result(grants.list(user_identity_id=BUILDING["guest"]))
    equal("access_grants.update and list", [one.name for one in found], ["Week"])
    await result(grants.delete(**by_id))
    await fails("access_grants.delete", SeamHttpApiError, grants.get, **by_id)


async def workspaces(seam, without_workspace):
    equal("workspaces.get", (await result(seam.workspaces.get())).workspace_id, "seed_workspace_1")
    equal("workspaces.list with an API key", len(await result(seam.workspaces.list())), 1)
    async with closing(without_workspace(personal_access_token="seam_at1_longtoken", **OPTIONS)) as client:
        mine = await result(client.workspaces.list())
        equal("workspaces.list with a personal access token", [one.workspace_id for one in mine], ["seed_workspace_1"])
        created = await result(client.workspaces.create(name="Second", company_name="Example", is_sandbox=True))
        equal("workspaces.create", (created.name, created.is_sandbox), ("Second", True))
        equal("workspaces.list has the new workspace", len(await result(client.workspaces.list())), 2)
        kind = AsyncSeam if without_workspace is AsyncSeamWithoutWorkspace else Seam
        settings = {"personal_access_token": "seam_at1_longtoken", "workspace_id": created.workspace_id, **OPTIONS}
        async with closing(kind(**settings)) as inside:
            equal("a new workspace is empty", await result(inside.devices.list()), [])


async def pages(seam):
    pages = seam.create_paginator(seam.devices.list, {"limit": 2})
    first, pagination = await result(pages.first_page())
    equal("the first page", (len(first), pagination.has_next_page), (2, True))
    second, _ = await result(pages.next_page(pagination.next_page_cursor))
    true("the next page", all(device.device_id not in [one.device_id for one in first] for device in second), "others")
    listed = await result(pages.flatten_to_list())
    equal("all pages", sorted(device.device_id for device in listed), sorted(SEEDED_DEVICES))
    error = await fails(
        "a page of another list", SeamHttpApiError, seam.devices.list, limit=3, page_cursor=pagination.next_page_cursor
    )
    equal("its error", (error.status_code, error.code), (400, "mismatched_page_parameters"))
    with OPENER.open(
        urllib.request.Request(pagination.next_page_url, headers={"authorization": "Bearer seam_apikey1_token"})
    ) as response:
        equal(
            "the link to the next page",
            [one["device_id"] for one in json.load(response)["devices"]],
            [one.device_id for one in second],
        )


async def errors(seam):
    error = await fails("404", SeamHttpApiError, seam.devices.get, device_id="unknown")
    equal("404 names the missing resource", (error.status_code, error.code), (404, "device_not_found"))
    true("an error has the id of its request", error.request_id, "a text")
    error = await fails("invalid input", SeamHttpInvalidInputError, seam.access_codes.create, device_id=5)
    equal("invalid input has its code", (error.status_code, error.code), (400, "invalid_input"))
    true("invalid input names the parameter", error.get_validation_error_messages("device_id"), "a message")
    kind = type(seam)
    async with closing(kind(api_key="seam_apikey9_token", **OPTIONS)) as invalid_key:
        error = await fails("401", SeamHttpUnauthorizedError, invalid_key.devices.list)
        equal("401 has its status", error.status_code, 401)
    control("/_fake/simulate_workspace_outage", {"workspace_id": "seed_workspace_1", "routes": ["/devices/list"]})
    async with closing(kind(api_key="seam_apikey1_token", retries=Retry(total=0), **OPTIONS)) as without_retries:
        error = await fails("an outage", HTTPStatusError, without_retries.devices.list)
        equal("an outage is 503", error.response.status_code, 503)
        true("an outage does not affect other routes", await result(without_retries.locks.list()))
    control("/_fake/faults", method="DELETE")
    control("/_fake/faults", {"kind": "status", "status": 503, "route": "/devices/list", "times": 1})
    equal("retries during a short outage succeed", len(await result(seam.devices.list())), len(SEEDED_DEVICES))
    control("/_fake/faults", {"kind": "rate_limited", "seconds": 0, "route": "/devices/list", "times": 1})
    equal("a retry after a rate limit succeeds", len(await result(seam.devices.list())), len(SEEDED_DEVICES))


LONG_AGO = "2000-01-01T00:00:00Z"
SEEDED_DEVICES = [LOCK, OTHER_LOCK, THERMOSTAT, NOISE, "schlage_device_id"]


class closing:
    """Closes a client of either kind at the end of the block."""

    def __init__(self, client):
        self.client = client

    async def __aenter__(self):
        return self.client

    async def __aexit__(self, *_):
        await result(self.client.close())


async def drive(kind, without_workspace):
    global mode
    mode = kind.__name__
    for seed, key, groups in [
        (
            "default",
            "seam_apikey1_token",
            [
                devices,
                locks,
                action_attempts,
                access_codes,
                thermostats,
                noise_sensors,
                accounts,
                client_sessions,
                webhooks,
                events,
                spaces,
                user_identities,
                pages,
                errors,
            ],
        ),
        ("building", BUILDING["key"], [acs, access_grants]),
    ]:
        for group in groups:
            reset(seed)
            async with closing(kind(api_key=key, **OPTIONS)) as seam:
                await group(seam)
    reset("default")
    async with closing(kind(api_key="seam_apikey1_token", **OPTIONS)) as seam:
        await workspaces(seam, without_workspace)


asyncio.run(drive(Seam, SeamWithoutWorkspace))
asyncio.run(drive(AsyncSeam, AsyncSeamWithoutWorkspace))
print(f"{count} checks passed")
