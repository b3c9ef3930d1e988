// Strelay runs a relay: a server with a public address through which nodes
// behind a NAT are reached by their friends. See package relayd.
package main

import "github.com/offset-p2p/offset/cmd/internal/cli"

func main() { cli.Main(newCommand()) }
