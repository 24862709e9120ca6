#!/bin/sh
# Writes .env with fresh secrets for compose.yml, and prints what Signalbox needs of them. Run once: the databases keep
# the passwords that they were first started with.
set -eu
cd "$(dirname "$0")"
if [ -e .env ]; then
  echo "docker/langfuse/.env is there already; remove it, and the volumes, to begin anew." >&2
  exit 1
fi
umask 077
{
  for name in POSTGRES_PASSWORD CLICKHOUSE_PASSWORD REDIS_PASSWORD MINIO_PASSWORD SALT NEXTAUTH_SECRET ADMIN_PASSWORD; do
    echo "$name=$(openssl rand -hex 24)"
  done
  # 256 bits, as 64 hex digits.
  echo "ENCRYPTION_KEY=$(openssl rand -hex 32)"
  echo "LANGFUSE_PUBLIC_KEY=pk-lf-$(openssl rand -hex 16)"
  echo "LANGFUSE_SECRET_KEY=sk-lf-$(openssl rand -hex 16)"
} > .env.new
mv .env.new .env
grep '^LANGFUSE_' .env
echo "LANGFUSE_BASE_URL=http://localhost:3000"
