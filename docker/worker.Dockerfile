# What reads pages: the OCR stack with its weights, and the queue. No HTTP server listens here.
FROM python:3.11-slim-bookworm

RUN apt-get update \
    && apt-get install --no-install-recommends --yes libgomp1 libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --uid 10001 jiaokan \
    && install --directory --owner=jiaokan /cache
WORKDIR /opt/jiaokan
COPY requirements.lock pyproject.toml README.md ./
COPY docker/choose.py docker/worker.packages docker/
# The three cv2 wheels write the same files; the one that needs no display library is written last.
RUN python docker/choose.py docker/worker.packages <requirements.lock >/tmp/worker.lock \
    && pip install --no-cache-dir --require-hashes --no-deps --requirement /tmp/worker.lock \
    && sed -n '/^opencv-python-headless==/,/[^\\]$/p' requirements.lock >/tmp/headless.lock \
    && pip install --no-cache-dir --require-hashes --no-deps --force-reinstall --requirement /tmp/headless.lock \
    && rm /tmp/worker.lock /tmp/headless.lock
COPY models/ models/
COPY worker/ worker/
COPY corpus/__init__.py corpus/__init__.py
COPY api/__init__.py api/__init__.py
RUN pip install --no-cache-dir --no-deps --no-build-isolation --editable .
USER 10001
EXPOSE 9100
ENTRYPOINT ["jiaokan"]
CMD ["worker"]
