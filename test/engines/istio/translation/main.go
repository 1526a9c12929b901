// Program translation runs Istio's own control plane in memory over Kubernetes objects and says what the sidecar of one
// pod would be told. It reads one JSON document a line and answers each with a line:
//
//	{"objects": […], "mesh": {…}, "namespace": "…", "pod": "…", "outbound": 80, "listeners": false}
//	{"manager": {…}, "connections": […], "outbound": {…}, "clusters": {…}, "hosts": {…}, "listeners": {…}, "refused": […]}
//	{"objects": […], "mesh": {…}, "namespace": "…", "waypoint": "…"}
//	{"ambient": {…}, "clusters": {…}, "refused": […]}
//
// `objects` are what a cluster holds, the Service, Pod and EndpointSlice of every workload included; `mesh` is a
// MeshConfig. `manager` is the connection manager of the pod's one HTTP port without the filters that only Istio's build
// of Envoy has, none of which decides; `connections` the filters of its one TCP port, likewise, if it has no HTTP port;
// `outbound` the connection manager with its routes for calls to that port of whatever host; `clusters` what the sidecar
// calls, by name; `hosts` the authority that it writes for each host that it calls; `listeners` all that it has, by name.
// `refused` says what istiod's validation refuses.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	cluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	route "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	hcm "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"istio.io/istio/pilot/pkg/config/kube/crd"
	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pilot/test/xds"
	"istio.io/istio/pkg/config/mesh"
	"istio.io/istio/pkg/config/schema/collections"
	"istio.io/istio/pkg/config/validation"
	"istio.io/istio/pkg/log"
	"istio.io/istio/pkg/test"
)

type question struct {
	Objects   []json.RawMessage `json:"objects"`
	Mesh      json.RawMessage   `json:"mesh"`
	Namespace string            `json:"namespace"`
	Pod       string            `json:"pod,omitempty"`
	Waypoint  string            `json:"waypoint,omitempty"`
	Outbound  uint32            `json:"outbound"`
	Listeners bool              `json:"listeners"`
}

type answer struct {
	Manager     json.RawMessage            `json:"manager,omitempty"`
	Connections []json.RawMessage          `json:"connections,omitempty"`
	Outbound    json.RawMessage            `json:"outbound,omitempty"`
	Clusters    map[string]json.RawMessage `json:"clusters,omitempty"`
	Hosts       map[string]string          `json:"hosts,omitempty"`
	Listeners   map[string]json.RawMessage `json:"listeners,omitempty"`
	Refused     []string                   `json:"refused,omitempty"`
	Ambient     *ambient                   `json:"ambient,omitempty"`
	Error       string                     `json:"error,omitempty"`
}

type object struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name      string            `json:"name"`
		Namespace string            `json:"namespace"`
		Labels    map[string]string `json:"labels"`
	} `json:"metadata"`
	Spec struct {
		ServiceAccountName string `json:"serviceAccountName"`
		ClusterIP          string `json:"clusterIP"`
	} `json:"spec"`
	Status struct {
		PodIP string `json:"podIP"`
	} `json:"status"`
}

