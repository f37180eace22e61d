package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
	"unicode"

	"google.golang.org/grpc/status"
)

// tally counts the answers of one command by target and backend, and its failures by status.
type tally struct {
	mu       sync.Mutex
	backends map[string]map[string]int
	failures map[string]int
}

func newTally() *tally {
	return &tally{backends: map[string]map[string]int{}, failures: map[string]int{}}
}

func (t *tally) answered(target, backend string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.backends[target] == nil {
		t.backends[target] = map[string]int{}
	}
	t.backends[target][backend]++
}

func (t *tally) failed(target string, err error) {
	failure := fmt.Sprintf("%s: %s", codeName(err), status.Convert(err).Message())
	fmt.Fprintf(os.Stderr, "%s %s %s\n", time.Now().Format("15:04:05.000"), target, failure)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failures[failure]++
}

// event is a copy, so that it can be encoded while calls go on.
func (t *tally) event(id int, name string) event {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := event{ID: id, Event: name, Backends: map[string]map[string]int{}, Failures: map[string]int{}}
	for target, backends := range t.backends {
		out.Backends[target] = map[string]int{}
		for backend, calls := range backends {
			out.Backends[target][backend] = calls
		}
	}
	for failure, calls := range t.failures {
		out.Failures[failure] = calls
	}
	return out
}

// codeName turns Go's "DeadlineExceeded" into the name that all languages share, DEADLINE_EXCEEDED.
func codeName(err error) string {
	code := status.Code(err).String()
	if code == "OK" {
		return code
	}
	var name strings.Builder
	for i, letter := range code {
		if i > 0 && unicode.IsUpper(letter) {
			name.WriteByte('_')
		}
		name.WriteRune(unicode.ToUpper(letter))
	}
	return name.String()
}
