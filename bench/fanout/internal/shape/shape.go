// Package shape says what every server under test serves, so that all serve the same: names, addresses and what a
// change does. server.ts follows the same rules for evenkeel, and the driver compares the bytes.
package shape

import (
	"fmt"
	"strconv"
	"strings"
)

// BasePort is the port of every endpoint that no change has touched.
const BasePort = 20000

// MaxGeneration is the last change that still gives a valid port.
const MaxGeneration = 65535 - BasePort

const prefix = "svc-"

// Name is the name of a service's listener, route configuration, cluster and assignment.
func Name(service int) string {
	return prefix + strconv.Itoa(service)
}

// ServiceOf is the inverse of Name.
func ServiceOf(name []byte) (int, error) {
	digits, found := strings.CutPrefix(string(name), prefix)
	if !found {
		return 0, fmt.Errorf("resource %q is not one of the bench", name)
	}
	return strconv.Atoi(digits)
}

// Address is the IP address of an endpoint; it never changes.
func Address(service, endpoint int) string {
	return fmt.Sprintf("10.%d.%d.%d", service%200, endpoint/250, endpoint%250+1)
}

// PortOf is the port of an endpoint: a change moves the first endpoint of one service to the next port. Ports keep
// their size on the wire, so every generation has the same length, and the port tells which generation arrived.
func PortOf(endpoint, generation int) int {
	if endpoint == 0 {
		return BasePort + generation
	}
	return BasePort
}
