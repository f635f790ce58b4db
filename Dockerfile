# syntax=docker/dockerfile:1
# The image: one binary, CA certificates, a user that is not root, nothing else; not even a shell.
#
#   docker build -t evergate --build-arg COMMIT="$(git rev-parse --short HEAD)" .
#   docker run --rm --network host evergate demo     (Linux: the browser must reach the demo's S3 server on loopback too)

# The release that rust-toolchain.toml names.
FROM rust:1.95.0-slim-bookworm AS chef
RUN cargo install --locked --version 0.1.78 cargo-chef
WORKDIR /build

# What to build before our own code: a recipe that changes only when Cargo.toml or Cargo.lock does.
FROM chef AS plan
COPY . .
RUN cargo chef prepare --recipe-path recipe.json --bin evergate

FROM chef AS build
COPY --from=plan /build/recipe.json recipe.json
RUN cargo chef cook --release --locked --recipe-path recipe.json --bin evergate
COPY . .
ARG COMMIT=""
# Shown by the metric evergate_build_info. An empty value would hide that nobody set it.
RUN if [ -n "$COMMIT" ]; then export EVERGATE_COMMIT="$COMMIT"; fi \
 && cargo build --release --locked --bin evergate \
 && mkdir -p /out/usr/local/bin /out/usr/share/evergate /out/etc/evergate \
 && cp target/release/evergate /out/usr/local/bin/ \
 && cp config.yaml /out/usr/share/evergate/

# glibc, libgcc, CA certificates, time zones; the user is 65532.
FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="Evergate" \
      org.opencontainers.image.description="A gateway in front of S3 that makes object links never go stale" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /out/ /
# Where a config.yaml with relative paths, such as the one in /usr/share/evergate, keeps its data.
WORKDIR /home/nonroot
# The public listener and the admin listener; the latter listens on loopback unless the configuration says otherwise.
EXPOSE 8080 9901
# Asks the admin listener; finds it by the same configuration as `serve`, so name a file by EVERGATE_CONFIG, not by --config.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 CMD ["/usr/local/bin/evergate", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/evergate"]
CMD ["serve"]
