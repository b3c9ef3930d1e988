package rpc

import "time"

const (
	// readHeaderTimeout is how long a caller has for the header of a
	// request; one that says nothing is cut then.
	readHeaderTimeout = 10 * time.Second

	// idleTimeout is how long a connection without a request is kept.
	idleTimeout = 5 * time.Minute

	// headerBytesMax bounds the header of a request, in bytes; Connect and
	// gRPC need less than one KiB.
	headerBytesMax = 16 << 10

	// streamsPerConnMax bounds the simultaneous requests of one connection.
	streamsPerConnMax = 128

	// acceptQueue is how many accepted streams may wait for the server;
	// more are reset.
	acceptQueue = 64

	// ConnsPerPeerMax bounds the simultaneous connections of one peer. The
	// client of this package uses one.
	ConnsPerPeerMax = 16

	// pingAfter is the silence after which a client asks whether the server
	// is still there, and pingTimeout how long it waits for the answer, so a
	// stream on a connection that died half-way is not used for ever.
	pingAfter   = 15 * time.Second
	pingTimeout = 10 * time.Second

	// dialTimeout bounds opening a stream or a socket.
	dialTimeout = 30 * time.Second

	// ShutdownTimeout is how long Serve waits for running requests after its
	// context has ended. Requests see the end in their own context, so only
	// a handler that ignores it is cut.
	ShutdownTimeout = 5 * time.Second

	// socketPathBytesMax is the longest path of a unix socket, in bytes
	// (sun_path of 104 with its final zero on the stricter systems).
	socketPathBytesMax = 103

	// socketNameBytes is what a socket needs behind its directory while it
	// is being made: "/.s", ten digits, "/s".
	socketNameBytes = 15

	// staleProbeTimeout is how long a socket file is tried before it counts
	// as left behind; connecting to a local socket needs no time at all.
	staleProbeTimeout = time.Second

	// socketMode is the permission of a unix socket: its owner's alone.
	socketMode = 0o600
)
