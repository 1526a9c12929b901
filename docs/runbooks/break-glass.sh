#!/bin/sh
# The commands of break-glass.md, which explains them.
set -eu

npx ztp explain "$MODEL" --request "$REQUEST" --as "user:$ISSUER" --groups break-glass \
  --claim employment=permanent --mfa --signed-in 5m

npx ztp explain "$MODEL" --log "$LOG"

npx ztp revoke "$MODEL" --in "$DOCUMENT" --issuer "$ISSUER" --subject "$SUBJECT" --for 1h
