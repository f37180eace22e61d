# The grpc-go and grpc-js clients of interop/, for tests only. Made from the folder that context.mjs puts together.
FROM docker.io/library/node:26-bookworm-slim
WORKDIR /app
COPY package.json package-lock.json ./
COPY packages packages
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
COPY interop interop
COPY src src
COPY go-client /usr/local/bin/go-client
COPY go-caller /usr/local/bin/go-caller
USER 65532:65532
ENTRYPOINT ["node", "/app/interop/node/client.ts"]
