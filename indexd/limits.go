package indexd

import "time"

const (
	// sessionsMax is how many nodes may have a session. Each reserves one
	// frame (64 KiB) and costs a connection of 50 to 80 KiB.
	sessionsMax = 4096
	// sessionsPerPrefixMax is how many of them may come from one IPv4 /24 or
	// IPv6 /48; all nodes behind one relay come from the relay's address.
	sessionsPerPrefixMax = 1024
	// sessionsPerPeerMax lets a node open a new session before the server
	// has noticed that the old one is dead; the new one ends the old one.
	sessionsPerPeerMax = 2
	// faultsMax is how many wrong pages end a session.
	faultsMax = 8

	// pagesPerSecond and pagesBurst are the pace of one node's pages. A node
	// of 64 friends sends one page per currency for a change; the burst is
	// all pages of a large one.
	pagesPerSecond = 64
	pagesBurst     = 2048
	// queriesPerSecond is the pace of one node's queries unless the operator
	// says otherwise: a payment asks once and a few times more when parts fail.
	// Who asks without end learns the graph.
	queriesPerSecond = 10
	// queriesBurstSeconds is how many seconds of that pace may come at once.
	queriesBurstSeconds = 10
	// quotasMax is how many nodes' paces are remembered, so that a new session
	// does not bring a new burst.
	quotasMax = 4 * sessionsMax

	// plannerWait is how long a query waits for a planner when all are busy;
	// a search takes a few milliseconds.
	plannerWait = 500 * time.Millisecond

	// expireEvery is how often pages that are over are removed.
	expireEvery = time.Second

	// trustLifetime bounds the stream of a handshake.
	trustLifetime = 10 * time.Second
	// trustStreamsMax bounds the handshakes at once: a peer may try one.
	// Strangers come at a pace of strangersPerSecond with a burst of
	// strangersBurst, so that as many as stay silent for trustLifetime (70)
	// leave room for the servers that are listed.
	trustStreamsMax    = 128
	strangersPerSecond = 5
	strangersBurst     = 20
	// trustEvery is how often the handshake is said again, for clocks and in
	// case the other side has lost its memory.
	trustEvery = 30 * time.Second
	// farewellTimeout bounds telling a server that trust has ended, before the
	// connection is closed in any case.
	farewellTimeout = 2 * time.Second

	// redialMin and redialMax bound the pause before a trusted server is
	// dialled again; it doubles and is jittered by half.
	redialMin = time.Second
	redialMax = time.Minute

	// syncLifetime bounds one catch-up of a peer: a million pages at 10 MiB/s.
	syncLifetime = 5 * time.Minute
	// syncStreamsMax and syncStreamsPerPeerMax bound the catch-ups served.
	syncStreamsMax        = 32
	syncStreamsPerPeerMax = 2
	// syncRecentEvery is how often the pages of the last syncRecentSpan are
	// compared, and syncAllEvery how often all pages are.
	syncRecentEvery = 10 * time.Second
	syncRecentSpan  = time.Minute + syncSettle
	syncAllEvery    = 5 * time.Minute
	// syncRetry is the pause before the first catch-up with a server is tried
	// again: the other side may learn a moment later that trust is mutual.
	syncRetry = time.Second
	// meshSettle is how long GossipSub may take, after two servers have come to
	// trust each other, until each is in the other's mesh: a heartbeat of one
	// second to graft, and some room.
	meshSettle = 2 * time.Second
	// syncSettle is how old a page must be to be missed: younger ones may be
	// on their way.
	syncSettle = 30 * time.Second

	// trustedPollEvery is how often the file of trusted servers is looked at;
	// trust that was removed must have ended within a second, and a file must
	// read the same twice.
	trustedPollEvery = 250 * time.Millisecond

	// httpHeaderTimeout bounds how long the metrics endpoint waits for the
	// header of a request, httpShutdownTimeout how long a running scrape may
	// delay the end.
	httpHeaderTimeout   = 5 * time.Second
	httpShutdownTimeout = 2 * time.Second
)
