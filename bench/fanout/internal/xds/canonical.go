package xds

import (
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// Canonical puts the fields of a message, and of the messages in it, into the order of their numbers, repeated ones as
// they came. Encoders differ in that order (Go's writes the members of a oneof last), and it means nothing. A string
// that happens to look like a message is reordered as well, alike for equal strings.
func Canonical(message []byte) []byte {
	type encodedField struct {
		number  protowire.Number
		encoded []byte
	}
	var fields []encodedField
	for rest := message; len(rest) > 0; {
		number, kind, tagLength := protowire.ConsumeTag(rest)
		if tagLength < 0 {
			return message
		}
		valueLength := protowire.ConsumeFieldValue(number, kind, rest[tagLength:])
		if valueLength < 0 {
			return message
		}
		encoded := rest[:tagLength+valueLength]
		if kind == protowire.BytesType {
			content, _ := protowire.ConsumeBytes(rest[tagLength:])
			encoded = appendBytes(nil, number, Canonical(content))
		}
		fields = append(fields, encodedField{number, encoded})
		rest = rest[tagLength+valueLength:]
	}
	slices.SortStableFunc(fields, func(a, b encodedField) int { return int(a.number) - int(b.number) })
	canonical := make([]byte, 0, len(message))
	for _, field := range fields {
		canonical = append(canonical, field.encoded...)
	}
	return canonical
}
