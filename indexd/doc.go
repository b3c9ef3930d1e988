// Package indexd is the index server: it knows who can push how much to whom,
// and answers which routes carry an amount from one node to another.
//
// Nodes keep a session with it, report signed capacity pages and ask for
// routes. Servers that trust each other share all pages (package gossip), so a
// node needs a session with one of them only. What a server holds are the
// newest pages (gossip/pages) and the graph derived from them (gossip/graph),
// on which the planner (gossip/route) searches. An index server sees the
// friendships and the rounded capacities of all nodes in clear; it sees no
// balance, no payment and no invoice, but it sees who asks for a route to whom.
//
// # Trust between servers
//
// The operator lists other servers by their tickets, in a file that is read
// again when it changes. The server keeps a connection with each of them, says
// in a handshake that it lists them and hears whether it is listed. Only when
// both is true pages flow, in both directions: by gossip, and by catch-up for
// what gossip lost. Status shows one-sided trust on both sides.
//
// # Layout
//
//	Run       the whole daemon: key, host, files, admin socket, metrics
//	Server    the index server on a given host
//	core      pages, graph, planners: what is known
//	session   one node
//	member    one trusted server: dialling, handshake, catch-up
package indexd
