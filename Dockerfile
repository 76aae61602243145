# The service, from the folder `src` of a Bento (`make bento`): code, champions, published store and
# machine code are in it, so that it needs no registry. docs/operations.md says how to build and run.
# The tags name what was read; put the digest that your registry shows behind them (TAG@sha256:...).
FROM python:3.11-bookworm AS packages

WORKDIR /build
COPY requirements-serving.lock ./
# LightGBM needs the compiler's runtime, which the slim image below lacks.
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --require-hashes -r requirements-serving.lock \
    && cp -L /usr/lib/*-linux-gnu/libgomp.so.1 /opt/venv/lib/

FROM python:3.11-slim-bookworm

RUN groupadd --gid 10001 credence \
    && useradd --uid 10001 --gid credence --no-create-home --shell /usr/sbin/nologin credence \
    && install -d -o credence -g credence -m 0700 /state
COPY --from=packages /opt/venv /opt/venv
COPY . /credence
ENV PATH=/opt/venv/bin:$PATH \
    LD_LIBRARY_PATH=/opt/venv/lib \
    PYTHONDONTWRITEBYTECODE=1 \
    CREDENCE_HOME=/state
WORKDIR /credence
USER 10001:10001
# All that is ever written, but for scratch files: keys, compiled kernels, what is published.
VOLUME /state
EXPOSE 3000
# Drains: what was taken is answered. Give it 50 s (`docker stop -t 50`).
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:3000/readyz', timeout=4)"]
ENTRYPOINT ["python", "-m", "cli"]
CMD ["serve", "--host", "0.0.0.0", "--workers", "2"]
