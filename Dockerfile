# An image that contains only the program `fake-seam`:
#
#     docker build --tag fake-seam .
#     docker run --rm --publish 127.0.0.1:4000:4000 fake-seam --seed
#
# On Alpine, Rust links statically against musl, so the program needs no shared libraries.
FROM rust:1.95-alpine AS build
RUN apk add --no-cache musl-dev
WORKDIR /build
COPY . .
RUN cargo build --locked --release --package seam-fake --bin fake-seam

FROM scratch
COPY --from=build /build/target/release/fake-seam /fake-seam
COPY LICENSE-MIT LICENSE-APACHE /
# A user id without a user, which owns no files.
USER 65532:65532
ENV PORT=4000
EXPOSE 4000
# The program checks http://127.0.0.1:PORT itself, because the image has no curl.
HEALTHCHECK --interval=5s --timeout=6s --start-period=1s CMD ["/fake-seam", "--health-check"]
ENTRYPOINT ["/fake-seam", "--host", "0.0.0.0"]
