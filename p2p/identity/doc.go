// Package identity owns the one secret that makes a node, relay, index server
// or application who it is: an Ed25519 key.
//
// The key is derived from a 32-byte seed, and the seed is what people keep: 24
// BIP-39 words restore the same key and so the same peer ID, the name under
// which friends know a node. On disk the key stands in libp2p's own
// private-key encoding, so that any libp2p tool reads it, optionally sealed
// with a passphrase by age (scrypt).
//
// A key file is never overwritten: a lost key is a lost name, and the ledgers
// signed with it cannot be continued. Save therefore creates the file or
// fails, atomically and synced, and Load refuses a file that others can read,
// that is truncated or that holds another kind of key, each time saying which
// file it is and what to do next.
//
// The package knows nothing of money: a peer is named here by its peer ID or
// by its raw 32-byte public key (the form the ledger signs and stores), and
// RawKey and PeerIDOf convert between the two.
package identity
