package report

import (
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// A perfetto is a trace in the making, in the protocol buffers of Perfetto
// (protos/perfetto/trace, github.com/google/perfetto). Its tracks have numbers
// above 0.
type perfetto struct{ packets []byte }

// Fields of the messages that are written, by number.
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

// The types of track events.
const (
	sliceBegin = 1
	sliceEnd   = 2
	instant    = 3
	counter    = 4
)

// An annotation is what a slice tells when it is clicked: a number, or a text.
type annotation struct {
	name   string
	number int64
	text   string
}

// process adds a group of tracks.
func (p *perfetto) process(track uint64, name string) {
	process := integer(nil, processPID, track)
	process = text(process, processName, name)
	p.track(track, message(nil, trackProcess, process))
}

// child adds a track to a group.
func (p *perfetto) child(track, parent uint64, name string) {
	p.track(track, integer(text(nil, trackName, name), trackParent, parent))
}

// counter adds a track of numbers to a group.
func (p *perfetto) counter(track, parent uint64, name string) {
	p.track(track, message(integer(text(nil, trackName, name), trackParent, parent), trackCounter, nil))
}

func (p *perfetto) track(track uint64, fields []byte) {
	p.packet(message(nil, packetTrack, append(integer(nil, trackUUID, track), fields...)))
}

// slice adds something that lasts.
func (p *perfetto) slice(track uint64, from, to time.Duration, name string, about ...annotation) {
	event := text(nil, eventName, name)
	for _, a := range about {
		event = message(event, eventAnnotation, a.fields())
	}
	p.event(track, from, sliceBegin, event)
	p.event(track, to, sliceEnd, nil)
}

// instant adds something that happens at a time.
func (p *perfetto) instant(track uint64, at time.Duration, name string) {
	p.event(track, at, instant, text(nil, eventName, name))
}

// count adds a number that holds from a time on.
func (p *perfetto) count(track uint64, at time.Duration, value int) {
	p.event(track, at, counter, integer(nil, eventCounter, uint64(value)))
}

func (p *perfetto) event(track uint64, at time.Duration, kind uint64, fields []byte) {
	fields = integer(integer(fields, eventType, kind), eventTrack, track)
	p.packet(message(integer(nil, packetTimestamp, uint64(at)), packetTrackEvent, fields))
}

func (p *perfetto) packet(fields []byte) {
	p.packets = message(p.packets, tracePacket, integer(fields, packetSequence, 1))
}

func (a annotation) fields() []byte {
	b := text(nil, annotationName, a.name)
	if a.text != "" {
		return text(b, annotationText, a.text)
	}
	return integer(b, annotationInt, uint64(a.number))
}

func integer(b []byte, field protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), v)
}

func text(b []byte, field protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), s)
}

func message(b []byte, field protowire.Number, fields []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), fields)
}
