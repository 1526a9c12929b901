#!/bin/sh
# The commands of revoke-token.md, which explains them.
set -eu

npx ztp revoke "$MODEL" --in "$DOCUMENT" --issuer "$ISSUER" --token "$JTI"

npx ztp revoke "$MODEL" --in "$DOCUMENT" --issuer "$ISSUER" --subject "$SUBJECT" \
  --before "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
