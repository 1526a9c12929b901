package main

import (
	"encoding/json"
	"sort"
	"strconv"

	"google.golang.org/protobuf/proto"
	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pilot/test/xds"
	"istio.io/istio/pkg/test"
	"istio.io/istio/pkg/util/protomarshal"
	"istio.io/istio/pkg/util/sets"
)

// ambient is what the mesh is told where no pod has a sidecar.
type ambient struct {
	// Listeners of the waypoint, by name.
	Listeners map[string]json.RawMessage `json:"listeners"`
	// Policies that ztunnel is told, by `namespace/name`.
	Policies map[string]json.RawMessage `json:"policies"`
	// Addresses of pods and Services, and what ztunnel knows of each.
	Addresses map[string][]map[string]json.RawMessage `json:"addresses"`
	// Unsupported is what istiod says of a policy that ztunnel cannot enforce as it is written.
	Unsupported []string `json:"unsupported,omitempty"`
}

// translateAmbient says what one waypoint and every ztunnel would be told. Needs PILOT_ENABLE_AMBIENT in the environment.
func translateAmbient(t test.Failer, server *xds.FakeDiscoveryServer, asked question, given *answer) {
	const gateway = "gateway.networking.k8s.io/gateway-name"
	labels := map[string]string{gateway: asked.Waypoint, "gateway.istio.io/managed": "istio.io-mesh-controller"}
	told := ambient{
		Listeners: map[string]json.RawMessage{}, Policies: map[string]json.RawMessage{}, Addresses: map[string][]map[string]json.RawMessage{},
	}
	addresses := sets.New[string]()
	var own string
	for _, raw := range asked.Objects {
		var read object
		if err := json.Unmarshal(raw, &read); err != nil {
			t.Fatal(err)
		}
		for _, address := range []string{read.Status.PodIP, read.Spec.ClusterIP} {
			if address != "" {
				addresses.Insert("/" + address)
			}
		}
		if read.Kind == "Pod" && read.Metadata.Namespace == asked.Namespace && read.Metadata.Labels[gateway] == asked.Waypoint {
			own = read.Status.PodIP
		}
	}
	proxy := server.SetupProxy(&model.Proxy{
		Type: model.Waypoint, ConfigNamespace: asked.Namespace, IPAddresses: []string{own}, Labels: labels,
		Metadata: &model.NodeMetadata{
			Namespace: asked.Namespace, Labels: labels, ServiceAccount: asked.Waypoint, ClusterID: "Kubernetes",
			IstioVersion: "1.31.1",
		},
	})
	for _, one := range server.Listeners(proxy) {
		told.Listeners[one.Name] = marshal(t, one)
	}
	for _, one := range server.Clusters(proxy) {
		given.Clusters[one.Name] = marshal(t, cleaned(one))
	}
	policies := server.AmbientIndex.Policies(nil)
	sort.Slice(policies, func(i, j int) bool { return policies[i].ResourceName() < policies[j].ResourceName() })
	for _, policy := range policies {
		if policy.Authorization != nil {
			told.Policies[policy.ResourceName()] = written(t, policy.Authorization)
		}
		if status := policy.Binding.Status; status != nil {
			told.Unsupported = append(told.Unsupported, policy.ResourceName()+": "+status.Message)
		}
	}
	for address := range addresses {
		found, _ := server.AmbientIndex.AddressInformation(sets.New(address))
		for _, one := range found {
			known := map[string]json.RawMessage{}
			if err := json.Unmarshal(written(t, one.Address), &known); err != nil {
				t.Fatal(err)
			}
			if service := one.GetService(); service != nil {
				for _, found := range server.AmbientIndex.ServicesWithWaypoint(service.Namespace + "/" + service.Hostname) {
					known["ingressUseWaypoint"] = json.RawMessage(strconv.FormatBool(found.IngressUseWaypoint))
				}
			}
			told.Addresses[address[1:]] = append(told.Addresses[address[1:]], known)
		}
	}
	given.Ambient = &told
}

// written is a message as ztunnel's own tools show it.
func written(t test.Failer, message proto.Message) json.RawMessage {
	text, err := protomarshal.ToJSON(message)
	if err != nil {
		t.Fatal(err)
	}
	return json.RawMessage(text)
}
