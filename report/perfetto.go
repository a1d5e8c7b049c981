package report

import "google.golang.org/protobuf/encoding/protowire"

// Fields of Perfetto's protocol buffers (protos/perfetto/trace, github.com/google/perfetto)
// that are written, by number.
const (
	tracePacket = 1

	packetTimestamp  = 8
	packetSequence   = 10
	packetTrackEvent = 11
	packetTrack      = 60

	trackUUID    = 1
	trackName    = 2
	trackProcess = 3
	trackParent  = 5
	trackCounter = 8

	processPID  = 1
	processName = 6

	eventAnnotation = 4
	eventType       = 9
	eventTrack      = 11
	eventName       = 23
	eventCounter    = 30

	annotationInt  = 4
	annotationText = 6
	annotationName = 10
)

// perfetto returns the trace in the protocol buffers of Perfetto.
func (t *trace) perfetto() (packets []byte) {
	packet := func(fields []byte) {
		packets = message(packets, tracePacket, integer(fields, packetSequence, 1))
	}
	for i, k := range t.tracks {
		packet(message(nil, packetTrack, append(integer(nil, trackUUID, uuid(i)), k.perfetto(i)...)))
	}
	for _, e := range t.events {
		packet(message(integer(nil, packetTimestamp, uint64(e.at)), packetTrackEvent, e.perfetto()))
	}
	return packets
}

// uuid returns the number of a track in the file, which must not be 0.
func uuid(track int) uint64 { return uint64(track) + 1 }

func (k track) perfetto(i int) []byte {
	if k.group == i {
		return message(nil, trackProcess, textField(integer(nil, processPID, uuid(i)), processName, k.name))
	}
	b := integer(textField(nil, trackName, k.name), trackParent, uuid(k.group))
	if k.counts {
		b = message(b, trackCounter, nil)
	}
	return b
}

func (e traceEvent) perfetto() (b []byte) {
	if e.name != "" {
		b = textField(b, eventName, e.name)
	}
	for _, a := range e.about {
		b = message(b, eventAnnotation, a.perfetto())
	}
	if e.kind == counts {
		b = integer(b, eventCounter, uint64(e.value))
	}
	return integer(integer(b, eventType, uint64(e.kind)), eventTrack, uuid(e.track))
}

func (a annotation) perfetto() []byte {
	b := textField(nil, annotationName, a.name)
	if a.text != "" {
		return textField(b, annotationText, a.text)
	}
	return integer(b, annotationInt, uint64(a.number))
}

func integer(b []byte, field protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), v)
}

func textField(b []byte, field protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), s)
}

func message(b []byte, field protowire.Number, fields []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), fields)
}
