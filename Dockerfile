# Mergepix as one image: `serve` answers recipients and the API, `worker` works off the queue.
#   docker build -t mergepix .
# It writes into /data and /tmp alone, so that the rest can be read-only, and needs no rights.

FROM node:20.20.2-bookworm-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends \
      build-essential python3 pkg-config libcairo2-dev libpango1.0-dev libjpeg-dev libgif-dev librsvg2-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json ./
COPY bench/package.json bench/
COPY studio/package.json studio/package-lock.json studio/
RUN npm ci --ignore-scripts --no-audit --no-fund --workspaces=false --include-workspace-root \
    && npm ci --prefix studio --ignore-scripts --no-audit --no-fund
# From source, against the libraries below, so that security fixes of Debian's reach it.
RUN npm_config_build_from_source=true JOBS=max npm rebuild canvas
# Layers keep whole seconds: with fractions, the cache of fonts that the build makes would not be taken for valid.
RUN find node_modules/@expo-google-fonts -exec touch --date=@1700000000 {} +
COPY . .
RUN npm run -s build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund --workspaces=false --include-workspace-root \
    && rm -rf node_modules/canvas/build/Release/obj.target

FROM node:20.20.2-bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends \
      libcairo2 libpango-1.0-0 libpangocairo-1.0-0 libjpeg62-turbo libgif7 librsvg2-2 \
    && rm -rf /var/lib/apt/lists/* \
    && mkdir /data && chown 1000:1000 /data
WORKDIR /app
COPY --from=build /app/package.json /app/LICENSE ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/examples examples
ENV NODE_ENV=production MERGEPIX_DATA_DIR=/data
USER 1000:1000
EXPOSE 8080
# A worker answers it, too.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.MERGEPIX_PORT || 8080}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Not through npm or a shell: signals reach it, and it ends its own render processes.
ENTRYPOINT ["node", "dist/app/main.js"]
CMD ["serve"]
