package main

import (
	"bytes"
	"log"
	"os"
	"path/filepath"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"

	"evenkeel.dev/bench/fanout/internal/shape"
)

// watchFile passes on the services of an endpoint file, now and whenever the file is replaced, of those that are other than
// before.
func watchFile(path string, assign func(name string, addresses []string) error) error {
	watch, err := unix.InotifyInit1(unix.IN_CLOEXEC)
	if err != nil {
		return err
	}
	if _, err := unix.InotifyAddWatch(watch, filepath.Dir(path), unix.IN_MOVED_TO|unix.IN_CLOSE_WRITE); err != nil {
		return err
	}
	known := map[string][]string{}
	read := func() error {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		services, err := shape.AddressesOf(text)
		if err != nil {
			return err
		}
		for name, addresses := range services {
			if slices.Equal(known[name], addresses) {
				continue
			}
			known[name] = addresses
			if err := assign(name, addresses); err != nil {
				return err
			}
		}
		return nil
	}
	if err := read(); err != nil {
		return err
	}
	go func() {
		buffer := make([]byte, 64*1024)
		for {
			n, err := unix.Read(watch, buffer)
			if err == unix.EINTR {
				continue
			}
			if err != nil {
				log.Fatal(err)
			}
			if !names(buffer[:n], filepath.Base(path)) {
				continue
			}
			if err := read(); err != nil {
				log.Print(err)
			}
		}
	}()
	return nil
}

// names reports whether one of these events is about a name.
func names(events []byte, name string) bool {
	for len(events) >= unix.SizeofInotifyEvent {
		event := (*unix.InotifyEvent)(unsafe.Pointer(&events[0]))
		end := unix.SizeofInotifyEvent + int(event.Len)
		if string(bytes.TrimRight(events[unix.SizeofInotifyEvent:end], "\x00")) == name {
			return true
		}
		events = events[end:]
	}
	return false
}
