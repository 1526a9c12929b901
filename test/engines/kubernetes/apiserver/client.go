package main

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

type client struct {
	config *rest.Config
	admin  dynamic.Interface
	mapper *restmapper.DeferredDiscoveryRESTMapper
}

func newClient(config *rest.Config) *client {
	asking, err := discovery.NewDiscoveryClientForConfig(config)
	must(err)
	admin, err := dynamic.NewForConfig(config)
	must(err)
	return &client{config, admin, restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(asking))}
}

// do makes the request: creation, change or deletion of an object that is there, or server-side apply.
func (c *client) do(ctx context.Context, asked request) error {
	resource, err := c.resource(asked)
	if err != nil {
		return err
	}
	name := asked.Object.GetName()
	switch asked.Operation {
	case "DELETE ALL":
		options := metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}}
		return resource.DeleteCollection(ctx, options, metav1.ListOptions{})
	case "DELETE":
		return resource.Delete(ctx, name, metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}})
	case "CREATE":
		options := metav1.CreateOptions{FieldValidation: "Strict", DryRun: []string{metav1.DryRunAll}}
		_, err = resource.Create(ctx, asked.Object, options, subresources(asked)...)
		return err
	default:
		return c.apply(ctx, asked)
	}
}

// apply is what kubectl and GitOps do: strict, and over whoever else wrote the fields.
func (c *client) apply(ctx context.Context, asked request) error {
	resource, err := c.resource(asked)
	if err != nil {
		return err
	}
	text, err := asked.Object.MarshalJSON()
	if err != nil {
		return err
	}
	if asked.Subresource == "finalize" {
		// Nobody patches it.
		options := metav1.UpdateOptions{FieldValidation: "Strict", DryRun: []string{metav1.DryRunAll}}
		_, err = resource.Update(ctx, asked.Object, options, "finalize")
		return err
	}
	force := true
	options := metav1.PatchOptions{FieldManager: "tests", Force: &force, FieldValidation: "Strict"}
	name := asked.Object.GetName()
	_, err = resource.Patch(ctx, name, "application/apply-patch+yaml", text, options, subresources(asked)...)
	return err
}

func subresources(asked request) []string {
	if asked.Subresource == "" {
		return nil
	}
	return []string{asked.Subresource}
}

func (c *client) resource(asked request) (dynamic.ResourceInterface, error) {
	kind := asked.Object.GroupVersionKind()
	switch asked.Subresource {
	case "binding":
		// The object is a Binding, and what it is a part of a pod.
		kind.Kind = "Pod"
	case "token":
		kind = schema.GroupVersionKind{Version: "v1", Kind: "ServiceAccount"}
	}
	mapping, err := c.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		c.mapper.Reset()
		if mapping, err = c.mapper.RESTMapping(kind.GroupKind(), kind.Version); err != nil {
			return nil, err
		}
	}
	asking := c.admin
	if asked.User != "" {
		own := rest.CopyConfig(c.config)
		// With every right: only admission is left to refuse.
		own.Impersonate = rest.ImpersonationConfig{
			UserName: asked.User, Groups: append(asked.Groups, "system:masters"), Extra: asked.Extra,
		}
		if asking, err = dynamic.NewForConfig(own); err != nil {
			return nil, err
		}
	}
	namespace := asked.Object.GetNamespace()
	isNamespaced := mapping.Scope.Name() == meta.RESTScopeNameNamespace
	if isNamespaced != (namespace != "") {
		return nil, fmt.Errorf("%s has namespace %q, and is namespaced: %v", kind, namespace, isNamespaced)
	}
	if isNamespaced {
		return asking.Resource(mapping.Resource).Namespace(namespace), nil
	}
	return asking.Resource(mapping.Resource), nil
}

// waitForDefinitions returns when the server serves the kind of each.
func (c *client) waitForDefinitions(ctx context.Context, definitions []*unstructured.Unstructured) {
	all := c.admin.Resource(schema.GroupVersionResource{
		Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions",
	})
	for _, definition := range definitions {
		for !isEstablished(ctx, all, definition.GetName()) {
			time.Sleep(100 * time.Millisecond)
		}
	}
	c.mapper.Reset()
}

func isEstablished(ctx context.Context, all dynamic.ResourceInterface, name string) bool {
	found, err := all.Get(ctx, name, metav1.GetOptions{})
	must(err)
	conditions, _, _ := unstructured.NestedSlice(found.Object, "status", "conditions")
	for _, each := range conditions {
		if condition, _ := each.(map[string]any); condition["type"] == "Established" && condition["status"] == "True" {
			return true
		}
	}
	return false
}
