# The HTTP server and everything but reading pages: no OCR stack, about a tenth of the worker's size.
FROM python:3.11-slim-bookworm

RUN useradd --system --create-home --uid 10001 jiaokan
WORKDIR /opt/jiaokan
COPY requirements.lock pyproject.toml README.md ./
COPY docker/choose.py docker/api.packages docker/
RUN python docker/choose.py docker/api.packages <requirements.lock >/tmp/service.lock \
    && pip install --no-cache-dir --require-hashes --no-deps --requirement /tmp/service.lock \
    && rm /tmp/service.lock
COPY models/ models/
COPY worker/ worker/
COPY corpus/__init__.py corpus/__init__.py
COPY api/ api/
RUN pip install --no-cache-dir --no-deps --no-build-isolation --editable .
USER 10001
EXPOSE 8000
ENTRYPOINT ["jiaokan"]
CMD ["api", "--host", "0.0.0.0", "--port", "8000"]
