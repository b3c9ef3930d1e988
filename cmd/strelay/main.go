// Strelay runs a relay: a server with a public address through which nodes
// behind a NAT are reached by their friends. See package relayd.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	cmd := newCommand()
	if err := cmd.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "strelay:", err)
		stop()
		os.Exit(1)
	}
}
