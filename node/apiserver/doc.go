// Package apiserver answers a node's applications: who is this caller, may it
// do that, is what it asks for sound; then it hands the command to the node.
//
// The caller is known from the connection: a peer ID that libp2p has
// authenticated, or the local user on the unix socket. What it may do stands
// with the application; what a procedure needs stands in one table of package
// api; what is not listed is refused. A refused call has changed nothing.
//
// # Wiring
//
//	srv, err := apiserver.New(apiserver.Config{Backend: node, ParseTickets: address.Parse, Log: log})
//	srv.SetApps(apps)                                        // at start and whenever they change
//	ln := rpc.ListenPeers(host, api.Protocol, srv.Allowed)   // unlisted keys are reset
//	un, err := rpc.ListenUnix(filepath.Join(dir, api.SocketName))
//	go rpc.Serve(ctx, rpc.DefaultConfig(srv.Handler()), ln, un)
//	srv.Publish(effects.Events)                              // after the step's writes are durable
//
// # Events
//
// Publish puts events into a ring and returns; it never waits for a reader.
// Each stream reads the ring at its own pace. A reader whose place in the ring
// was overwritten gets the whole state again, so that a slow application harms
// nobody and is never left with a gap.
package apiserver
