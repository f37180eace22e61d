package h2

import (
	"encoding/binary"

	"golang.org/x/net/http2"
)

// SendWindows are the two flow-control windows that bound what may be sent on the only stream.
type SendWindows struct {
	connection, stream, initial int
}

// NewSendWindows are the windows of a new connection.
func NewSendWindows() SendWindows {
	return SendWindows{DefaultWindow, DefaultWindow, DefaultWindow}
}

// Take reserves n bytes, or reports that they must wait.
func (w *SendWindows) Take(n int) bool {
	if n > w.connection || n > w.stream {
		return false
	}
	w.connection -= n
	w.stream -= n
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
			w.stream += increment
		}
	case http2.FrameSettings:
		for settings := frame.Payload; len(settings) >= 6; settings = settings[6:] {
			if http2.SettingID(binary.BigEndian.Uint16(settings)) == http2.SettingInitialWindowSize {
				initial := int(binary.BigEndian.Uint32(settings[2:]))
				w.stream += initial - w.initial
				w.initial = initial
			}
		}
	}
}
