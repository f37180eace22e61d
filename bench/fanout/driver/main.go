// The driver: opens many xDS clients to every server under test, makes changes over its control channel and measures
// when each client had them. It reads a Plan from standard input and prints a Result.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"runtime"
	"runtime/debug"
	"slices"

	"evenkeel.dev/bench/fanout/internal/shape"
)

func main() {
	log.SetFlags(0)
	debug.SetGCPercent(-1)
	// The epoll loop blocks in a system call; a second processor lets the other goroutines run at once.
	runtime.GOMAXPROCS(2)
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	var plan Plan
	if err := json.NewDecoder(os.Stdin).Decode(&plan); err != nil {
		return fmt.Errorf("the plan: %w", err)
	}
	cases := map[string]func([]*bench) error{"change": runChanges, "storm": runStorms, "burst": runBursts, "cold": runCold, "fleet": runFleet}
	runCase, known := cases[plan.Case]
	if !known {
		return fmt.Errorf("unknown case %q", plan.Case)
	}

	shape.FromFile = slices.ContainsFunc(plan.Servers, func(server Server) bool { return server.File != "" || server.Kubernetes })

	var result Result
	var benches []*bench
	for _, server := range plan.Servers {
		b, err := newBench(&plan, server)
		if err != nil {
			return err
		}
		benches = append(benches, b)
		result.Servers = append(result.Servers, b.result)
	}
	var err error
	// A server that is to be cold must not have met a client before; of a fleet's every resource is checked in the end.
	if plan.Case != "cold" && plan.Case != "fleet" {
		if result.Differing, err = differingResources(benches); err != nil {
			return err
		}
	}
	if err := runCase(benches); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(result)
}
