//! The base URL: which URLs are accepted, the URLs of requests, and that errors do not quote it.
#![expect(clippy::unwrap_used, reason = "tests assert by panicking")]

mod support;

use seam_core::{Credentials, Error, ErrorKind, Seam};
use serde_json::json;
use support::{API_KEY, CODE_ID, Recorder, everything_printed, ok, run};

fn build(url: &str, plain_http: bool) -> Result<(Seam, Recorder), Error> {
    let recorder = Recorder::new([ok(&json!({ "access_code": { "access_code_id": CODE_ID } }))]);
    let builder =
        Seam::builder(recorder.clone()).credentials(Credentials::api_key(API_KEY).unwrap()).base_url(url.to_owned());
    let builder = if plain_http { builder.allow_plain_http() } else { builder };
    Ok((builder.build()?, recorder))
}

/// Returns the URL of a request without the route.
#[track_caller]
fn target(url: &str, plain_http: bool) -> String {
    let (seam, recorder) = build(url, plain_http).unwrap();
    run(seam.access_codes().unmanaged().get(CODE_ID)).unwrap();
    let uri = recorder.only_request().uri().to_string();
    let route = format!("/access_codes/unmanaged/get?access_code_id={CODE_ID}&_strict=true");
    uri.strip_suffix(&route).unwrap().to_owned()
}

#[track_caller]
fn rejection(url: &str) -> String {
    let error = build(url, false).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidConfiguration, "{url}");
    assert!(error.is_not_sent());
    let shown = everything_printed(&error);
    assert!(shown.contains("https://connect.getseam.com"), "the message has a valid example: {shown}");
    for part in
        url.split(['/', ' ', '@', ':', '?', '#']).filter(|part| part.len() > 5 && *part != "connect.getseam.com")
    {
        assert!(!shown.contains(part), "{part} in {shown}");
    }
    error.to_string()
}

#[test]
fn without_a_base_url_requests_go_to_seam() {
    let recorder = Recorder::new([ok(&json!({ "access_code": { "access_code_id": CODE_ID } }))]);
    run(recorder.client().access_codes().unmanaged().get(CODE_ID)).unwrap();
    let request = recorder.only_request();
    assert_eq!(request.uri().scheme_str(), Some("https"));
    assert_eq!(request.uri().authority().unwrap(), "connect.getseam.com");
}

#[test]
fn a_sub_path_is_kept_and_a_trailing_slash_is_ignored() {
    for (url, expected) in [
        ("https://example.com", "https://example.com"),
        ("https://example.com/", "https://example.com"),
        ("https://example.com//", "https://example.com"),
        ("https://example.com/seam", "https://example.com/seam"),
        ("https://example.com/seam/", "https://example.com/seam"),
        ("https://example.com/a/b/v1//", "https://example.com/a/b/v1"),
        ("https://example.com/a%20b", "https://example.com/a%20b"),
    ] {
        assert_eq!(target(url, false), expected);
    }
}

#[test]
fn a_port_is_kept() {
    assert_eq!(target("https://example.com:8443/x/", false), "https://example.com:8443/x");
}

#[test]
fn surrounding_whitespace_is_ignored() {
    assert_eq!(target(" https://example.com/seam/\n", false), "https://example.com/seam");
}

#[test]
fn the_scheme_is_case_insensitive() {
    assert_eq!(target("HTTPS://example.com", false), "https://example.com");
    assert!(rejection("HTTP://capitals.example").contains("is http"));
}

#[test]
fn plain_http_is_allowed_for_loopback_addresses() {
    for url in [
        "http://localhost",
        "http://localhost:3020",
        "http://LOCALHOST:3020",
        "http://127.0.0.1:3020",
        "http://127.255.0.9",
        "http://[::1]:3020",
        "http://[0:0:0:0:0:0:0:1]",
    ] {
        assert_eq!(target(url, false), url);
    }
}

#[test]
fn plain_http_to_another_machine_is_rejected() {
    for url in [
        "http://connect.getseam.com",
        "http://example.com:80",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://example.com/localhost",
        "http://128.0.0.1",
        "http://0.0.0.0",
        "http://192.168.0.1",
        "http://[::2]:3020",
        "http://[::ffff:192.168.0.1]",
        "http://2130706433",
        "http://0177.0.0.1",
    ] {
        assert_eq!(
            rejection(url),
            "the base URL is http, which would send the credentials unencrypted; \
             expected a URL such as https://connect.getseam.com"
        );
    }
}

