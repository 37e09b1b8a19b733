//! Measures requests in a middleware, with the crate `metrics`.
//!
//! ```console
//! $ cargo run --example request_metrics
//! seam_requests_total{route="/devices/list", outcome="503"} +1
//! seam_requests_total{route="/devices/list", outcome="200"} +1
//! seam_requests_total{route="/access_codes/list", outcome="200"} +1
//! ```
#![expect(clippy::print_stdout, reason = "an example prints what it does")]

use std::{error::Error, sync::Arc, time::Instant};

use metrics::{Counter, CounterFn, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use seam_fake::{FRONT_DOOR, Fault};
use seam_guide::example;
use seam_reqwest::{Builder, RequestExt, Transport, transport_fn};

/// Adds a middleware that counts the requests of a client and measures the duration of each attempt. The labels have
/// few values: the route rather than the URL, and the status or the kind of failure rather than its message.
fn measured(builder: Builder) -> Builder {
    builder.wrap(|inner| {
        transport_fn(move |request| {
            let inner = Arc::clone(&inner);
            async move {
                let route = request.spec().map_or("other", |spec| spec.path());
                let start = Instant::now();
                let result = inner.send(request).await;
                metrics::histogram!("seam_request_seconds", "route" => route).record(start.elapsed());
                let outcome = result.as_ref().map(|response| response.status().as_str().to_owned());
                let outcome = outcome.unwrap_or_else(|error| format!("{:?}", error.kind()));
                metrics::counter!("seam_requests_total", "route" => route, "outcome" => outcome).increment(1);
                result
            }
        })
    })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    metrics::set_global_recorder(Printer)?;
    if let Some(fake) = example::fake() {
        // The client retries a read, and the middleware sees each attempt.
        fake.inject(Fault::status(503).on("/devices/list").times(1));
    }
    let seam = measured(example::builder()?).build()?;
    let devices = seam.devices().list().limit(1).await?;
    let first = devices.items.first().map_or(FRONT_DOOR, |device| device.device_id.as_str());
    seam.access_codes().list().device_id(first).await?;
    Ok(())
}

/// A stand-in for the exporter of a program, such as that for Prometheus. It prints counters and ignores other metrics.
struct Printer;

impl Recorder for Printer {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let labels: Vec<_> = key.labels().map(|label| format!("{}={:?}", label.key(), label.value())).collect();
        Counter::from_arc(Arc::new(Line(format!("{}{{{}}}", key.name(), labels.join(", ")))))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

/// A counter with its labels.
struct Line(String);

impl CounterFn for Line {
    fn increment(&self, value: u64) {
        println!("{} +{value}", self.0);
    }

    fn absolute(&self, value: u64) {
        println!("{} {value}", self.0);
    }
}
