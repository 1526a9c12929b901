#!/bin/sh
# The commands of compromised-workload.md, which explains them.
set -eu

npx ztp revoke "$MODEL" --in "$DOCUMENT" --workload "$WORKLOAD" --for 24h

npx ztp explain "$MODEL" --log "$LOG"
