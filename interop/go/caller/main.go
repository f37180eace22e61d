// Command caller is the grpc-go client of evenkeel's experiments. It takes orders on standard input and tells of every call
// on standard output, a JSON object a line: the protocol of src/probe/client/protocol.ts, as the Node client speaks it.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"

	"google.golang.org/grpc"

	_ "google.golang.org/grpc/xds"
)

// maxOrderBytes bounds a line: a bootstrap is in the environment, so that orders are short.
const maxOrderBytes = 1 << 20

type order struct {
	Type     string   `json:"type"`
	Config   config   `json:"config"`
	WithinMs float64  `json:"withinMs"`
	Order    runOrder `json:"order"`
}

type message struct {
	Type  string       `json:"type"`
	Error string       `json:"error,omitempty"`
	Calls []callRecord `json:"calls,omitempty"`
	End   *runEnd      `json:"end,omitempty"`
}

// output writes messages whole, whoever sends them.
type output struct {
	mu      sync.Mutex
	encoder *json.Encoder
}

func (o *output) send(m message) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.encoder.Encode(m); err != nil {
		os.Exit(1)
	}
}

func fail(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	os.Exit(3)
}

// copyTo puts this program where another container finds it: its own image may have no shell and no cp.
func copyTo(path string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	from, err := os.Open(self)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	if _, err := io.Copy(to, from); err != nil {
		return err
	}
	return to.Close()
}

func main() {
	switch {
	case len(os.Args) == 2 && os.Args[1] == "--version":
		fmt.Println(grpc.Version)
		return
	case len(os.Args) == 3 && os.Args[1] == "--copy-to":
		if err := copyTo(os.Args[2]); err != nil {
			fail("%v", err)
		}
		return
	case len(os.Args) > 1:
		fail("usage: caller [--version | --copy-to PATH]; orders come on standard input")
	}
	serve()
}

// serve takes orders until it is told to end or standard input does, which is when whoever gives them is gone.
func serve() {
	out := &output{encoder: json.NewEncoder(os.Stdout)}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 0, 64<<10), maxOrderBytes)
	var settings config
	var client *caller
	var active *run
	for lines.Scan() {
		var given order
		if err := json.Unmarshal(lines.Bytes(), &given); err != nil {
			fail("an order that cannot be read: %v", err)
		}
		switch given.Type {
		case "configure":
			settings = given.Config
			settings.apply()
			out.send(message{Type: "configured"})
		case "open":
			if client != nil {
				client.close()
			}
			opened, err := open(settings, milliseconds(given.WithinMs))
			client = opened
			if err != nil {
				out.send(message{Type: "opened", Error: err.Error()})
			} else {
				out.send(message{Type: "opened"})
			}
		case "run":
			active = newRun(given.Order, client, out)
			go active.make()
		case "stop":
			if active != nil {
				active.stop()
			}
		case "end":
			return
		default:
			fail("unknown order %q", given.Type)
		}
	}
}
