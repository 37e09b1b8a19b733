//! Benchmarks of requests to a small fake and to one with 100,000 devices.
#![expect(clippy::unwrap_used, reason = "a benchmark fails if its calls fail")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use seam_fake::{FakeSeam, NewDevice};

const SMALL: usize = 5;
const LARGE: usize = 100_000;

/// Returns a fake with this number of locks.
fn fake_with(locks: usize) -> FakeSeam {
    let fake = FakeSeam::empty();
    for number in 0..locks {
        fake.add_device(NewDevice::of_type("august_lock").id(format!("lock-{number}")));
    }
    fake
}

fn fake(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    criterion.bench_function("a new fake_with", |bencher| bencher.iter(|| black_box(FakeSeam::new())));
    for locks in [SMALL, LARGE] {
        let fake = fake_with(locks);
        let seam = fake.seam();
        let last = format!("lock-{}", locks - 1);
        let mut group = criterion.benchmark_group(format!("{locks} devices"));
        group.sample_size(20);
        group.bench_function("get one", |bencher| {
            bencher.iter(|| runtime.block_on(seam.devices().get(last.as_str()).into_future()).unwrap());
        });
        group.bench_function("the first page of 5", |bencher| {
            bencher.iter(|| runtime.block_on(seam.devices().list().limit(5).into_future()).unwrap());
        });
        group.bench_function("search for one", |bencher| {
            bencher.iter(|| runtime.block_on(seam.devices().list().search(last.as_str()).into_future()).unwrap());
        });
        group.finish();
    }
}

criterion_group!(benches, fake);
criterion_main!(benches);
