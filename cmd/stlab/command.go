package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/integration/harness"
)

// flags are those of every lab.
type flags struct {
	dir      string
	keep     bool
	hops     int
	logLevel string
}

func newCommand() *cobra.Command {
	var f flags
	root := &cobra.Command{
		Use:   "stlab",
		Short: "Run a whole Offset network on this machine",
		Long: "Stlab starts a relay, two index servers that trust each other, and a chain of nodes that\n" +
			"listen nowhere and are reachable only through the relay, each as a process of its own.\n" +
			"Without a command it shows one payment from end to end and stays up to look around.\n" +
			"Everything it started ends with it.",
		Example:       "  stlab\n  stlab --hops 5\n  stlab pay --hops 3 --count 20 --json\n  stlab pay --hops 3 --count 50 --kill mediator --json",
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return demo(cmd, f) },
	}
	p := root.PersistentFlags()
	p.StringVar(&f.dir, "dir", "", "directory for the data of all processes; must not hold a lab yet (default a temporary one)")
	p.BoolVar(&f.keep, "keep", false, "keep a temporary directory at the end, with all logs")
	p.IntVar(&f.hops, "hops", 3, fmt.Sprintf("friendships between payer and payee, 1 to %d", harness.HopsMax))
	p.StringVar(&f.logLevel, "log-level", "info", "of the processes: debug, info, warn or error")
	root.AddCommand(payCommand(&f), benchCommand(&f), simCommand())
	return root
}

// start builds what is needed and starts a lab; progress goes to w. The
// returned function ends everything.
func start(ctx context.Context, w io.Writer, f flags, opts harness.Options) (*harness.Lab, func(), error) {
	if f.hops < 1 || f.hops > harness.HopsMax {
		return nil, nil, fmt.Errorf("--hops must be 1 to %d", harness.HopsMax)
	}
	dir, cleanup, err := labDir(f)
	if err != nil {
		return nil, nil, err
	}
	say(w, "building the programs")
	opts.Dir, opts.Hops, opts.LogLevel = dir, f.hops, f.logLevel
	if opts.Programs, err = harness.Programs(ctx, filepath.Join(dir, "bin")); err != nil {
		cleanup()
		return nil, nil, err
	}
	say(w, "starting 1 relay, 2 index servers and %d nodes in %s", f.hops+1, dir)
	lab, err := harness.Start(ctx, opts)
	if err != nil {
		cleanup()
		return nil, nil, err
	}
	return lab, func() { lab.Close(); cleanup() }, nil
}

func labDir(f flags) (dir string, cleanup func(), err error) {
	if f.dir == "" {
		dir, err := os.MkdirTemp("", "offset-lab-")
		if err != nil {
			return "", nil, fmt.Errorf("making a directory for the lab: %w", err)
		}
		return dir, func() {
			if !f.keep {
				_ = os.RemoveAll(dir)
			}
		}, nil
	}
	if entries, err := os.ReadDir(f.dir); err == nil && len(entries) > 0 {
		return "", nil, fmt.Errorf("%s is not empty: name a new directory with --dir, a lab starts from nothing", f.dir)
	}
	if dir, err = filepath.Abs(f.dir); err != nil {
		return "", nil, fmt.Errorf("finding the directory of the lab: %w", err)
	}
	return dir, func() {}, os.MkdirAll(dir, 0o700)
}

func say(w io.Writer, format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
