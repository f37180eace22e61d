// Package shape says what every server under test serves, so that all serve the same: names, addresses and what a
// change does. server.ts follows the same rules for evenkeel, and the driver compares the bytes.
package shape

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// FromFile is whether servers read an endpoint file, or EndpointSlices: resources are named as `evenkeel serve` does, and a
// change moves the first endpoint to another address instead of another port. To be set before anything else.
var FromFile bool

// PodLocalities is whether every endpoint is a locality of its own, as clients get it that report their load. To be set
// before anything else.
var PodLocalities bool

// BasePort is the port of every endpoint that no change has touched.
const BasePort = 20000

// MaxGeneration is the last change that still gives a valid port.
const MaxGeneration = 65535 - BasePort

const prefix = "svc-"

func shortName(service int) string { return prefix + strconv.Itoa(service) }

// Name is the name of a service's route configuration, cluster and assignment.
func Name(service int) string {
	if FromFile {
		return filePrefix + shortName(service) + fileSuffix
	}
	return shortName(service)
}

const (
	filePrefix = "default/"
	fileSuffix = ":20000"
)

// ListenerName is what clients ask for first.
func ListenerName(service int) string {
	if FromFile {
		return shortName(service) + ".default" + fileSuffix
	}
	return Name(service)
}

// ServiceOf is the inverse of Name.
func ServiceOf(name []byte) (int, error) {
	text := string(name)
	if FromFile {
		text = strings.TrimSuffix(strings.TrimPrefix(text, filePrefix), fileSuffix)
	}
	digits, found := strings.CutPrefix(text, prefix)
	if !found {
		return 0, fmt.Errorf("resource %q is not one of the bench", name)
	}
	return strconv.Atoi(digits)
}

// Address is the IP address of an endpoint. It never changes but for the first endpoint of a file, which stays the first in
// order.
func Address(service, endpoint, generation int) string {
	if FromFile && endpoint == 0 {
		return fmt.Sprintf("127.0.%d.%d", generation/250, generation%250+1)
	}
	if FromFile {
		// Of one length, so that their order is the same whether it is by number or by text.
		return fmt.Sprintf("127.1.%d.%d", endpoint/150, endpoint%150+100)
	}
	return fmt.Sprintf("10.%d.%d.%d", service%200, endpoint/250, endpoint%250+1)
}

// PortOf is the port of an endpoint: a change moves the first endpoint of one service to the next port. Ports keep
// their size on the wire, so every generation has the same length, and the port tells which generation arrived.
func PortOf(endpoint, generation int) int {
	if endpoint == 0 && !FromFile {
		return BasePort + generation
	}
	return BasePort
}

// GenerationOf tells the last change of a service by the address and the port of its first endpoint.
func GenerationOf(address []byte, port int) (int, error) {
	if !FromFile {
		return port - BasePort, nil
	}
	parsed, err := netip.ParseAddr(string(address))
	if err != nil || !parsed.Is4() {
		return 0, fmt.Errorf("address %q is not one of the bench", address)
	}
	bytes := parsed.As4()
	return int(bytes[2])*250 + int(bytes[3]) - 1, nil
}

// File is the endpoint file, as far as servers of the bench have to know it.
type File struct {
	APIVersion string        `json:"apiVersion"`
	Kind       string        `json:"kind"`
	Services   []FileService `json:"services"`
}

// FileService is one service in the file.
type FileService struct {
	Name      string         `json:"name"`
	Ports     []FilePort     `json:"ports"`
	Endpoints []FileEndpoint `json:"endpoints"`
}

// FilePort is the one port of a service.
type FilePort struct {
	Port int `json:"port"`
}

// FileEndpoint is an endpoint by its address.
type FileEndpoint struct {
	Address string `json:"address"`
}

// FileOf is the text of the endpoint file after the given change of each service.
func FileOf(endpoints int, generations []int) ([]byte, error) {
	file := File{APIVersion: "evenkeel.dev/v1", Kind: "Endpoints"}
	for service, generation := range generations {
		one := FileService{Name: shortName(service), Ports: []FilePort{{BasePort}}}
		for endpoint := range endpoints {
			one.Endpoints = append(one.Endpoints, FileEndpoint{Address(service, endpoint, generation)})
		}
		file.Services = append(file.Services, one)
	}
	return json.Marshal(file)
}

// AddressesOf are the addresses of each service of a file, by the name of its assignment.
func AddressesOf(text []byte) (map[string][]string, error) {
	var file File
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	addresses := map[string][]string{}
	for _, service := range file.Services {
		var own []string
		for _, endpoint := range service.Endpoints {
			own = append(own, endpoint.Address)
		}
		addresses[filePrefix+service.Name+fileSuffix] = slices.Clip(own)
	}
	return addresses, nil
}
