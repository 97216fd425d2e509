#!/usr/bin/env bash
# run.sh FOLDER
#
# Tries the status page in a headless Chromium. The samples and the pictures go to FOLDER. With STATUS_PAGE_URL it tries
# the page of a running daemon instead of the samples. Exits with 77 when there is no browser or no node.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
STATUS_PAGE_FOLDER=${1:?a folder for samples and pictures}

command -v node >/dev/null && command -v npm >/dev/null || { echo "node or npm is missing" >&2; exit 77; }
for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
    [ -n "$name" ] && CHROMIUM=$(command -v "$name") && break
done
[ -n "${CHROMIUM:-}" ] || { echo "no chromium found" >&2; exit 77; }
export CHROMIUM STATUS_PAGE_FOLDER

mkdir -p "$STATUS_PAGE_FOLDER"
[ -n "${STATUS_PAGE_URL:-}" ] || "${STATUS_PAGE_SAMPLES:?the program status-page-samples}" "$STATUS_PAGE_FOLDER"
cd "$here"
[ -d node_modules/playwright-core ] || npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2
exec node --test --test-reporter=spec status_page.mjs
