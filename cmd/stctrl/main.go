// Command stctrl controls an Offset node from the command line: friends and
// credit, relays and index servers, selling and buying, applications. It is one
// application of many possible ones and uses nothing but the interface that all
// of them have (package apiclient). Keys, invoices and receipts it reads
// without any node.
//
// On the node's own machine it works at once, through the unix socket in the
// node's data directory (--dir). From elsewhere it calls the node over libp2p
// with a key that the node's owner has listed (--node, --key).
//
// Results go to stdout, as tables for people or with --json for programs;
// progress and errors go to stderr. The exit codes are in "stctrl --help".
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], stdio{in: os.Stdin, out: os.Stdout, err: os.Stderr})
	stop()
	os.Exit(code)
}
