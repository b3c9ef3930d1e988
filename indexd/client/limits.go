package client

import "time"

const (
	// ServersMax is how many index servers a node reports to. Each costs the
	// node every page; more than three add nothing in a federation.
	ServersMax = 3

	// backoffMin and backoffMax bound the pause before a session is tried
	// again; it doubles with each failure and is jittered by half, so that the
	// nodes of a server that restarts do not all come at once.
	backoffMin = time.Second
	backoffMax = time.Minute
	// steadyAfter is how long a session must have lasted for the next pause to
	// start from backoffMin again.
	steadyAfter = 30 * time.Second

	// connectTimeout bounds dialling and the hello; a relayed dial over a
	// mobile link needs some seconds.
	connectTimeout = 15 * time.Second

	// askNextAfter is how long a server may be silent before the next one is
	// asked as well: longer than a relayed round trip, short for who waits to
	// pay. With ServersMax servers a query ends after twice this and
	// protocol.QueryTimeout.
	askNextAfter = time.Second
)
