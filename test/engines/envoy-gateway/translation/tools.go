//go:build tools

// Package tools pins Envoy Gateway's own translator, which `go build github.com/envoyproxy/gateway/cmd/egctl` makes here.
package tools

import _ "github.com/envoyproxy/gateway/cmd/egctl"
