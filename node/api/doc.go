// Package api defines the interface between a node and its applications: which
// permission each procedure of the service offset.app.v1 needs, and the
// machine-readable reasons of its errors.
//
// The service itself is defined, for programs in any language, in
// pb/offset/app/v1/app.proto; its comments are the reference. Package apiserver
// answers it, package apiclient calls it from Go.
//
// # Permissions
//
// An application is listed with the permissions that its user chose; the local
// user, on the unix socket, has all of them. A procedure needs exactly one
// permission, and none includes another: a shop's till gets PermSeller and
// cannot pay, a wallet gets PermRead and PermBuyer and cannot change limits.
// What Permissions does not list is refused.
package api

// Protocol is the libp2p protocol under which a node serves its applications.
const Protocol = "/offset/app/1"

// SocketName is the file name of the unix socket in a node's data directory.
const SocketName = "app.sock"
