#!/bin/sh
# The commands of upgrade-envoy.md, which explains them.
set -eu

npx ztp images --registry "$REGISTRY"
npx ztp images --check

npx cdk deploy --all --require-approval never
