//! Checks at compile time which types are `Send` and `Sync`. `crates/*/public-api.txt` lists every public type that is
//! not.

use std::error::Error as StdError;

use seam_core::{
    AndWait, Body, Builder, Call, Credentials, Environment, Error, FullResponse, Items, Page, Pages, ParameterError,
    RateLimits, Request, Response, RetryPolicy, Seam, SystemClock, Transport, TransportError, Until, Watch,
    endpoints::{devices, locks},
    model::{
        self, AccessCode, ActionAttempt, Device, DeviceId, Event, Extra, Json, Pin, SecretUrl, Timestamp,
        TimestampError, Token,
    },
};
use seam_fake::{FakeSeam, SeedError};
use seam_mock::{Script, ScriptError};
use seam_reqwest::{ReqwestTransport, ReqwestTransportBuilder, TokioClock, WebhookError, WebhookVerifier};

fn shared<T: Send + Sync + 'static>() {}
fn error<T: StdError + Send + Sync + 'static>() {}
fn future<T: IntoFuture<IntoFuture: Send>>(_: &T) {}

#[test]
fn values_are_shared_between_threads() {
    shared::<Device>();
    shared::<AccessCode>();
    shared::<ActionAttempt>();
    shared::<Event>();
    shared::<DeviceId>();
    shared::<Extra>();
    shared::<Json>();
    shared::<Timestamp>();
    shared::<(Pin, Token, SecretUrl)>();
    shared::<Page<Device>>();
    shared::<FullResponse<Device>>();
    shared::<(Request, Response, Body)>();
}

#[test]
fn clients_and_their_parts_are_shared_between_threads() {
    shared::<Seam>();
    shared::<Builder>();
    shared::<(Credentials, Environment, RetryPolicy, RateLimits)>();
    shared::<(SystemClock, TokioClock)>();
    shared::<Box<dyn Transport>>();
    shared::<(ReqwestTransport, ReqwestTransportBuilder)>();
    shared::<WebhookVerifier>();
    shared::<(Script, FakeSeam)>();
}

#[test]
fn calls_can_be_spawned() {
    fn sent<T: Send + 'static>() {}
    sent::<Call<locks::UnlockDoor>>();
    sent::<AndWait<locks::UnlockDoor>>();
    sent::<Until<devices::Get, fn(&Device) -> bool>>();
    sent::<(Pages<devices::List>, Items<devices::List>, Watch)>();
    let seam = FakeSeam::new().seam();
    future(&seam.devices().list());
    future(&seam.locks().unlock_door("front").and_wait());
    future(&seam.devices().get("front").until(|_| true));
}

#[test]
fn errors_can_be_boxed() {
    error::<Error>();
    error::<TransportError>();
    error::<ParameterError>();
    error::<WebhookError>();
    error::<TimestampError>();
    error::<model::TimeOfDayError>();
    error::<model::IsoDurationError>();
    error::<SeedError>();
    error::<ScriptError>();
}
