package apiclient

import "time"

const (
	// responseBytesMax bounds one message from the node: the whole state of
	// one with 10,000 friends has some 10 MiB.
	responseBytesMax = 64 << 20

	// dialTimeout bounds how long Dial tries to reach the node, names and
	// relays included.
	dialTimeout = 20 * time.Second
)
