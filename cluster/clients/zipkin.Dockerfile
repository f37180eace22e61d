# A Zipkin from the jar that interop/install.mjs installs, for clusters that cannot pull one.
FROM docker.io/library/debian:bookworm-slim
RUN apt-get -qq update && apt-get -qq -y --no-install-recommends install openjdk-17-jre-headless >/dev/null && rm -rf /var/lib/apt/lists/*
COPY zipkin.jar /zipkin.jar
USER 65532:65532
ENTRYPOINT ["sh", "-c", "exec java $JAVA_OPTS -jar /zipkin.jar"]
