//! What the pages of the guide say twice is the same both times.

#[test]
fn the_page_on_transports_shows_the_transport_that_is_tested() {
    let source = include_str!("../src/hyper_transport.rs");
    let (_, code) = source.split_once("\n\n").unwrap_or_default();
    assert!(code.contains("impl Transport for HyperTransport"));
    assert!(include_str!("../transports.md").contains(code.trim()), "copy docs/src/hyper_transport.rs into the page");
}

#[test]
fn the_page_on_webhooks_shows_the_receiver_that_is_tested() {
    let source = include_str!("../src/webhook_receiver.rs");
    let (_, code) = source.split_once("\n\n").unwrap_or_default();
    assert!(code.contains("verifier.verify(&headers, &body)"));
    assert!(include_str!("../webhooks.md").contains(code.trim()), "copy docs/src/webhook_receiver.rs into the page");
}