/// Programs parse these URLs differently.
#[test]
fn an_ambiguous_url_is_rejected() {
    for url in [
        "http://127.0.0.1:+80",
        "https://example.com:+443",
        "https://example.com:-443",
        "https://example.com:0443",
        "https://example.com:0",
        "https://example.com:00",
        "https://example.com:65536",
        "https://example.com:",
        "https://example.com: 443",
        "https://example.com:443:443",
        "https://example.com:4_43",
        "https://[2001:db8::1]:+443",
        "https://127.1",
        "https://0x7f.1",
        "https://0x7f000001",
        "https://2130706433",
        "https://0177.0.0.1",
        "https://127.0.0.256",
        "https://127.0.0.1.",
        "https://1.2.3.4.5",
        "https://[fe80::1%25eth0]",
        "https://[fe80::1%eth0]",
        "https://[::1]x",
        "https://ex%61mple.com",
        "https://example%2ecom",
        "https://.example.com",
        "https://example..com",
        "https://example.com..",
        "https://exa$mple.com",
        "https://example.com;attacker.example",
        "https:\\\\example.com",
        "https://example.com\\@attacker.example",
        "https:\\\\example.com\\seam",
        "https://example.com/seam\\v1",
        "https://example.com/seam/../v1",
        "https://example.com/./seam",
        "https://example.com/%2e%2E/seam",
        "https://example.com/.%2e",
        "https://exam\tple.com",
        "https://example.com/a b",
    ] {
        for plain_http in [false, true] {
            let error = build(url, plain_http).map(drop).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidConfiguration, "{url}");
        }
    }
    for url in [
        "https://example.com:1",
        "https://example.com:65535",
        "https://example.com.",
        "https://seam_fake:8443",
        "https://xn--mnchen-3ya.example",
        "https://192.0.2.1",
        "https://[2001:db8::1]:8443",
        "https://example.com/..a/b..",
    ] {
        assert_eq!(target(url, false), url);
    }
}

#[test]
fn localhost_and_the_loopback_networks_are_loopback() {
    for host in ["localhost", "LocalHost", "127.0.0.0", "127.0.0.1", "127.255.255.255", "[::1]", "[0:0:0:0:0:0:0:1]"] {
        assert!(seam_core::is_loopback(host), "{host}");
    }
    for host in [
        "126.0.0.1",
        "126.255.255.255",
        "128.0.0.0",
        "128.0.0.1",
        "27.0.0.1",
        "0.0.0.0",
        "127.1",
        "127.0.0.1.",
        "0x7f.1",
        "localhost.",
        "x.localhost",
        "localhost.example.com",
        "127.0.0.1.example.com",
        "::1",
        "[::]",
        "[::2]",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[1::1]",
        "",
    ] {
        assert!(!seam_core::is_loopback(host), "{host}");
    }
}

#[test]
fn the_error_names_quotation_marks() {
    for url in ["\"https://canary.example\"", "'https://canary.example'", " \"https://canary.example\"\n", "\"\""] {
        let message = rejection(url);
        assert!(message.contains("quotation marks") && message.contains("docker --env-file"), "{message}");
    }
}

#[test]
fn plain_http_to_another_machine_can_be_allowed() {
    assert_eq!(target("http://seam.internal:8080/x/", true), "http://seam.internal:8080/x");
    assert_eq!(target("https://example.com", true), "https://example.com");
}

#[test]
fn a_user_name_or_password_is_rejected() {
    for url in [
        "https://canary-user:canary-password@example.com",
        "https://canary-user@example.com",
        "https://:canary-password@example.com",
        "http://localhost@canary-host.example",
        "http://canary-user:canary-password@localhost:3020",
    ] {
        let message = rejection(url);
        assert!(message.contains("contains a user name or password"), "{message}");
    }
}

#[test]
fn a_query_or_fragment_is_rejected() {
    for url in [
        "https://example.com?canary=1",
        "https://example.com/?",
        "https://example.com/seam?api_key=canary-key",
        "https://example.com#canary",
        "https://example.com/seam/#",
    ] {
        let message = rejection(url);
        assert!(message.contains("has a query or a fragment"), "{message}");
    }
}

#[test]
fn an_invalid_url_is_rejected() {
    for url in [
        "",
        " ",
        "example.com",
        "connect.getseam.com/canary",
        "localhost:3020",
        "/canary-path",
        "//canary.example",
        "https://",
        "https:///canary",
        "https:canary.example",
        "https://:8443",
        "https://canary host.example",
        "https://canary.example:port",
        "https://canary.example:99999",
        "https://[::1",
        "https://canary\r\nx-attacker: 1",
        "https://canar\u{fd}.example",
        "*",
    ] {
        rejection(url);
    }
}

#[test]
fn another_scheme_is_rejected() {
    for url in
        ["ftp://canary.example", "ws://canary.example", "unix://canary.example/socket", "httpss://canary.example"]
    {
        let message = rejection(url);
        assert!(message.contains("is neither https nor http"), "{message}");
    }
}

#[test]
fn only_ipv6_addresses_may_have_brackets() {
    for url in ["http://[127.0.0.1]", "https://[x]:80", "https://[localhost]", "https://[]"] {
        assert!(build(url, true).is_err(), "{url}");
    }
    assert!(!seam_core::is_loopback("[127.0.0.1]"));
    assert!(seam_core::is_loopback("[::1]") && seam_core::is_loopback("127.9.9.9"));
}
