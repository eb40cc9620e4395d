# One image for the API, the worker, the sandbox and the migrations; the command says which.
#
#   docker build --tag letmepost .
#   docker run --rm letmepost --help
#
# docker-compose.yml runs all of them. What the image writes goes to /data and /tmp, so the rest can be read-only.

FROM python:3.13-slim AS base

# The official image comes without the standard library's bytecode, and a read-only process cannot write any: every
# start and every health check would compile it anew.
RUN python -m compileall -q -j 0 --invalidation-mode unchecked-hash \
        -x '/(ensurepip|idlelib|lib2to3|pydoc_data|site-packages|tkinter|turtledemo)/' /usr/local/lib/python3.13


FROM base AS build

WORKDIR /app
RUN python -m venv --without-pip /venv
# Wheels alone, because a source distribution would run code of its own here; and those alone whose hashes we know.
COPY requirements/runtime.txt requirements/
RUN pip --python /venv/bin/python --disable-pip-version-check --no-cache-dir install \
        --no-compile --no-deps --only-binary :all: --require-hashes --requirement requirements/runtime.txt
# The package runs from its source tree, beside the migrations: nothing is left to build. The script is what
# [project.scripts] in pyproject.toml would have made.
COPY src/ src/
COPY migrations/ migrations/
COPY LICENSE alembic.ini ./
RUN printf '#!/venv/bin/python\nfrom letmepost.__main__ import main\n\nmain()\n' >/venv/bin/letmepost \
    && chmod 0755 /venv/bin/letmepost \
    && python -m compileall -q -j 0 --invalidation-mode unchecked-hash /venv/lib src migrations


FROM base

LABEL org.opencontainers.image.title="letmepost" \
      org.opencontainers.image.description="One API that publishes to many social networks, for many tenants" \
      org.opencontainers.image.licenses="Apache-2.0"

# A number, so that Kubernetes can see that it is not root. A new volume takes over the owner of what it covers.
RUN groupadd --gid 10001 letmepost \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin letmepost \
    && install --directory --owner 10001 --group 10001 --mode 0750 /data /data/media /data/sandbox
COPY --from=build /venv /venv
COPY --from=build /app /app

ENV PATH=/venv/bin:$PATH \
    PYTHONPATH=/app/src \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    LETMEPOST_MEDIA_DIR=/data/media
WORKDIR /app
USER 10001:10001
EXPOSE 8080

# Of the API; the other commands bring their own, or none.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["python", "-I", "-S", "-c", "\
from http.client import HTTPConnection; \
api = HTTPConnection('127.0.0.1', 8080, timeout=2); \
api.request('GET', '/health'); \
raise SystemExit(api.getresponse().status != 200)"]

# No shell in between: SIGTERM reaches the process, which then finishes what it has begun.
ENTRYPOINT ["letmepost"]
CMD ["serve", "--host", "0.0.0.0"]
