package h2_test

import (
	"bytes"
	"testing"

	"golang.org/x/net/http2"

	"evenkeel.dev/bench/fanout/internal/h2"
)

func TestMessageIsCutIntoFramesAndReadBack(t *testing.T) {
	message := bytes.Repeat([]byte("evenkeel"), 5000)
	buffer := h2.AppendMessage(nil, h2.StreamID, message)
	var content []byte
	frames := 0
	for len(buffer) > 0 {
		frame, rest, ok := h2.Next(buffer)
		if !ok || frame.Type != http2.FrameData || len(frame.Payload) > h2.MaxFrame {
			t.Fatalf("frame %v, complete: %v", frame.Type, ok)
		}
		content = append(content, frame.Data()...)
		buffer = rest
		frames++
	}
	if !bytes.Equal(content[h2.MessagePrefixLength:], message) || frames != 3 {
		t.Errorf("%d bytes in %d frames", len(content), frames)
	}
}

func TestFrameThatIsNotCompleteIsLeftAlone(t *testing.T) {
	buffer := h2.AppendMessage(nil, h2.StreamID, []byte("request"))
	if _, rest, ok := h2.Next(buffer[:len(buffer)-1]); ok || len(rest) != len(buffer)-1 {
		t.Errorf("complete: %v, rest %d", ok, len(rest))
	}
}

func TestWindowsBoundWhatIsSent(t *testing.T) {
	const first, second = h2.StreamID, h2.StreamID + 2
	windows := h2.NewSendWindows(2)
	if !windows.Take(first, h2.DefaultWindow) || windows.Take(first, 1) || windows.Take(second, 1) {
		t.Error("the default window is not what was admitted")
	}
	update := func(stream uint32) *h2.Frame {
		frame, _, _ := h2.Next(h2.AppendWindowUpdate(nil, stream, 10))
		return &frame
	}
	windows.Receive(update(0))
	if windows.Take(first, 1) {
		t.Error("the connection's window alone admitted a byte")
	}
	windows.Receive(update(first))
	if !windows.Take(first, 10) || windows.Take(first, 1) {
		t.Error("both windows did not admit ten bytes")
	}
}