func main() {
	options := log.DefaultOptions()
	options.OutputPaths = []string{"stderr"}
	_ = log.Configure(options)
	for _, scope := range log.Scopes() {
		scope.SetOutputLevel(log.NoneLevel)
	}
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var asked question
		given := answer{}
		if err := json.Unmarshal(line, &asked); err != nil {
			given.Error = err.Error()
		} else if err := test.Wrap(func(t test.Failer) { given = translate(t, asked) }); err != nil {
			given = answer{Error: err.Error()}
		}
		if err := out.Encode(given); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func translate(t test.Failer, asked question) answer {
	var documents []string
	var pod object
	given := answer{Clusters: map[string]json.RawMessage{}, Hosts: map[string]string{}}
	for _, raw := range asked.Objects {
		var read object
		if err := json.Unmarshal(raw, &read); err != nil {
			t.Fatal(err)
		}
		if read.Kind == "Pod" && read.Metadata.Namespace == asked.Namespace && read.Metadata.Name == asked.Pod {
			pod = read
		}
		documents = append(documents, string(raw))
		given.Refused = append(given.Refused, refusal(raw, read)...)
	}
	config, err := mesh.ApplyMeshConfigDefaults(string(asked.Mesh))
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(documents, "\n---\n")
	server := xds.NewFakeDiscoveryServer(t, xds.FakeOptions{ConfigString: all, KubernetesObjectString: all, MeshConfig: config})
	if asked.Waypoint != "" {
		translateAmbient(t, server, asked, &given)
		return given
	}
	proxy := server.SetupProxy(&model.Proxy{
		Type:            model.SidecarProxy,
		ConfigNamespace: asked.Namespace,
		IPAddresses:     []string{pod.Status.PodIP},
		Labels:          pod.Metadata.Labels,
		Metadata: &model.NodeMetadata{
			Namespace: asked.Namespace, Labels: pod.Metadata.Labels, ServiceAccount: pod.Spec.ServiceAccountName, ClusterID: "Kubernetes",
		},
	})
	listeners, routes := server.Listeners(proxy), server.Routes(proxy)
	given.Manager, given.Connections = inbound(t, listeners)
	if asked.Outbound != 0 {
		given.Outbound = outbound(t, listeners, routes, asked.Outbound)
	}
	if asked.Listeners {
		given.Listeners = map[string]json.RawMessage{}
		for _, one := range listeners {
			given.Listeners[one.Name] = marshal(t, one)
		}
	}
	for _, one := range server.Clusters(proxy) {
		given.Clusters[one.Name] = marshal(t, cleaned(one))
	}
	for _, table := range routes {
		for _, host := range table.VirtualHosts {
			for _, route := range host.Routes {
				if rewritten := route.GetRoute().GetHostRewriteLiteral(); rewritten != "" {
					for _, domain := range host.Domains {
						given.Hosts[domain] = rewritten
					}
				}
			}
		}
	}
	return given
}

// refusal is what istiod's webhook says of an object of Istio's.
func refusal(raw []byte, read object) []string {
	group, _, _ := strings.Cut(read.APIVersion, "/")
	for _, schema := range collections.Pilot.All() {
		if schema.Group() != group || schema.Kind() != read.Kind {
			continue
		}
		var kind crd.IstioKind
		if err := json.Unmarshal(raw, &kind); err != nil {
			return []string{fmt.Sprintf("%s %s: %v", read.Kind, read.Metadata.Name, err)}
		}
		config, err := crd.ConvertObject(schema, &kind, "cluster.local")
		if err != nil {
			return []string{fmt.Sprintf("%s %s: %v", read.Kind, read.Metadata.Name, err)}
		}
		var found []string
		warning, err := schema.ValidateConfig(*config)
		if err != nil {
			found = append(found, fmt.Sprintf("%s %s: %v", read.Kind, read.Metadata.Name, err))
		}
		if warning != nil {
			found = append(found, fmt.Sprintf("%s %s: %v", read.Kind, read.Metadata.Name, warning))
		}
		return found
	}
	return nil
}

var _ validation.Warning

// inbound is what the pod's one port in mTLS is served by: a connection manager, or filters of bare connections.
func inbound(t test.Failer, listeners []*listener.Listener) (json.RawMessage, []json.RawMessage) {
	for _, one := range listeners {
		if one.Name != "virtualInbound" {
			continue
		}
		for _, chain := range one.FilterChains {
			if chain.FilterChainMatch.GetDestinationPort() == nil || chain.FilterChainMatch.GetTransportProtocol() != "tls" {
				continue
			}
			if found := manager(t, chain); found != nil {
				return marshal(t, found), nil
			}
			var filters []json.RawMessage
			for _, filter := range chain.Filters {
				if !strings.HasPrefix(filter.Name, "istio.") {
					filters = append(filters, marshal(t, filter))
				}
			}
			return nil, filters
		}
	}
	t.Fatal("no chain of the inbound listener serves a port over mTLS")
	return nil, nil
}

// outbound is what serves calls to a port of whatever host, with its routes in place.
func outbound(t test.Failer, listeners []*listener.Listener, tables []*route.RouteConfiguration, port uint32) json.RawMessage {
	for _, one := range listeners {
		if one.Name != fmt.Sprintf("0.0.0.0_%d", port) {
			continue
		}
		for _, chain := range append(one.FilterChains, one.DefaultFilterChain) {
			found := manager(t, chain)
			if found == nil {
				continue
			}
			for _, table := range tables {
				if table.Name == found.GetRds().GetRouteConfigName() {
					found.RouteSpecifier = &hcm.HttpConnectionManager_RouteConfig{RouteConfig: table}
					return marshal(t, found)
				}
			}
		}
	}
	t.Fatal(fmt.Sprintf("no listener serves calls to port %d by HTTP", port))
	return nil
}

// manager is the connection manager of a chain without what only Istio's build of Envoy has; nil if it has none.
func manager(t test.Failer, chain *listener.FilterChain) *hcm.HttpConnectionManager {
	for _, filter := range chain.GetFilters() {
		read := &hcm.HttpConnectionManager{}
		if filter.GetTypedConfig().UnmarshalTo(read) != nil {
			continue
		}
		var left []*hcm.HttpFilter
		for _, own := range read.HttpFilters {
			if !strings.HasPrefix(own.Name, "istio.") {
				left = append(left, own)
			}
		}
		read.HttpFilters = left
		return read
	}
	return nil
}

// cleaned leaves out what only Istio's build of Envoy reads.
func cleaned(one *cluster.Cluster) *cluster.Cluster {
	one.Filters = nil
	return one
}

func marshal(t test.Failer, message proto.Message) json.RawMessage {
	written, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	return written
}
