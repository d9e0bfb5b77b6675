# The dashboard as an image, for Docker and Podman. docs/deploying.md says how to run it.

FROM python:3.13-slim-trixie AS build
RUN python3 -m venv /opt/dashboard
COPY requirements.txt /src/
RUN /opt/dashboard/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes \
    -r /src/requirements.txt
COPY pyproject.toml README.md LICENSE /src/
COPY dash_app /src/dash_app
COPY engine /src/engine
COPY sql /src/sql
# The build of the wheel takes Node from a wheel, and npm fetches what package-lock.json names.
RUN /opt/dashboard/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps /src
# Nobody may write here later, so what a start would compile is compiled now. Images keep whole seconds of times.
RUN cd /opt/dashboard/lib/python3*/site-packages \
    && find engine dash_app -type f -exec touch --date=@1700000000 {} + \
    && /opt/dashboard/bin/python -m compileall -q engine dash_app \
    && /opt/dashboard/bin/python -m engine.model.catalogue

FROM python:3.13-slim-trixie
RUN useradd --uid 10001 --create-home --home-dir /var/lib/dashboard dashboard
COPY --from=build /opt/dashboard /opt/dashboard
ENV PATH=/opt/dashboard/bin:/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin
# The folder of the source is mounted at /data. The port is published or not, so all addresses are served.
ENV DASHBOARD_DB=/data/sites.db
ENV DASHBOARD_HOST=::
ENV PORT=8050
WORKDIR /var/lib/dashboard
USER 10001
EXPOSE 8050
HEALTHCHECK --start-period=120s --timeout=5s \
    CMD python3 -c "import urllib.request as r; r.urlopen('http://127.0.0.1:$PORT/healthz', timeout=4)"
ENTRYPOINT ["dashboard"]
CMD ["serve"]
