// Package h2 is the little HTTP/2 that gRPC streams which begin with their connection need: frames with prepared header
// blocks, no header compression state.
package h2

import (
	"encoding/binary"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// StreamID is the first stream of a connection.
const StreamID = 1

// StreamIDOf is the id of a connection's stream by its index, from 0 on.
func StreamIDOf(index int) uint32 { return uint32(StreamID + 2*index) }

// IndexOf is the inverse of StreamIDOf.
func IndexOf(stream uint32) int { return int(stream-StreamID) / 2 }

// FrameHeaderLength and MessagePrefixLength are the bytes before a frame's payload and before a gRPC message.
const (
	FrameHeaderLength   = 9
	MessagePrefixLength = 5
)

// MaxFrame is the largest payload that both sides accept without asking.
const MaxFrame = 16384

// DefaultWindow is every flow-control window's size until a peer says otherwise.
const DefaultWindow = 65535

// MaxWindow is the largest window there can be.
const MaxWindow = 1<<31 - 1

// Frame is one frame; Payload points into the buffer it was read from.
type Frame struct {
	Type    http2.FrameType
	Flags   http2.Flags
	Stream  uint32
	Payload []byte
}

// Next reads the first frame of buffer and returns what follows it; ok is false when the frame is not complete.
func Next(buffer []byte) (frame Frame, rest []byte, ok bool) {
	if len(buffer) < FrameHeaderLength {
		return Frame{}, buffer, false
	}
	end := FrameHeaderLength + int(buffer[0])<<16 + int(buffer[1])<<8 + int(buffer[2])
	if len(buffer) < end {
		return Frame{}, buffer, false
	}
	frame = Frame{
		Type:    http2.FrameType(buffer[3]),
		Flags:   http2.Flags(buffer[4]),
		Stream:  binary.BigEndian.Uint32(buffer[5:]) & MaxWindow,
		Payload: buffer[FrameHeaderLength:end],
	}
	return frame, buffer[end:], true
}

// Data is the content of a DATA frame without its padding.
func (f *Frame) Data() []byte {
	if !f.Flags.Has(http2.FlagDataPadded) {
		return f.Payload
	}
	return f.Payload[1 : len(f.Payload)-int(f.Payload[0])]
}

// AppendFrame appends a frame.
func AppendFrame(buffer []byte, kind http2.FrameType, flags http2.Flags, stream uint32, payload []byte) []byte {
	n := len(payload)
	buffer = append(buffer, byte(n>>16), byte(n>>8), byte(n), byte(kind), byte(flags))
	buffer = binary.BigEndian.AppendUint32(buffer, stream)
	return append(buffer, payload...)
}

// AppendMessage appends one gRPC message in as many DATA frames as it needs.
func AppendMessage(buffer []byte, stream uint32, message []byte) []byte {
	framed := make([]byte, 0, MessagePrefixLength+len(message))
	framed = append(framed, 0)
	framed = binary.BigEndian.AppendUint32(framed, uint32(len(message)))
	framed = append(framed, message...)
	for len(framed) > 0 {
		n := min(len(framed), MaxFrame)
		buffer = AppendFrame(buffer, http2.FrameData, 0, stream, framed[:n])
		framed = framed[n:]
	}
	return buffer
}

// AppendWindowUpdate appends a WINDOW_UPDATE.
func AppendWindowUpdate(buffer []byte, stream, increment uint32) []byte {
	return AppendFrame(buffer, http2.FrameWindowUpdate, 0, stream, binary.BigEndian.AppendUint32(nil, increment))
}

// AppendSettings appends a SETTINGS frame that asks the peer for no header compression state and opens the window of
// every stream, and a WINDOW_UPDATE that opens the connection's.
func AppendSettings(buffer []byte) []byte {
	var payload []byte
	for id, value := range map[http2.SettingID]uint32{
		http2.SettingHeaderTableSize:   0,
		http2.SettingInitialWindowSize: MaxWindow,
	} {
		payload = binary.BigEndian.AppendUint16(payload, uint16(id))
		payload = binary.BigEndian.AppendUint32(payload, value)
	}
	buffer = AppendFrame(buffer, http2.FrameSettings, 0, 0, payload)
	return AppendWindowUpdate(buffer, 0, MaxWindow-DefaultWindow)
}

// HeaderBlock encodes header fields given as name, value, name, value …
func HeaderBlock(fields ...string) []byte {
	var block blockWriter
	encoder := hpack.NewEncoder(&block)
	encoder.SetMaxDynamicTableSizeLimit(0)
	for i := 0; i < len(fields); i += 2 {
		_ = encoder.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	return block
}

type blockWriter []byte

func (b *blockWriter) Write(p []byte) (int, error) {
	*b = append(*b, p...)
	return len(p), nil
}

// DescribeHeaders decodes a header block for an error message.
func DescribeHeaders(block []byte) string {
	fields, err := hpack.NewDecoder(0, nil).DecodeFull(block)
	if err != nil {
		return err.Error()
	}
	text := ""
	for _, field := range fields {
		text += field.Name + "=" + field.Value + " "
	}
	return text
}
