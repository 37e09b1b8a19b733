//! Measures the time of decoding an unmanaged access code, compared with `serde_json` and a hand-written struct.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot decode its input is useless")]

mod support;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use seam_model::UnmanagedAccessCode;
use support::{OBJECT, Plain};

fn decode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode an unmanaged access code");
    group.throughput(Throughput::Bytes(OBJECT.len() as u64));
    group.bench_function("plain serde_json", |bencher| {
        bencher.iter(|| serde_json::from_slice::<Plain>(black_box(OBJECT)).unwrap());
    });
    group.bench_function("seam-model", |bencher| {
        bencher.iter(|| serde_json::from_slice::<UnmanagedAccessCode>(black_box(OBJECT)).unwrap());
    });
    group.finish();
}

criterion_group!(benches, decode);
criterion_main!(benches);
