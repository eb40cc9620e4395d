# One image for the API, the worker, the sandbox and the migrations. The command selects one.
#
#   docker build --tag letmepost .
#   docker run --rm letmepost --help
#
# docker-compose.yml runs all of them. The processes write only to /data and /tmp, so all else can be read-only.

FROM python:3.13-slim AS base

# The official image has no bytecode of the standard library, and a process in a read-only container cannot write any.
# Without this step, every start and every health check would compile the library again.
RUN python -m compileall -q -j 0 --invalidation-mode unchecked-hash \
        -x '/(ensurepip|idlelib|lib2to3|pydoc_data|site-packages|tkinter|turtledemo)/' /usr/local/lib/python3.13


FROM base AS build

WORKDIR /app
RUN python -m venv --without-pip /venv
# Wheels only, because a source distribution could run code here, and only wheels with a known hash.
COPY requirements/runtime.txt requirements/docs.txt requirements/
RUN pip --python /venv/bin/python --disable-pip-version-check --no-cache-dir install \
        --no-compile --no-deps --only-binary :all: --require-hashes --requirement requirements/runtime.txt
# The generator of the documentation site, which stays in this stage.
RUN python -m venv --without-pip /venv-docs
RUN pip --python /venv-docs/bin/python --disable-pip-version-check --no-cache-dir install \
        --no-compile --no-deps --only-binary :all: --require-hashes --requirement requirements/docs.txt
# The package and the client run from their source trees, so they do not have to be built. The script is the one
# that an installation would create from [project.scripts] in pyproject.toml.
COPY src/ src/
COPY clients/python/src/ clients/python/src/
COPY migrations/ migrations/
COPY docs/ docs/
COPY LICENSE alembic.ini CHANGELOG.md mkdocs.yml ./
RUN PYTHONPATH=src /venv/bin/python -m letmepost.http.docs.build . /venv-docs \
    && rm -r docs CHANGELOG.md mkdocs.yml
RUN printf '#!/venv/bin/python\nfrom letmepost.__main__ import main\n\nmain()\n' >/venv/bin/letmepost \
    && chmod 0755 /venv/bin/letmepost \
    && python -m compileall -q -j 0 --invalidation-mode unchecked-hash /venv/lib src clients migrations


FROM base

LABEL org.opencontainers.image.title="letmepost" \
      org.opencontainers.image.description="One API that publishes to many social networks, for many tenants" \
      org.opencontainers.image.licenses="Apache-2.0"

# A numeric user, so that Kubernetes can verify that it is not root. A new volume gets the owner of the folder on which it
# is mounted.
RUN groupadd --gid 10001 letmepost \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin letmepost \
    && install --directory --owner 10001 --group 10001 --mode 0750 /data /data/media /data/sandbox
COPY --from=build /venv /venv
COPY --from=build /app /app

ENV PATH=/venv/bin:$PATH \
    PYTHONPATH=/app/src:/app/clients/python/src \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    LETMEPOST_MEDIA_DIR=/data/media
WORKDIR /app
USER 10001:10001
EXPOSE 8080

# Checks the API. Other commands replace or disable it.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["python", "-I", "-S", "-c", "\
from http.client import HTTPConnection; \
api = HTTPConnection('127.0.0.1', 8080, timeout=2); \
api.request('GET', '/health'); \
raise SystemExit(api.getresponse().status != 200)"]

# Without a shell, SIGTERM reaches the process, which then finishes its work.
ENTRYPOINT ["letmepost"]
CMD ["serve", "--host", "0.0.0.0"]
