# Leadbell: pages, API and sockets by default, the worker with `python manage.py worker`.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1
WORKDIR /app
RUN useradd --system --uid 10001 --no-create-home --home-dir /app leadbell

COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt

# .dockerignore says what that is: the program, and nothing of an installation.
COPY . .
# Settings need these two; they are this step's only, and nothing here is signed with the key.
RUN SECRET_KEY=of-this-step-only ALLOWED_HOSTS=localhost \
    python manage.py collectstatic --noinput --verbosity 0 \
    && python -m compileall -q chat crm leads notifications

USER leadbell
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import http.client, os, sys; site = http.client.HTTPConnection('127.0.0.1', os.environ.get('PORT') or 8000, timeout=4); site.request('GET', '/healthz'); sys.exit(site.getresponse().status != 200)"]
CMD ["python", "manage.py", "serve"]
