// Stlab is the lab: it runs a whole Offset network of real processes on this
// machine, for newcomers, tests and measurements. See package
// integration/harness.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// errResult ends the program with a status that says so when the run itself
// went through and its figures, already printed, are not as they must be.
var errResult = errors.New("the run did not end as it must")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := newCommand().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "stlab:", err)
		stop()
		os.Exit(1)
	}
}
