package h2

import (
	"encoding/binary"
	"slices"

	"golang.org/x/net/http2"
)

// SendWindows are the flow-control windows that bound what may be sent: the connection's, and those of its streams in the
// order of their ids.
type SendWindows struct {
	connection, initial int
	streams             []int
}

// NewSendWindows are the windows of a new connection with so many streams.
func NewSendWindows(streams int) SendWindows {
	return SendWindows{DefaultWindow, DefaultWindow, slices.Repeat([]int{DefaultWindow}, streams)}
}

// Take reserves n bytes for a stream, or reports that they must wait.
func (w *SendWindows) Take(stream uint32, n int) bool {
	own := &w.streams[IndexOf(stream)]
	if n > w.connection || n > *own {
		return false
	}
	w.connection -= n
	*own -= n
	return true
}

// Receive applies a SETTINGS or WINDOW_UPDATE frame.
func (w *SendWindows) Receive(frame *Frame) {
	switch frame.Type {
	case http2.FrameWindowUpdate:
		increment := int(binary.BigEndian.Uint32(frame.Payload) & MaxWindow)
		if frame.Stream == 0 {
			w.connection += increment
		} else {
			w.streams[IndexOf(frame.Stream)] += increment
		}
	case http2.FrameSettings:
		for settings := frame.Payload; len(settings) >= 6; settings = settings[6:] {
			if http2.SettingID(binary.BigEndian.Uint16(settings)) == http2.SettingInitialWindowSize {
				initial := int(binary.BigEndian.Uint32(settings[2:]))
				for index := range w.streams {
					w.streams[index] += initial - w.initial
				}
				w.initial = initial
			}
		}
	}
}
