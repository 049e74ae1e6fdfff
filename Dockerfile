# The sandbox, a local Attio, as a container:
#
#   docker build -t attio-sandbox .
#   docker run --rm -p 127.0.0.1:8787:8787 -e ATTIO_SANDBOX_TOKEN=secret attio-sandbox --seed crm
#
# What stands behind the name are options of `attio-orm sandbox`. To keep a workspace, mount a
# folder at /data and add `--data /data/crm.db`.

FROM python:3.13-slim AS build
WORKDIR /build
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY src ./src
RUN python -m venv /opt/attio
RUN /opt/attio/bin/python -m pip install --no-cache-dir ".[server,sql]"
# What only installs: the container needs none of it.
RUN /opt/attio/bin/python -m pip uninstall --yes pip

FROM python:3.13-slim
RUN useradd --uid 10001 --create-home --home-dir /data sandbox
COPY --from=build /opt/attio /opt/attio
ENV PATH=/opt/attio/bin:$PATH PYTHONUNBUFFERED=1
USER 10001
WORKDIR /data
EXPOSE 8787
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8787/__sandbox__/health', timeout=2)"]
ENTRYPOINT ["attio-orm", "sandbox", "--host", "0.0.0.0", "--port", "8787"]
CMD ["--log"]
