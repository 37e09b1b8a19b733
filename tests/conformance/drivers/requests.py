"""Sends the calls of src/bin/print_requests.rs with the official Python SDK to a server in this process, and prints the
requests that arrive: one JSON object on each line.

`cargo xtask conformance` runs both programs and compares their output.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from seam import NULL, Seam

SPECIAL = "Zoë ~ a+b & c=d / 100% *-._!'()\"\\ 🔑"
START = "2026-01-01T12:00:00.000Z"
END = "2026-01-02T11:30:15.250Z"
PARIS = "2026-01-01T13:00:00.5+01:00"

requests = []


class Recorder(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Buffers the head and the body of a response. With separate packets, Nagle's algorithm would delay each exchange.
    wbufsize = -1

    def record(self):
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        body = json.loads(body) if body else None
        requests.append({"method": self.command, "path": path, "query": query, "body": body})
        response = b"{}"
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(response)))
        self.end_headers()
        self.wfile.write(response)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = record

    def log_message(self, *_):
        pass


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    seam = Seam.from_api_key(
        "seam_test1_conformance",
        endpoint=f"http://127.0.0.1:{server.server_address[1]}",
        wait_for_action_attempt=False,
        # Ignores proxies in the environment.
        httpx_options={"trust_env": False},
    )
    for name, parameters in CASES:
        method = seam
        for part in name.split(" ")[0].split("/"):
            method = getattr(method, part)
        problem = None
        try:
            method(**parameters)
        except Exception as error:  # Most methods reject the empty response, after the request is recorded.
            problem = error
        if len(requests) != 1:
            raise SystemExit(f"{name}: {len(requests)} requests, expected 1") from problem
        print(json.dumps({"name": name, **requests.pop()}))


CASES = []


def case(name, /, **parameters):
    CASES.append((name, parameters))


CODE = {"mode": "code", "code": "0042"}
KEY = {"mode": "mobile_key", "instant_key_max_use_count": 2}

case("access_codes/create", device_id="d1")
case("access_codes/create named", device_id="d1", name=SPECIAL, code="0042")
case("access_codes/create times", device_id="d1", starts_at=START, ends_at=END)
case("access_codes/create offset", device_id="d1", starts_at=PARIS, is_one_time_use=True)
case(
    "access_codes/create all",
    device_id="d1",
    allow_external_modification=True,
    attempt_for_offline_device=False,
    common_code_key="key 1",
    is_external_modification_allowed=False,
    is_offline_access_code=True,
    max_time_rounding="1day",
    prefer_native_scheduling=True,
    preferred_code_length=6,
    use_backup_access_code_pool=True,
    use_offline_access_code=False,
)
case("access_codes/create_multiple", device_ids=["d1", "d2"])
case("access_codes/create_multiple one", device_ids=["d1"], code="1234", name="")
case("access_codes/create_multiple none", device_ids=[], ends_at=END)
case(
    "access_codes/create_multiple all",
    device_ids=["d1", "d2"],
    behavior_when_code_cannot_be_shared="create_random_code",
    prefer_native_scheduling=False,
    preferred_code_length=4,
    use_backup_access_code_pool=False,
)
case("access_codes/delete", access_code_id="c1")
case("access_codes/delete on device", access_code_id="c1", device_id="d1")
case("access_codes/generate_code", device_id="d1")
case("access_codes/get", access_code_id="c1")
case("access_codes/get by code", device_id="d1", code="0042")
case("access_codes/list ids", access_code_ids=["c2", "c1"])
case("access_codes/list one id", access_code_ids=["c1"])
case("access_codes/list no ids", access_code_ids=[])
case("access_codes/list keys", access_grant_key=SPECIAL, customer_key="a+b", limit=20)
case("access_codes/list page", device_id="d1", page_cursor="eyJ4Ijox/w==", user_identifier_key="u~1")
case("access_codes/list null", access_grant_id="g1", access_method_id="m1", page_cursor=NULL)
case("access_codes/list search", device_id="d1", limit=5, search=SPECIAL)
case("access_codes/pull_backup_access_code", access_code_id="c1")
case("access_codes/report_device_constraints", device_id="d1")
case(
    "access_codes/report_device_constraints all",
    device_id="d1",
    min_code_length=4,
    max_code_length=8,
    supported_code_lengths=[4, 6],
)
case("access_codes/simulate/create_unmanaged_access_code", device_id="d1", name=SPECIAL, code="0042")
case("access_codes/unmanaged/convert_to_managed", access_code_id="c1")
case("access_codes/unmanaged/convert_to_managed all", access_code_id="c1", force=True)
case("access_codes/unmanaged/delete", access_code_id="c1")
case("access_codes/unmanaged/get", access_code_id="c1")
case("access_codes/unmanaged/get by code", device_id="d1", code="00 42+")
case("access_codes/unmanaged/list", device_id="d1")
case("access_codes/unmanaged/list all", device_id="d1", limit=1, page_cursor="p&q", user_identifier_key=SPECIAL)
case("access_codes/unmanaged/list search", device_id="d1", search="12")
case("access_codes/unmanaged/update", access_code_id="c1", is_managed=True)
case(
    "access_codes/unmanaged/update all",
    access_code_id="c1",
    is_managed=False,
    allow_external_modification=True,
    is_external_modification_allowed=True,
)
case("access_codes/update", access_code_id="c1")
case("access_codes/update all", access_code_id="c1", code="9", device_id="d1", is_managed=False, type="time_bound")
case("access_codes/update times", access_code_id="c1", name=SPECIAL, starts_at=START, ends_at=END)
case("access_codes/update_multiple", common_code_key="key 1")
case("access_codes/update_multiple all", common_code_key="key 1", name="x", ends_at=END)

case("access_grants/create", user_identity_id="u1", requested_access_methods=[CODE])
case(
    "access_grants/create two",
    user_identity_id="u1",
    requested_access_methods=[CODE, KEY],
    device_ids=["d1", "d2"],
    space_ids=["s1"],
)
case(
    "access_grants/create for a new user",
    user_identity={"full_name": SPECIAL, "email_address": "zoe+1@a.example"},
    requested_access_methods=[KEY],
)
case(
    "access_grants/create nulls",
    user_identity_id="u1",
    requested_access_methods=[KEY],
    ends_at=NULL,
    name=NULL,
    device_ids=[],
)
case(
    "access_grants/create all",
    user_identity_id="u1",
    requested_access_methods=[KEY],
    access_grant_key="g~1",
    acs_entrance_ids=["e1"],
    customization_profile_id="p1",
    ends_at=END,
    location={"name": "Häuser", "acs_entrance_ids": ["e1"], "device_ids": []},
    location_ids=["s1"],
    name=SPECIAL,
    reservation_key="r1",
    space_keys=["k1", "k2"],
    starts_at=START,
)
case("access_grants/delete", access_grant_id="g1")
case("access_grants/get", access_grant_id="g1")
case("access_grants/get by key", access_grant_key=SPECIAL)
case("access_grants/get_related", access_grant_ids=["g1", "g2"], include=["spaces", "devices"])
case("access_grants/get_related keys", access_grant_keys=["k~1", "k 2"], exclude=["access_methods"], include=[])
case("access_grants/list")
case("access_grants/list ids", access_grant_ids=["g1", "g2"], limit=3)
case("access_grants/list nulls", access_grant_key=NULL, page_cursor=NULL)
case("access_grants/list search", search="Zoë 42", space_id="s1")
case(
    "access_grants/list all",
    access_code_id="c1",
    access_grant_key="k1",
    acs_entrance_id="e1",
    acs_system_id="y1",
    customer_key=SPECIAL,
    device_id="d1",
    location_id="s1",
    page_cursor="p1",
    reservation_key="r 1",
    user_identity_id="u1",
)
case("access_grants/request_access_methods", access_grant_id="g1", requested_access_methods=[CODE, KEY])
case("access_grants/unmanaged/get", access_grant_id="g1")
case("access_grants/unmanaged/list")
case("access_grants/unmanaged/list all", acs_entrance_id="e1", limit=2, reservation_key="r+1")
case("access_grants/unmanaged/update", access_grant_id="g1", is_managed=True)
case("access_grants/unmanaged/update key", access_grant_id="g1", is_managed=True, access_grant_key="k1")
case("access_grants/update", access_grant_id="g1")
case("access_grants/update by key", access_grant_key="k1", name=SPECIAL, starts_at=START, ends_at=END)
case("access_grants/update nulls", access_grant_id="g1", ends_at=NULL, name=NULL)

case("access_methods/assign_card", access_method_id="m1", card_number="card 1")
case("access_methods/delete", access_method_id="m1")
case("access_methods/delete of grant", access_grant_id="g1")
case("access_methods/delete of reservation", reservation_key=SPECIAL)
case("access_methods/encode", acs_encoder_id="n1", access_method_id="m1")
case("access_methods/get", access_method_id="m1")
case("access_methods/get_related", access_method_ids=["m1"])
case("access_methods/get_related all", access_method_ids=["m1", "m2"], include=["devices"], exclude=[])
case("access_methods/list", access_grant_id="g1")
case("access_methods/list all", access_grant_key="k1", device_id="d1", limit=9, space_id="s1")
case("access_methods/unlock_door", access_method_id="m1", acs_entrance_id="e1")
case("access_methods/unmanaged/get", access_method_id="m1")
case("access_methods/unmanaged/list", access_grant_id="g1")
case("access_methods/unmanaged/list all", access_grant_id="g1", acs_entrance_id="e1", device_id="d1")

case("acs/access_groups/add_user", acs_access_group_id="a1", acs_user_id="u1")
case("acs/access_groups/add_user identity", acs_access_group_id="a1", user_identity_id="i1")
case("acs/access_groups/delete", acs_access_group_id="a1")
case("acs/access_groups/get", acs_access_group_id="a1")
case("acs/access_groups/list")
case("acs/access_groups/list all", acs_system_id="y1", acs_user_id="u1", search=SPECIAL)
case("acs/access_groups/list_accessible_entrances", acs_access_group_id="a1")
case("acs/access_groups/list_users", acs_access_group_id="a1")
case("acs/access_groups/remove_user", acs_access_group_id="a1", acs_user_id="u1")
case("acs/access_groups/remove_user identity", acs_access_group_id="a1", user_identity_id="i1")

case("acs/credentials/assign", acs_credential_id="c1", acs_user_id="u1")
case("acs/credentials/assign identity", acs_credential_id="c1", user_identity_id="i1")
case("acs/credentials/create", access_method="code", acs_user_id="u1", code="0042")
case(
    "acs/credentials/create all",
    access_method="mobile_key",
    acs_system_id="y1",
    allowed_acs_entrance_ids=["e1", "e2"],
    credential_manager_acs_system_id="y2",
    ends_at=END,
    is_multi_phone_sync_credential=True,
    starts_at=START,
    user_identity_id="i1",
)
case(
    "acs/credentials/create metadata",
    access_method="card",
    acs_user_id="u1",
    allowed_acs_entrance_ids=[],
    assa_abloy_vostio_metadata={"auto_join": True, "override_guest_acs_entrance_ids": ["e1"]},
    salto_space_metadata={"assign_new_key": False},
    visionline_metadata={"card_format": "rfid48", "joiner_acs_credential_ids": ["c1", "c2"]},
)
case("acs/credentials/delete", acs_credential_id="c1")
case("acs/credentials/get", acs_credential_id="c1")
case("acs/credentials/list", acs_user_id="u1")
case(
    "acs/credentials/list all",
    acs_system_id="y1",
    created_before=PARIS,
    is_multi_phone_sync_credential=False,
    limit=100,
    page_cursor=NULL,
)
case("acs/credentials/list search", user_identity_id="i1", created_before=END, search=SPECIAL)
case("acs/credentials/list_accessible_entrances", acs_credential_id="c1")
case("acs/credentials/unassign", acs_credential_id="c1", acs_user_id="u1")
case("acs/credentials/unassign identity", acs_credential_id="c1", user_identity_id="i1")
case("acs/credentials/update", acs_credential_id="c1", code="77", ends_at=END)

case("acs/encoders/encode_credential", acs_encoder_id="n1", acs_credential_id="c1")
case("acs/encoders/encode_credential method", acs_encoder_id="n1", access_method_id="m1")
case("acs/encoders/get", acs_encoder_id="n1")
case("acs/encoders/list")
case("acs/encoders/list ids", acs_encoder_ids=["n2", "n1"], acs_system_ids=["y1"], limit=7)
case("acs/encoders/list null", acs_system_id="y1", acs_encoder_ids=[], page_cursor=NULL)
case("acs/encoders/scan_credential", acs_encoder_id="n1")
case("acs/encoders/scan_credential all", acs_encoder_id="n1", salto_ks_metadata={"detect_new_tags": True})
case("acs/encoders/scan_to_assign_credential", acs_encoder_id="n1", acs_user_id="u1")
case(
    "acs/encoders/scan_to_assign_credential identity",
    acs_encoder_id="n1",
    user_identity_id="i1",
    salto_ks_metadata={"detect_new_tags": True},
)
case(
    "acs/encoders/simulate/next_credential_encode_will_fail",
    acs_encoder_id="n1",
    error_code="encoding_interrupted",
    acs_credential_id="c1",
)
case(
    "acs/encoders/simulate/next_credential_encode_will_succeed", acs_encoder_id="n1", scenario="credential_is_issued"
)
case("acs/encoders/simulate/next_credential_scan_will_fail", acs_encoder_id="n1", acs_credential_id_on_seam="c1")
case(
    "acs/encoders/simulate/next_credential_scan_will_succeed",
    acs_encoder_id="n1",
    scenario="credential_exists_on_seam",
)

case("acs/entrances/get", acs_entrance_id="e1")
case("acs/entrances/grant_access", acs_entrance_id="e1", acs_user_id="u1")
case("acs/entrances/grant_access identity", acs_entrance_id="e1", user_identity_id="i1")
case("acs/entrances/list")
case("acs/entrances/list ids", acs_entrance_ids=["e1", "e2"], search=SPECIAL, space_id="s1")
case("acs/entrances/list nulls", location_id=NULL, page_cursor=NULL, limit=50)
case(
    "acs/entrances/list all",
    access_method_id="m1",
    acs_credential_id="c1",
    acs_system_id="y1",
    connected_account_id="a1",
    customer_key="k1",
    location_id="s1",
    page_cursor="p1",
)
case("acs/entrances/list_credentials_with_access", acs_entrance_id="e1")
case(
    "acs/entrances/list_credentials_with_access valid",
    acs_entrance_id="e1",
    include_if=["visionline_metadata.is_valid"],
)
case("acs/entrances/unlock", acs_entrance_id="e1", acs_credential_id="c1")

case("acs/systems/get", acs_system_id="y1")
case("acs/systems/list")
case("acs/systems/list all", connected_account_id="a1", customer_key="k 1", search="~")
case("acs/systems/list_compatible_credential_manager_acs_systems", acs_system_id="y1")
case("acs/systems/report_devices", acs_system_id="y1")
case(
    "acs/systems/report_devices all",
    acs_system_id="y1",
    acs_encoders=[{"hotek_metadata": {"encoder_number": "1"}, "is_removed": True}],
    acs_entrances=[
        {"hotek_metadata": {"room_number": "10 ü", "common_area_name": SPECIAL}},
        {"hotek_metadata": {}},
    ],
)

case("acs/users/add_to_access_group", acs_user_id="u1", acs_access_group_id="a1")
case("acs/users/create", full_name=SPECIAL, acs_system_id="y1")
case(
    "acs/users/create all",
    full_name="Zoë",
    acs_system_id="y1",
    access_schedule={"starts_at": START, "ends_at": END},
    acs_access_group_ids=["a1", "a2"],
    email="a@a.example",
    email_address="b@a.example",
    phone_number="+15551234567",
    user_identity_id="i1",
)
case("acs/users/delete", acs_user_id="u1")
case("acs/users/delete identity", acs_system_id="y1", user_identity_id="i1")
case("acs/users/get", acs_user_id="u1")
case("acs/users/get identity", acs_system_id="y1", user_identity_id="i1")
case("acs/users/list")
case(
    "acs/users/list all",
    acs_system_id="y1",
    created_before=START,
    limit=10,
    page_cursor="p1",
    search=SPECIAL,
    user_identity_email_address="zoë+1@a.example",
    user_identity_phone_number="+15551234567",
)
case(
    "acs/users/list nulls", page_cursor=NULL, user_identity_email_address=NULL, user_identity_phone_number=NULL
)
case("acs/users/list_accessible_entrances", acs_user_id="u1")
case("acs/users/list_accessible_entrances identity", acs_system_id="y1", user_identity_id="i1")
case("acs/users/remove_from_access_group", acs_user_id="u1", acs_access_group_id="a1")
case("acs/users/remove_from_access_group identity", user_identity_id="i1", acs_access_group_id="a1")
case("acs/users/revoke_access_to_all_entrances", acs_user_id="u1")
case("acs/users/revoke_access_to_all_entrances identity", acs_system_id="y1", user_identity_id="i1")
case("acs/users/suspend", acs_user_id="u1")
case("acs/users/suspend identity", acs_system_id="y1", user_identity_id="i1")
case("acs/users/unsuspend", acs_user_id="u1")
case("acs/users/unsuspend identity", acs_system_id="y1", user_identity_id="i1")
case("acs/users/update", acs_user_id="u1", access_schedule=NULL, full_name=SPECIAL)
case(
    "acs/users/update identity",
    acs_system_id="y1",
    user_identity_id="i1",
    access_schedule={"starts_at": START, "ends_at": END},
    email_address="b@a.example",
    hid_acs_system_id="y2",
    phone_number="+15551234567",
)

case("action_attempts/get", action_attempt_id="t1")
case("action_attempts/list", action_attempt_ids=["t1", "t2"])
case("action_attempts/list all", device_id="d1", limit=4, page_cursor="p1")
case("action_attempts/list none", action_attempt_ids=[], page_cursor=NULL)

case("cameras/live_views/create", device_id="d1")
case("cameras/live_views/create all", device_id="d1", duration_seconds=60, include_audio=False)
case(
    "cameras/live_views/offer",
    camera_live_view_session_id="v1",
    sdp_offer="v=0\r\no=- 1\r\n",
    token="secret token",
)
case("cameras/live_views/stop", camera_live_view_session_id="v1", token="secret token")

case("client_sessions/create")
case(
    "client_sessions/create all",
    connect_webview_ids=["w1"],
    connected_account_ids=["a1", "a2"],
    customer_id="k1",
    customer_key="k 1",
    expires_at=END,
    user_identifier_key=SPECIAL,
    user_identity_id="i1",
    user_identity_ids=[],
)
case("client_sessions/delete", client_session_id="s1")
case("client_sessions/get")
case("client_sessions/get all", client_session_id="s1", user_identifier_key="u~1 +")
case("client_sessions/get_or_create")
case("client_sessions/get_or_create all", expires_at=END, user_identity_ids=["i1"])
case("client_sessions/grant_access", client_session_id="s1", connect_webview_ids=["w1", "w2"])
case("client_sessions/grant_access key", user_identifier_key="u1", user_identity_id="i1")
case("client_sessions/list")
case("client_sessions/list all", client_session_id="s1", without_user_identifier_key=True)
case("client_sessions/list nulls", connect_webview_id=NULL, user_identity_id=NULL)
case("client_sessions/list ids", connect_webview_id="w1", user_identity_id="i1")
case("client_sessions/revoke", client_session_id="s1")

case("connect_webviews/create")
case(
    "connect_webviews/create all",
    accepted_capabilities=["lock", "thermostat"],
    accepted_providers=["yale"],
    automatically_manage_new_devices=True,
    custom_redirect_failure_url="https://a.example/?x=1&y=ü",
    custom_redirect_url="https://a.example/b c",
    customer_key="k1",
    excluded_providers=[],
    provider_category="stable",
    wait_for_device_creation=False,
)
case("connect_webviews/create metadata", custom_metadata={"floor": "2 ü", "room": ""})
case("connect_webviews/create metadata bool", custom_metadata={"vip": True})
case("connect_webviews/delete", connect_webview_id="w1")
case("connect_webviews/get", connect_webview_id="w1")
case("connect_webviews/list")
case("connect_webviews/list all", customer_key="k1", limit=2, search="x ü", user_identifier_key="u")
case("connect_webviews/list metadata", custom_metadata_has={"floor": "2 ü", "a b": "c+d"})
case("connect_webviews/list metadata bool", custom_metadata_has={"vip": False})

case("connected_accounts/delete", connected_account_id="a1")
case("connected_accounts/get", connected_account_id="a1")
case("connected_accounts/get by email", email="zoë+1@a.example")
case("connected_accounts/list")
case("connected_accounts/list all", customer_key="k1", limit=2, search=SPECIAL, space_id="s1")
case("connected_accounts/list metadata", custom_metadata_has={"id": "1"}, page_cursor=NULL)
case("connected_accounts/list no metadata", custom_metadata_has={})
case("connected_accounts/simulate/disconnect", connected_account_id="a1")
case("connected_accounts/sync", connected_account_id="a1")
case("connected_accounts/update", connected_account_id="a1")
case(
    "connected_accounts/update all",
    connected_account_id="a1",
    accepted_capabilities=["lock"],
    automatically_manage_new_devices=False,
    custom_metadata={"internal id": "1"},
    customer_key="k1",
    display_name=SPECIAL,
)
case("connected_accounts/update no metadata", connected_account_id="a1", custom_metadata={})

case("customers/create_portal")
case(
    "customers/create_portal all",
    customer_resources_filters=[
        {"field": "custom_metadata.a", "operation": "=", "value": "x"},
        {"field": "custom_metadata.b", "operation": "=", "value": True},
    ],
    customization_profile_id="p1",
    exclude_locale_picker=True,
    features={
        "configure": {"exclude": True},
        "connect": {"accepted_providers": ["yale"], "excluded_providers": []},
        "manage": {
            "device_management_confirmation": {"title": SPECIAL},
            "events": {"allowed_events": ["lock.locked"]},
            "exclude_staff_management": False,
        },
        "organize": {"exclude": False},
    },
    is_embedded=False,
    landing_page={"manage": {"space_key": "s 1"}},
    locale="de-DE",
    navigation_mode="restricted",
    read_only=True,
)
case(
    "customers/create_portal data",
    customer_data={
        "customer_key": "k1",
        "buildings": [{"name": SPECIAL, "building_key": "b1"}],
        "guests": [{"name": "Zoë", "guest_key": "g1", "phone_number": "+15551234567"}],
        "access_grants": [
            {
                "access_grant_key": "g1",
                "preferred_code": "0042",
                "starts_at": START,
                "ends_at": END,
                "space_keys": ["s1"],
            }
        ],
    },
)
case("customers/delete_data", customer_keys=["k~1"])
case("customers/delete_data two", space_keys=["b", "a"], guest_keys=[SPECIAL])
case("customers/delete_data none", user_keys=[], room_keys=["r1"])
case("customers/push_data", customer_key="k1")
case(
    "customers/push_data nulls", customer_key="k1", customization_profile_id=NULL, low_battery_alert_threshold=NULL
)
case(
    "customers/push_data all",
    customer_key=SPECIAL,
    low_battery_alert_threshold=0.25,
    reservations=[
        {
            "reservation_key": "r1",
            "custom_metadata": {"paid": True},
            "starts_at": START,
            "ends_at": END,
            "guest_key": "g1",
        }
    ],
    sites=[{"name": "Site", "site_key": "t1"}],
    spaces=[{"name": "Space", "space_key": "s1", "geolocation": {"latitude": 52.5, "longitude": -13.404}}],
    staff_members=[{"name": "Zoë", "staff_member_key": "m1", "site_keys": ["t1"]}],
    tenants=[],
)

case("devices/get", device_id="d1")
case("devices/get by name", name=SPECIAL)
case("devices/list")
case("devices/list ids", device_ids=["d2", "d1"], connected_account_ids=["a1"])
case("devices/list none", device_ids=[], unstable_location_id=NULL, page_cursor=NULL)
case("devices/list metadata", custom_metadata_has={"floor": "2 ü", "a~b": "c+d"})
case(
    "devices/list all",
    connect_webview_id="w1",
    connected_account_id="a1",
    created_before=END,
    customer_key="k1",
    device_type="yale_lock",
    device_types=["yale_lock", "august_lock"],
    limit=500,
    manufacturer="yale",
    page_cursor="eyJ4Ijox/w==",
    search=SPECIAL,
    space_id="s1",
    unstable_location_id="s1",
    user_identifier_key="u1",
)
case("devices/list_device_providers")
case("devices/list_device_providers stable", provider_category="stable")
case(
    "devices/report_provider_metadata",
    devices=[
        {"device_id": "d1", "schlage_metadata": {"time_zone": "Europe/Berlin"}},
        {"device_id": "d2", "ultraloq_metadata": {"time_zone": "Etc/GMT+5"}},
    ],
)
case("devices/simulate/connect", device_id="d1")
case("devices/simulate/connect_to_hub", device_id="d1")
case("devices/simulate/disconnect", device_id="d1")
case("devices/simulate/disconnect_from_hub", device_id="d1")
case("devices/simulate/paid_subscription", device_id="d1", is_expired=True)
case("devices/simulate/remove", device_id="d1")
case("devices/unmanaged/get", device_id="d1")
case("devices/unmanaged/get by name", name="Front door")
case("devices/unmanaged/list")
case(
    "devices/unmanaged/list all",
    created_before=PARIS,
    device_types=["yale_lock"],
    limit=1,
    manufacturer="yale",
    search="x",
)
case("devices/unmanaged/update", device_id="d1", is_managed=True)
case("devices/unmanaged/update all", device_id="d1", custom_metadata={"a": True, "b": False})
case("devices/update", device_id="d1")
case("devices/update null", device_id="d1", name=NULL)
case(
    "devices/update all",
    device_id="d1",
    backup_access_code_pool_enabled=True,
    custom_metadata={"ü": "~"},
    is_managed=False,
    name=SPECIAL,
    properties={"name": "Front door"},
)

case("events/get", event_id="v1")
case("events/get of device", device_id="d1")
case("events/get of type", event_type="lock.locked")
case("events/get of both", device_id="d1", event_type="lock.locked")
case("events/list since", since=START)
case("events/list between", between=[START, END], limit=100, unstable_offset=200)
case("events/list types", since=PARIS, event_types=["lock.locked", "lock.unlocked"])
case("events/list ids", event_ids=["v1"], device_ids=["d1", "d2"], space_ids=[])
case(
    "events/list all",
    access_code_id="c1",
    access_code_ids=["c1", "c2"],
    access_grant_id="g1",
    access_method_id="m1",
    acs_access_group_id="a1",
    acs_credential_id="c1",
    acs_encoder_id="n1",
    acs_entrance_id="e1",
    acs_system_id="y1",
    acs_user_id="u1",
    connect_webview_id="w1",
    connected_account_id="a1",
    customer_key=SPECIAL,
    device_id="d1",
    event_type="device.connected",
    since=START,
    space_id="s1",
    user_identity_id="i1",
)

case("instant_keys/delete", instant_key_id="k1")
case("instant_keys/get", instant_key_id="k1")
case("instant_keys/get by url", instant_key_url="https://ik.a.example/ABC?x=1")
case("instant_keys/list")
case("instant_keys/list of identity", user_identity_id="i1")

case("locks/configure_auto_lock", device_id="d1", auto_lock_enabled=False)
case("locks/configure_auto_lock all", device_id="d1", auto_lock_enabled=True, auto_lock_delay_seconds=30)
case("locks/get", device_id="d1")
case("locks/get by name", name="Haustür 2+")
case("locks/list")
case("locks/list all", connected_account_id="a1", device_types=["yale_lock"], manufacturer="yale")
case("locks/lock_door", device_id="d1")
case("locks/simulate/keypad_code_entry", device_id="d1", code="0042")
case("locks/simulate/manual_lock_via_keypad", device_id="d1")
case("locks/unlock_door", device_id="d1")

case("media/get", media_id="m1")
case("media/get json", media_id="m1", format="json")

case("noise_sensors/list")
case("noise_sensors/list all", device_types=["minut_sensor"], device_type="minut_sensor")
case(
    "noise_sensors/noise_thresholds/create",
    device_id="d1",
    starts_daily_at="22:00:00[UTC]",
    ends_daily_at="07:00:00[UTC]",
)
case(
    "noise_sensors/noise_thresholds/create all",
    device_id="d1",
    starts_daily_at="22:00",
    ends_daily_at="07:00",
    name=SPECIAL,
    noise_threshold_decibels=60.5,
    noise_threshold_nrs=45.0,
)
case("noise_sensors/noise_thresholds/delete", noise_threshold_id="h1", device_id="d1")
case("noise_sensors/noise_thresholds/get", noise_threshold_id="h1")
case("noise_sensors/noise_thresholds/list", device_id="d1")
case("noise_sensors/noise_thresholds/update", noise_threshold_id="h1", device_id="d1")
case(
    "noise_sensors/noise_thresholds/update all",
    noise_threshold_id="h1",
    device_id="d1",
    starts_daily_at="21:00",
    ends_daily_at="06:00",
    name="x",
    noise_threshold_nrs=0.1,
)
case("noise_sensors/simulate/trigger_noise_threshold", device_id="d1")

case("phones/deactivate", device_id="d1")
case("phones/get", device_id="d1")
case("phones/list")
case("phones/list all", acs_credential_id="c1", owner_user_identity_id="i1")
case("phones/simulate/create_sandbox_phone", user_identity_id="i1")
case(
    "phones/simulate/create_sandbox_phone all",
    user_identity_id="i1",
    assa_abloy_metadata={"ble_capability": True, "seos_tsm_endpoint_id": 1},
    custom_sdk_installation_id="x1",
    phone_metadata={"device_model": SPECIAL, "operating_system": "ios"},
)

STAY = {"address": SPECIAL, "default_checkin_time": "15:00", "time_zone": "Europe/Berlin"}

case("spaces/add_acs_entrances", space_id="s1", acs_entrance_ids=["e1", "e2"])
case("spaces/add_connected_account", space_id="s1", connected_account_id="a1")
case("spaces/add_devices", space_id="s1", device_ids=["d1"])
case("spaces/create", name=SPECIAL)
case(
    "spaces/create all",
    name="Häuser",
    acs_entrance_ids=[],
    connected_account_ids=["a1"],
    customer_data=STAY,
    customer_key="k1",
    device_ids=["d1", "d2"],
    space_key="s~1",
)
case("spaces/delete", space_id="s1")
case("spaces/get", space_id="s1")
case("spaces/get by key", space_key="s 1/2")
case("spaces/get_related", space_ids=["s1", "s2"], include=["devices"])
case("spaces/get_related keys", space_keys=["k1"], exclude=["acs_systems", "devices"])
case("spaces/list")
case("spaces/list all", customer_key="k1", limit=3, page_cursor="p1", search=SPECIAL, space_key="s1")
case("spaces/remove_acs_entrances", space_id="s1", acs_entrance_ids=["e2", "e1"])
case("spaces/remove_connected_account", space_id="s1", connected_account_id="a1")
case("spaces/remove_devices", space_id="s1", device_ids=["d1"])
case("spaces/remove_devices none", space_id="s1", device_ids=[])
case("spaces/update", space_id="s1", name="x", device_ids=[])
case("spaces/update by key", space_key="s1", customer_data=STAY, acs_entrance_ids=["e1"])

case("thermostats/activate_climate_preset", device_id="d1", climate_preset_key="Eco ü")
case("thermostats/activate_weekly_program", device_id="d1")
case("thermostats/cool", device_id="d1")
case("thermostats/cool all", device_id="d1", cooling_set_point_celsius=22.5)
case("thermostats/create_climate_preset", device_id="d1", climate_preset_key="eco")
case(
    "thermostats/create_climate_preset all",
    device_id="d1",
    climate_preset_key="eco",
    climate_preset_mode="away",
    cooling_set_point_celsius=25.0,
    ecobee_metadata={"climate_ref": "r1", "is_optimized": True, "owner": "user"},
    fan_mode_setting="auto",
    heating_set_point_celsius=16.5,
    hvac_mode_setting="heat_cool",
    manual_override_allowed=False,
    name=SPECIAL,
)
case("thermostats/delete_climate_preset", device_id="d1", climate_preset_key="Eco ü")
case("thermostats/heat", device_id="d1", heating_set_point_fahrenheit=68.0)
case("thermostats/heat_cool", device_id="d1", heating_set_point_celsius=19.5, cooling_set_point_celsius=24.0)
case("thermostats/list")
case("thermostats/list all", device_types=["ecobee_thermostat"], customer_key="k1")
case("thermostats/off", device_id="d1")
case("thermostats/set_fallback_climate_preset", device_id="d1", climate_preset_key="eco")
case("thermostats/set_fan_mode", device_id="d1", fan_mode="on", fan_mode_setting="circulate")
case("thermostats/set_hvac_mode", device_id="d1", hvac_mode_setting="cool", cooling_set_point_fahrenheit=75.5)
case(
    "thermostats/set_temperature_threshold", device_id="d1", lower_limit_celsius=-5.5, upper_limit_celsius=30.0
)
case(
    "thermostats/set_temperature_threshold nulls",
    device_id="d1",
    lower_limit_celsius=NULL,
    upper_limit_fahrenheit=NULL,
)
case("thermostats/simulate/hvac_mode_adjusted", device_id="d1", hvac_mode="off")
case(
    "thermostats/simulate/hvac_mode_adjusted all",
    device_id="d1",
    hvac_mode="heat",
    heating_set_point_celsius=20.0,
)
case("thermostats/simulate/temperature_reached", device_id="d1", temperature_celsius=1e-7)
case("thermostats/update_climate_preset", device_id="d1", climate_preset_key="eco", name=NULL)
case(
    "thermostats/update_climate_preset all",
    device_id="d1",
    climate_preset_key="eco",
    name="x",
    hvac_mode_setting="off",
    manual_override_allowed=True,
)
case("thermostats/update_weekly_program", device_id="d1", monday_program_id="p1")
case(
    "thermostats/update_weekly_program nulls", device_id="d1", saturday_program_id=NULL, sunday_program_id=NULL
)

DAY = {"starts_at_time": "07:00:00", "climate_preset_key": "day"}
NIGHT = {"starts_at_time": "22:00:00", "climate_preset_key": "night"}
SCHEDULE = {"device_id": "d1", "climate_preset_key": "eco", "ends_at": END}

case("thermostats/daily_programs/create", device_id="d1", name=SPECIAL, periods=[DAY, NIGHT])
case("thermostats/daily_programs/delete", thermostat_daily_program_id="p1")
case("thermostats/daily_programs/update", thermostat_daily_program_id="p1", name="x", periods=[DAY])
case("thermostats/schedules/create", **SCHEDULE, starts_at=START)
case(
    "thermostats/schedules/create all",
    **SCHEDULE,
    starts_at=START,
    is_override_allowed=True,
    max_override_period_minutes=90,
    name=SPECIAL,
)
case("thermostats/schedules/create null", **SCHEDULE, starts_at=PARIS, max_override_period_minutes=NULL)
case("thermostats/schedules/delete", thermostat_schedule_id="h1")
case("thermostats/schedules/get", thermostat_schedule_id="h1")
case("thermostats/schedules/list", device_id="d1")
case("thermostats/schedules/list of user", device_id="d1", user_identifier_key="u~1")
case("thermostats/schedules/update", thermostat_schedule_id="h1", max_override_period_minutes=NULL)
case(
    "thermostats/schedules/update all",
    thermostat_schedule_id="h1",
    climate_preset_key="eco",
    starts_at=START,
    ends_at=END,
    is_override_allowed=False,
)

case("user_identities/add_acs_user", user_identity_id="i1", acs_user_id="u1")
case("user_identities/add_acs_user by key", user_identity_key="k 1", acs_user_id="u1")
case("user_identities/create")
case(
    "user_identities/create all",
    acs_system_ids=["y1", "y2"],
    customer_key="k1",
    email_address="zoë+1@a.example",
    full_name=SPECIAL,
    phone_number="+15551234567",
    user_identity_key="i~1",
)
case(
    "user_identities/create nulls", email_address=NULL, full_name=NULL, phone_number=NULL, user_identity_key=NULL
)
case("user_identities/delete", user_identity_id="i1")
case("user_identities/generate_instant_key", user_identity_id="i1")
case(
    "user_identities/generate_instant_key all",
    user_identity_id="i1",
    max_use_count=3,
    customization_profile_id="p1",
)
case("user_identities/get", user_identity_id="i1")
case("user_identities/get by key", user_identity_key=SPECIAL)
case("user_identities/grant_access_to_device", user_identity_id="i1", device_id="d1")
case("user_identities/list")
case(
    "user_identities/list all",
    created_before=END,
    credential_manager_acs_system_id="y1",
    limit=10,
    search=SPECIAL,
    user_identity_ids=["i1", "i2"],
)
case("user_identities/list null", page_cursor=NULL, user_identity_ids=["i1"])
case("user_identities/list_accessible_devices", user_identity_id="i1")
case("user_identities/list_accessible_entrances", user_identity_id="i1")
case("user_identities/list_acs_systems", user_identity_id="i1")
case("user_identities/list_acs_users", user_identity_id="i1")
case("user_identities/merge", user_identity_id="i1", merged_user_identity_ids=["i2", "i3"])
case("user_identities/merge by key", user_identity_key="k1", merged_user_identity_keys=["k 2"])
case("user_identities/remove_acs_user", user_identity_id="i1", acs_user_id="u1")
case("user_identities/revoke_access_to_device", user_identity_id="i1", device_id="d1")
case("user_identities/unmanaged/get", user_identity_id="i1")
case("user_identities/unmanaged/list")
case("user_identities/unmanaged/list all", created_before=START, limit=5, search="a b")
case("user_identities/unmanaged/update", user_identity_id="i1", is_managed=True)
case("user_identities/unmanaged/update key", user_identity_id="i1", is_managed=True, user_identity_key="k1")
case("user_identities/update", user_identity_id="i1", full_name=SPECIAL, phone_number="+15551234567")
case("user_identities/update nulls", user_identity_id="i1", email_address=NULL, user_identity_key=NULL)

case("webhooks/create", url="https://a.example/hook?x=ü")
case("webhooks/create types", url="https://a.example/", event_types=["lock.locked", "*"])
case("webhooks/delete", webhook_id="h1")
case("webhooks/get", webhook_id="h1")
case("webhooks/list")
case("webhooks/update", webhook_id="h1", event_types=["lock.locked"])
case("webhooks/update none", webhook_id="h1", event_types=[])

case("workspaces/create", name=SPECIAL)
case(
    "workspaces/create all",
    name="x",
    company_name="Häuser & Co",
    connect_partner_name="y",
    connect_webview_customization={"logo_shape": "circle", "success_message": SPECIAL},
    is_sandbox=True,
    organization_id="o1",
    webview_logo_shape="square",
    webview_primary_button_color="#ff0000",
)
case("workspaces/create null", name="x", connect_partner_name=NULL)
case("workspaces/get")
case("workspaces/list")
case("workspaces/reset_sandbox")
case("workspaces/update")
case(
    "workspaces/update all",
    connect_partner_name="y",
    connect_webview_customization={"primary_button_color": "#00ff00"},
    is_publishable_key_auth_enabled=True,
    is_suspended=False,
    name=SPECIAL,
)

if __name__ == "__main__":
    main()
