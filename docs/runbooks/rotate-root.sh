#!/bin/sh
# The commands of rotate-root.md, which explains them.
set -eu

npx cdk diff

npx cdk deploy --all --require-approval never
