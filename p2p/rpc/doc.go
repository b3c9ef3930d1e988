// Package rpc carries HTTP, and with it Connect and gRPC, over libp2p streams
// and unix sockets, so that one handler serves applications far away and on
// the same machine, and every request knows who asks.
//
// Over libp2p the caller is the peer ID that libp2p authenticated; there is no
// password and no certificate. Peers that are not allowed are reset in the
// listener's Accept, before any HTTP: not even an error tells them what is
// here. Over a unix socket, whose file only its owner can open, the caller is
// the local user. A handler asks CallerFrom(ctx).
//
// The server speaks HTTP/1 and unencrypted HTTP/2 on all listeners (libp2p
// encrypts, and a unix socket need not). The client speaks HTTP/2 only, so all
// calls to a peer share one stream. Both work through relays.
//
//	ln, _ := rpc.ListenPeers(host, "/offset/app/1", registered)
//	un, _ := rpc.ListenUnix(dir + "/api.sock")
//	err := rpc.Serve(ctx, rpc.DefaultConfig(handler), ln, un)
//
//	client := rpc.HTTPClient(host, node, "/offset/app/1")
//	api := apiv1connect.NewNodeClient(client, rpc.BaseURL)
package rpc
