//! Time to parse the API description and the annotations, which happens once per process.
#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use seam_spec::{Annotations, ApiDescription};

fn parse(criterion: &mut Criterion) {
    criterion.bench_function("API description", |bencher| {
        bencher.iter(|| black_box(ApiDescription::embedded().unwrap()));
    });
    criterion.bench_function("annotations", |bencher| {
        bencher.iter(|| black_box(Annotations::embedded().unwrap()));
    });
}

criterion_group!(benches, parse);
criterion_main!(benches);
