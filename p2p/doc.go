// Package p2p builds the libp2p host that every program of Offset runs on: its
// transports, its limits, and its presence on relays.
//
// A host listens on the addresses of its Config (QUIC, TCP and WebSocket) or on
// none at all: most people sit behind a NAT, and then a host is reached only
// through the relays on which it keeps a reservation. Host.Run keeps one on
// every configured relay, all the time; Host.SetRelays changes the list while
// it runs. What a host tells others about how to reach it, Host.AddrInfo, are
// its own addresses and one circuit address per address of a relay that holds
// a reservation for it right now.
//
// # Why not AutoRelay
//
// libp2p's AutoRelay looks for some relays among many candidates; we have a few
// that the user has chosen and want all of them. Its source, which was read for
// that wish, does not fit: the number of relays is fixed when the host is
// made, a relay that leaves the list keeps being refreshed, a relay that was
// restarting at the wrong moment is left alone for a whole back-off whatever
// happens, only public relay addresses are advertised (a lab or a market on a
// LAN has none), and nothing can be asked about the state of one relay. The
// keeper in reserve.go does the one thing we need on top of the same
// circuitv2/client.Reserve and announces its addresses by the same event as
// AutoRelay, so that identify pushes them to connected peers at once.
//
// # Traps of libp2p this package takes care of
//
//   - Without listening addresses libp2p turns the relay transport off.
//   - A stream over a limited (relayed) connection waits for ever unless its
//     context allows it: AllowRelayed.
//   - A relay without limits makes connections that do not look limited:
//     Relayed looks at the address.
//   - All connections through one relay count as connections from that relay's
//     IP address in the limits per IP, so those of a node are set for many.
//   - A failed dial puts an address on a back-off of up to five minutes; the
//     keeper has a back-off of its own and asks to dial regardless.
//   - Metrics of two hosts in one process collide in Prometheus' default
//     registry: every host has its own.
package p2p
