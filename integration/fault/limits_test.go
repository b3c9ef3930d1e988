package fault

import (
	"time"

	"github.com/offset-p2p/offset/p2p/frame"
)

const (
	// commandTimeout bounds one run of a program. A command takes a few tens
	// of milliseconds; over a relay, on a busy machine, seconds.
	commandTimeout = time.Minute
	// pollEvery is the pause between two looks at something that is awaited.
	pollEvery = 50 * time.Millisecond
	// graphTimeout is how long capacities may take to reach the index servers.
	graphTimeout = 30 * time.Second
)

// The attack with streams.
const (
	// streamsPerProtocol is how many streams every protocol is attacked with.
	streamsPerProtocol = 1000
	// attackers is how many hosts, each with a name of its own, share them: a
	// single one would meet nothing but the limits per peer.
	attackers = 40
	// insiders is how many of them are friends and applications of the node.
	insiders = 8
	// traitorStreams is how many streams a trusted server opens at once; one
	// peer may have 64 of a protocol.
	traitorStreams = 50

	// firstMessage is how long every protocol of ours waits for the first
	// message (or, on the application interface, for a request).
	firstMessage = frame.DefaultFirstMessage
	// slack is how much later a stream may be seen to end: thousands of streams
	// and both their ends share the cores of one machine.
	slack = 30 * time.Second
	// openTimeout bounds opening a stream, for the same reason.
	openTimeout = 30 * time.Second

	// headStart is how much earlier than the crowd one stream per protocol
	// comes, so that it is met by a server that is not busy yet.
	headStart = time.Second

	// noiseBytes is what a noisy stream sends at once.
	noiseBytes = 4 << 10
	// framedBytes is the length of a message that every protocol allows; the
	// least bound is that of the trust handshake, 64 bytes.
	framedBytes = 40

	// growthMax is how many bytes of resident memory an attack may cost while
	// it lasts. The 4 GiB of a single believed prefix are 64 times as much.
	growthMax = 64 << 20
	// restMax is how much may be left when it is over, after restTimeout at
	// the latest: a Go program keeps some of the memory that it needed once.
	restMax     = 24 << 20
	restTimeout = 30 * time.Second
	// sampleEvery is how often resident memory is looked at.
	sampleEvery = 100 * time.Millisecond
)
