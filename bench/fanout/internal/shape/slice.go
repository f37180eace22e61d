package shape

import "encoding/json"

// SlicePath and ServicePath are where the API server has its EndpointSlices and its Services.
const (
	SlicePath   = "/apis/discovery.k8s.io/v1/endpointslices"
	ServicePath = "/api/v1/services"
)

// Metadata of an object of the Kubernetes API, as far as servers of the bench have to know it.
type Metadata struct {
	Namespace       string            `json:"namespace,omitempty"`
	Name            string            `json:"name,omitempty"`
	ResourceVersion string            `json:"resourceVersion"`
	Labels          map[string]string `json:"labels,omitempty"`
}

// ServiceObject is a headless Service with its one port.
type ServiceObject struct {
	Metadata Metadata `json:"metadata"`
	Spec     struct {
		ClusterIP string      `json:"clusterIP"`
		Type      string      `json:"type"`
		Ports     []SlicePort `json:"ports"`
	} `json:"spec"`
}

// SliceObject is an EndpointSlice with all endpoints of a Service.
type SliceObject struct {
	Metadata    Metadata        `json:"metadata"`
	AddressType string          `json:"addressType"`
	Ports       []SlicePort     `json:"ports"`
	Endpoints   []SliceEndpoint `json:"endpoints"`
}

// SlicePort is a port without a name.
type SlicePort struct {
	Port     int    `json:"port"`
	Protocol string `json:"protocol"`
}

// SliceEndpoint is a pod as its EndpointSlice has it.
type SliceEndpoint struct {
	Addresses  []string `json:"addresses"`
	Conditions struct {
		Ready       bool `json:"ready"`
		Serving     bool `json:"serving"`
		Terminating bool `json:"terminating"`
	} `json:"conditions"`
	NodeName  string `json:"nodeName"`
	Zone      string `json:"zone"`
	TargetRef struct {
		Kind      string `json:"kind"`
		Namespace string `json:"namespace"`
		Name      string `json:"name"`
	} `json:"targetRef"`
}

// SliceEvent is a line of a watch.
type SliceEvent struct {
	Type   string      `json:"type"`
	Object SliceObject `json:"object"`
}

const serviceLabel = "kubernetes.io/service-name"

var port = SlicePort{BasePort, "TCP"}

// ServiceOfAPI is a Service as the API server has it.
func ServiceOfAPI(service int) ServiceObject {
	object := ServiceObject{Metadata: Metadata{Namespace: "default", Name: shortName(service), ResourceVersion: "1"}}
	object.Spec.ClusterIP, object.Spec.Type, object.Spec.Ports = "None", "ClusterIP", []SlicePort{port}
	return object
}

// SliceOf is the EndpointSlice of a service after a change.
func SliceOf(service, endpoints, generation int, version string) SliceObject {
	name := shortName(service)
	object := SliceObject{
		Metadata: Metadata{
			Namespace: "default", Name: name + "-abcde", ResourceVersion: version, Labels: map[string]string{serviceLabel: name},
		},
		AddressType: "IPv4",
		Ports:       []SlicePort{port},
	}
	for endpoint := range endpoints {
		one := SliceEndpoint{Addresses: []string{Address(service, endpoint, generation)}, NodeName: "node-1", Zone: "zone-a"}
		one.Conditions.Ready, one.Conditions.Serving = true, true
		one.TargetRef.Kind, one.TargetRef.Namespace = "Pod", "default"
		one.TargetRef.Name = name + "-" + one.Addresses[0]
		object.Endpoints = append(object.Endpoints, one)
	}
	return object
}

// AssignmentName and Addresses are what a control plane makes of an EndpointSlice.
func (s *SliceObject) AssignmentName() string {
	return filePrefix + s.Metadata.Labels[serviceLabel] + fileSuffix
}

// Addresses are those of its endpoints, in order.
func (s *SliceObject) Addresses() []string {
	var addresses []string
	for _, endpoint := range s.Endpoints {
		addresses = append(addresses, endpoint.Addresses[0])
	}
	return addresses
}

// ListOf is the API's answer to a list.
func ListOf[Object any](items []Object, version string) ([]byte, error) {
	return json.Marshal(struct {
		Metadata Metadata `json:"metadata"`
		Items    []Object `json:"items"`
	}{Metadata{ResourceVersion: version}, items})
}
