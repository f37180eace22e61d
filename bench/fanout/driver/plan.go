package main

// Plan is what the driver is told on standard input.
type Plan struct {
	// Case is "change", "storm", "burst", "cold" or "fleet".
	Case string `json:"case"`
	// Client is "grpc" (grpc-go) or "lean" (one epoll loop, less than a third of the CPU time).
	Client  string   `json:"client"`
	Servers []Server `json:"servers"`
	// Clients is the number of clients of every server.
	Clients int `json:"clients"`
	// Services and Endpoints are what every server serves.
	Services  int `json:"services"`
	Endpoints int `json:"endpoints"`
	// Subscriptions is how many services each client subscribes to.
	Subscriptions int `json:"subscriptions"`
	// Rounds are measured, the WarmUp rounds before them are not. In a round every server has one turn.
	Rounds int `json:"rounds"`
	WarmUp int `json:"warmUp"`
	// SettleMs is how long a server is left alone after a turn, so that what is late still counts for it.
	SettleMs int `json:"settleMs"`
	// TimeoutMs bounds every turn; a turn that does not end in time fails the run.
	TimeoutMs int `json:"timeoutMs"`
	// RestMs is how long the servers are left alone before the change of the case "cold".
	RestMs int `json:"restMs"`
	// StreamsPerConnection is how many clients share a connection; 0: each has its own.
	StreamsPerConnection int `json:"streamsPerConnection"`
	// OwnAddresses gives every connection a loopback address of its own.
	OwnAddresses bool `json:"ownAddresses"`
	// OneNode gives all clients the same node id: they are the targets of one client.
	OneNode bool `json:"oneNode"`
	// Visits is how often the fleet comes and goes.
	Visits int `json:"visits"`
	// Changes and ChangesPerSecond are the burst's, or those of the fleet's flood.
	Changes          int     `json:"changes"`
	ChangesPerSecond float64 `json:"changesPerSecond"`
}

// Server is a server under test that is already listening.
type Server struct {
	Name    string `json:"name"`
	XDS     string `json:"xds"`
	Control string `json:"control"`
	Pid     int    `json:"pid"`
	// File is what changes are written to; empty: they go over Control.
	File string `json:"file"`
	// Kubernetes says that Control is an API server's, whose EndpointSlices the server watches.
	Kubernetes bool `json:"kubernetes"`
}

// Result is what the driver prints on standard output, servers in the order of the plan.
type Result struct {
	Servers []*ServerResult `json:"servers"`
	// Differing are the resources that a server did not send as the first server did, whatever the order of fields.
	Differing []string `json:"differing"`
}

// ServerResult is everything measured of one server.
type ServerResult struct {
	Name    string  `json:"name"`
	Connect *Turn   `json:"connect,omitempty"`
	Turns   []*Turn `json:"turns,omitempty"`
	Burst   *Burst  `json:"burst,omitempty"`
	Visits  []Visit `json:"visits,omitempty"`
	Memory  Memory  `json:"memory"`
	// Exact counts the clients whose last assignments were right in every endpoint.
	Exact int `json:"exact"`
}

// Turn is one change, or one storm: times from its start until clients had their state.
type Turn struct {
	FirstMs float64 `json:"firstMs"`
	P50Ms   float64 `json:"p50Ms"`
	P99Ms   float64 `json:"p99Ms"`
	LastMs  float64 `json:"lastMs"`
	Cost
	// Useless counts resources, and Uninvolved clients, that nothing had to be sent to.
	Useless    int64 `json:"useless"`
	Uninvolved int   `json:"uninvolved"`
}

// Cost is what a turn took.
type Cost struct {
	// CPUMs is the server's user and system time.
	CPUMs float64 `json:"cpuMs"`
	// DriverCPUMs is the driver's own; near the elapsed time, it was the driver that was measured.
	DriverCPUMs float64 `json:"driverCpuMs"`
	Responses   int64   `json:"responses"`
	// MessageBytes are of gRPC messages, WireBytes of everything that was read from the sockets.
	MessageBytes int64 `json:"messageBytes"`
	WireBytes    int64 `json:"wireBytes"`
}

// Memory is the server's resident set, KiB.
type Memory struct {
	IdleKiB      int `json:"idleKiB"`
	ConnectedKiB int `json:"connectedKiB"`
	EndKiB       int `json:"endKiB"`
}

// Visit is a fleet that came and went; memory is the server's resident set.
type Visit struct {
	Storm        *Turn `json:"storm"`
	ConnectedKiB int   `json:"connectedKiB"`
	// LeftKiB is after the rest that follows the last client.
	LeftKiB int `json:"leftKiB"`
}

// Burst is a run of changes at a fixed rate.
type Burst struct {
	// Lag is from a change until a client had it or a later one, over all changes and clients.
	LagP50Ms float64 `json:"lagP50Ms"`
	LagP99Ms float64 `json:"lagP99Ms"`
	LagMaxMs float64 `json:"lagMaxMs"`
	// DrainMs is from the last change until the last client had it.
	DrainMs float64 `json:"drainMs"`
	// ElapsedMs is from the first change to the last; longer than planned when the driver was late.
	ElapsedMs float64 `json:"elapsedMs"`
	// ResponsesPerClient is the mean; below the number of changes, updates were merged.
	ResponsesPerClient float64 `json:"responsesPerClient"`
	// Backwards counts responses that were older than one before them.
	Backwards int64 `json:"backwards"`
	Useless   int64 `json:"useless"`
	Cost
}
