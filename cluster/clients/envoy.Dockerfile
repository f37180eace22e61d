# An Envoy from the binary that interop/install.mjs installs, for clusters that cannot pull one.
FROM docker.io/library/debian:bookworm-slim
COPY envoy /usr/local/bin/envoy
USER 65532:65532
ENTRYPOINT ["envoy"]
