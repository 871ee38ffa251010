# syntax=docker/dockerfile:1
# One image, three commands: web, worker, migrate. Anything else goes to manage.py.

FROM python:3.13-slim-bookworm AS packages
COPY requirements/runtime.lock /tmp/runtime.lock
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --no-input --require-hashes -r /tmp/runtime.lock

FROM python:3.13-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
RUN groupadd --system --gid 10001 tongwen \
    && useradd --system --uid 10001 --gid tongwen --no-create-home --home-dir /nonexistent \
        --shell /usr/sbin/nologin tongwen
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY . .
# Collecting needs settings but no service: these values live for this one command.
RUN python -c "from cryptography.hazmat.primitives import serialization as s; \
from cryptography.hazmat.primitives.asymmetric import rsa; \
print(rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(\
s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()).decode())" > /tmp/build.pem \
    && SECRET_KEY=build-time-only-build-time-only-build-time-only-build-time-only \
       FIELD_KEY=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= \
       OIDC_SIGNING_KEY_FILE=/tmp/build.pem \
       SITE_ORIGIN=https://build.invalid \
       DATABASE_URL=postgresql://build@127.0.0.1/build \
       DATABASE_POOL_SIZE=0 \
       REDIS_URL=redis://127.0.0.1/0 \
       S3_ENDPOINT=http://127.0.0.1 S3_ACCESS_KEY=build S3_SECRET_KEY=build \
       python manage.py collectstatic --no-input --verbosity 0 \
    && python -m compileall -q approvals config core documents messaging miniapps org workbench \
    && rm /tmp/build.pem
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "bin/healthcheck.py"]
ENTRYPOINT ["bin/container"]
CMD ["web"]
