// Stindex runs an index server: it knows who can push how much to whom and
// answers which routes carry a payment. See package indexd.
package main

import "github.com/offset-p2p/offset/cmd/internal/cli"

func main() { cli.Main(newCommand()) }
