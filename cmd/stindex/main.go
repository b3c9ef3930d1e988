// Stindex runs an index server: it knows who can push how much to whom and
// answers which routes carry a payment. See package indexd.
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
	if err := newCommand().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "stindex:", err)
		stop()
		os.Exit(1)
	}
}
