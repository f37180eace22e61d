package main

import (
	"os"
	"time"

	"evenkeel.dev/bench/fanout/internal/control"
	"evenkeel.dev/bench/fanout/internal/shape"
)

// runCold connects all clients to a server that has just been started, lets it rest and then makes one change.
func runCold(benches []*bench) error {
	for _, b := range benches {
		if err := b.connectAndWeigh(); err != nil {
			return err
		}
		time.Sleep(time.Duration(b.plan.RestMs) * time.Millisecond)
		turn, err := b.change(0)
		if err != nil {
			return err
		}
		b.result.Turns = append(b.result.Turns, turn)
		if err := b.verifyChange(0); err != nil {
			return err
		}
		b.disconnect()
	}
	return nil
}

// changer brings a change to a server.
type changer interface {
	Send(change control.Change) error
	Wait() error
}

// fileChanger replaces an endpoint file, as a program does that wants nobody to read half of it.
type fileChanger struct {
	path        string
	endpoints   int
	generations []int
}

func (f *fileChanger) Send(change control.Change) error {
	f.generations[change.Service] = change.Generation
	text, err := shape.FileOf(f.endpoints, f.generations)
	if err != nil {
		return err
	}
	if err := os.WriteFile(f.path+".new", text, 0o644); err != nil {
		return err
	}
	return os.Rename(f.path+".new", f.path)
}

func (f *fileChanger) Wait() error { return nil }
