#!/bin/sh
# The commands of stop-bad-policy.md, which explains them.
set -eu

npx ztp revoke "$MODEL" --in "$DOCUMENT" --rule "$RULE" --for 4h

npx ztp explain "$MODEL" --log "$LOG"

npx ztp test "$TESTS" --model "$CORRECTED"
npx ztp diff "$CORRECTED" || [ $? -eq 1 ]
