# A name can be moved to another image, a digest cannot. Which digest is current is not known to this file; pin it when
# you build:  docker build --build-arg PYTHON_IMAGE=python:3.12-slim@sha256:... -t ldn-cds:0.1.0 .
ARG PYTHON_IMAGE=python:3.12-slim

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src

# The packages change rarely: they come first, so that a change of ours does not fetch them again.
COPY requirements.lock requirements-dev.lock ./
RUN python -m venv /opt/ldn-cds \
 && /opt/ldn-cds/bin/pip install --require-hashes --no-deps -r requirements.lock \
 && python -m venv /opt/build \
 && /opt/build/bin/pip install --require-hashes --no-deps -r requirements-dev.lock

COPY . .
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --no-index --wheel-dir /wheels . \
 && /opt/ldn-cds/bin/pip install --no-deps --no-index /wheels/*.whl

FROM ${PYTHON_IMAGE}
# docker build --build-arg REVISION="$(git rev-parse HEAD)" says in the image from which commit it was made.
ARG REVISION=unknown
LABEL org.opencontainers.image.title="ldn-cds" \
      org.opencontainers.image.description="Clinical decision support for low-dose naltrexone orders, spoken over CDS Hooks." \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0"

# Nothing is written beside the code: the image runs with a read-only root, a volume on /data (SQLite alone needs one) and
# a tmpfs on /tmp, where the counters of the workers lie.
ENV PATH=/opt/ldn-cds/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
COPY --from=build /opt/ldn-cds /opt/ldn-cds
RUN mkdir /data && chown 10001:10001 /data
WORKDIR /data
VOLUME /data

# A number, because a cluster that forbids root cannot tell what a name stands for.
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import http.client, sys; desk = http.client.HTTPConnection('127.0.0.1', 8000, timeout=4); desk.request('GET', '/readyz'); sys.exit(desk.getresponse().status != 200)"]
ENTRYPOINT ["ldn-cds"]
CMD ["serve", "--profile", "production", "--host", "0.0.0.0", "--port", "8000"]
