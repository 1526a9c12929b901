// apiserver runs a real kube-apiserver over an etcd of its own, in one process, and asks it one request after the other.
//
// It reads `{"definitions": [...], "requests": [...]}` from standard input and writes a line of JSON for each request:
// `{"error": "..."}`, empty if it was accepted. Definitions are CustomResourceDefinitions. Requests are made with strict
// field validation, for whom they name; policies of admission are waited for before the first with `afterPolicies`.
// Nothing reconciles: it is the API server alone. After the last line it says where it is, `{"url", "token", "ca"}`, the
// token an administrator's, and goes on until its standard input ends.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"
	_ "time/tzdata"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// request is one object, and what is done with it by whom.
type request struct {
	Object        *unstructured.Unstructured `json:"object"`
	Operation     string                     `json:"operation"`
	Subresource   string                     `json:"subresource"`
	User          string                     `json:"user"`
	Groups        []string                   `json:"groups"`
	Extra         map[string][]string        `json:"extra"`
	AfterPolicies bool                       `json:"afterPolicies"`
}

type input struct {
	Definitions []*unstructured.Unstructured `json:"definitions"`
	Requests    []request                    `json:"requests"`
}

// output is the real standard output: the server logs to a file beside its data.
var output = json.NewEncoder(os.Stdout)

func main() {
	var given input
	must(json.NewDecoder(os.Stdin).Decode(&given))
	dir, err := os.MkdirTemp("", "apiserver")
	must(err)
	log, err := os.Create(dir + "/log")
	must(err)
	terminal := os.Stderr
	os.Stderr = log
	server := start(dir)
	defer os.RemoveAll(dir)
	ctx := context.Background()
	for _, definition := range given.Definitions {
		if err := server.apply(ctx, request{Object: definition}); err != nil {
			fmt.Fprintln(terminal, "definition:", definition.GetName(), err)
			os.Exit(2)
		}
	}
	server.waitForDefinitions(ctx, given.Definitions)
	waited := false
	for _, each := range given.Requests {
		if each.AfterPolicies && !waited {
			// Policies are in force some seconds after they were made; nothing says when.
			time.Sleep(5 * time.Second)
			waited = true
		}
		message := ""
		if err := server.do(ctx, each); err != nil {
			message = err.Error()
		}
		must(output.Encode(map[string]string{"error": message}))
	}
	ca, err := os.ReadFile(dir + "/certificates/apiserver.crt")
	must(err)
	must(output.Encode(map[string]string{"url": server.config.Host, "token": server.config.BearerToken, "ca": string(ca)}))
	_, err = io.Copy(io.Discard, os.Stdin)
	must(err)
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stdout, "apiserver:", err)
		os.Exit(2)
	}
}
