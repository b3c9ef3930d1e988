// Package cli is what the daemons' command lines share: ending on a signal, and
// the flags of the log.
package cli

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/libp2p/go-libp2p/gologshim"
	"github.com/spf13/cobra"
)

// Main runs a command line until it returns or the process is asked to end
// (SIGINT, SIGTERM), which ends the command's context. An error is printed on
// stderr and ends the process with status 1. It does not return.
func Main(root *cobra.Command) {
	root.SilenceUsage, root.SilenceErrors = true, true
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := root.ExecuteContext(ctx)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", root.Name(), err)
		os.Exit(1)
	}
	os.Exit(0)
}

// Log are the flags of a daemon's log.
type Log struct {
	level  string
	asJSON bool
}

// Flags adds the flags to a command.
func (l *Log) Flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&l.level, "log-level", "info", "debug, info, warn or error")
	cmd.Flags().BoolVar(&l.asJSON, "json-log", false, "log JSON lines instead of text")
}

// Open returns the log, on the command's stderr; libp2p's own records go there
// too, from warnings on. Call it before the first libp2p host is made.
func (l *Log) Open(cmd *cobra.Command) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(l.level)); err != nil {
		return nil, fmt.Errorf("log level %q: choose debug, info, warn or error", l.level)
	}
	handler := func(level slog.Leveler) slog.Handler {
		opts := &slog.HandlerOptions{Level: level}
		if l.asJSON {
			return slog.NewJSONHandler(cmd.ErrOrStderr(), opts)
		}
		return slog.NewTextHandler(cmd.ErrOrStderr(), opts)
	}
	gologshim.SetDefaultHandler(handler(max(level, slog.LevelWarn)))
	return slog.New(handler(level)), nil
}
