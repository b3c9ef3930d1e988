// Package relayd is the relay server: it lets nodes that nobody can dial be
// reached by their friends.
//
// It speaks circuit relay v2 and nothing of its own, so any libp2p node can use
// it and Offset nodes can use any relay. A node connects to it, reserves a slot
// and tells its friends an address that leads through the relay; what then
// flows is encrypted end to end, so the relay sees who talks to whom, when and
// how much, but not what.
//
// What differs from libp2p's defaults are the limits, in limits.go. Those allow
// a circuit two minutes and 128 KiB, fit for introducing two peers that then
// connect directly; a friend link lives for weeks. Here a circuit has no end,
// and what protects the relay instead are counts: reservations in all and per
// address, circuits per peer, connections and their rate per address, memory.
//
// Run does everything: it loads or makes the key, starts the host, serves, and
// writes the relay's ticket to the file "ticket" in its directory, one
// multiaddr per line, for operators to hand out.
package relayd
