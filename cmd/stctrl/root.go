package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/node/api"
	"github.com/offset-p2p/offset/node/apiclient"
	"github.com/offset-p2p/offset/p2p/address"
	"github.com/offset-p2p/offset/p2p/identity"
)

// stdio is where a run reads and writes.
type stdio struct {
	in       io.Reader
	out, err io.Writer
}

// cli is one run of the program: where it reads and writes, and the flags that
// all commands have.
type cli struct {
	stdio
	dir, node, key, passphraseFile string
	json                           bool
	timeout                        time.Duration
}

const rootHelp = `Control an Offset node: credit between friends, without anybody in the middle.

A node runs on this machine (stnode) and stctrl finds it by its data directory,
or elsewhere and stctrl calls it by its ticket with a key that is listed there.
Amounts are written as people do: "12.50" of EUR/2. A currency is a name and its
number of decimals; EUR alone is EUR/2. INVOICE, TICKET and other long texts can
be given as they are, as @FILE, or as - for standard input.

Exit codes:
  0  done
  1  trouble in the node or in this program
  2  bad input: nothing was changed, the message says what is wrong
  3  refused: not possible now, or not permitted
  4  the payment failed: nothing was paid
  5  the node cannot be reached, or did not answer in time`

const rootExample = `  stctrl info
  stctrl friends add bob @bob.ticket
  stctrl credit set bob EUR 100
  stctrl sell create 12.50 EUR --description "two pizzas"
  stctrl buy pay @invoice.txt
  stctrl receipt verify @receipt.txt
  stctrl --node @node.ticket --key phone.key credit list --json`

// run executes one command line and returns the exit code.
func run(ctx context.Context, args []string, io stdio) int {
	c := &cli{stdio: io}
	root := c.root()
	root.SetArgs(args)
	root.SetIn(io.in)
	root.SetOut(io.out)
	root.SetErr(io.err)
	err := root.ExecuteContext(ctx)
	if err != nil {
		c.complain(err)
	}
	return exitCode(err)
}

func (c *cli) root() *cobra.Command {
	root := group("stctrl", "Control an Offset node", rootHelp)
	root.Example = rootExample
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return badInput("%w: see %s --help", err, cmd.CommandPath())
	})
	flags := root.PersistentFlags()
	flags.StringVar(&c.dir, "dir", "", "the node's data directory (default $OFFSET_DIR, or ~/.offset)")
	flags.StringVar(&c.node, "node", "", "ticket of a node elsewhere, to call it over libp2p (with --key)")
	flags.StringVar(&c.key, "key", "", "key file of this application, for --node")
	flags.StringVar(&c.passphraseFile, "passphrase-file", "", "file with the passphrase of the key file")
	flags.BoolVar(&c.json, "json", false, "print JSON for programs")
	flags.DurationVar(&c.timeout, "timeout", callTimeout, "how long to wait for the node; of a payment: how long to try")
	root.AddCommand(
		c.infoCommand(), c.ticketCommand(), c.friends(), c.credit(), c.relays(), c.index(),
		c.sell(), c.buy(), c.history(), c.receipt(), c.invoice(), c.statement(), c.evidence(), c.apps(), c.ident(),
	)
	return root
}

// group makes a command that only holds others. Without one of them it fails,
// so that a misspelt word in a script is not taken for success.
func group(use, short, long string) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Long: long,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return badInput("%s needs one of its commands: see %s --help", cmd.CommandPath(), cmd.CommandPath())
			}
			return badInput("%s has no command %q: see %s --help", cmd.CommandPath(), args[0], cmd.CommandPath())
		},
	}
}

// exactly is cobra.ExactArgs with a message that says what is missing.
func exactly(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return badInput("this needs %d arguments, not %d. Usage: %s", n, len(args), cmd.UseLine())
		}
		return nil
	}
}

// atLeast is cobra.MinimumNArgs with a message that says what is missing.
func atLeast(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < n {
			return badInput("this needs at least %d arguments, not %d. Usage: %s", n, len(args), cmd.UseLine())
		}
		return nil
	}
}

// atMost is cobra.MaximumNArgs with a message that says what is too much.
func atMost(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > n {
			return badInput("this takes at most %d arguments, not %d. Usage: %s", n, len(args), cmd.UseLine())
		}
		return nil
	}
}

// call runs do with a connection to the node.
func (c *cli) call(cmd *cobra.Command, do func(context.Context, *apiclient.Client) error) error {
	if c.timeout <= 0 {
		return badInput("--timeout must be over 0")
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), c.timeout)
	defer cancel()
	client, err := c.dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	return do(ctx, client)
}

// dial connects to the node that the flags name.
func (c *cli) dial(ctx context.Context) (*apiclient.Client, error) {
	switch {
	case c.node == "" && c.key != "":
		return nil, badInput("--key is for a node elsewhere: give its ticket with --node")
	case c.node != "" && c.dir != "":
		return nil, badInput("give either --dir, for a node on this machine, or --node, for one elsewhere")
	case c.node == "":
		dir, err := c.dataDir()
		if err != nil {
			return nil, err
		}
		return apiclient.Dial(ctx, apiclient.Options{Socket: filepath.Join(dir, api.SocketName)})
	case c.key == "":
		return nil, badInput("--node needs --key FILE: make one with stctrl ident new FILE, and have the node's owner list it with stctrl apps add")
	}
	text, err := c.text(c.node)
	if err != nil {
		return nil, err
	}
	node, err := address.ParseOne(text)
	if err != nil {
		return nil, badInput("--node: %w", err)
	}
	id, err := identity.Load(c.key, c.passphrase)
	if err != nil {
		return nil, badInput("--key: %w", err)
	}
	return apiclient.Dial(ctx, apiclient.Options{Node: node, Identity: id})
}

// dataDir is the node's data directory.
func (c *cli) dataDir() (string, error) {
	if c.dir != "" {
		return c.dir, nil
	}
	if dir := os.Getenv("OFFSET_DIR"); dir != "" {
		return dir, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", badInput("there is no home directory to look for a node in: give --dir")
	}
	return filepath.Join(home, ".offset"), nil
}

// passphrase reads the passphrase file.
func (c *cli) passphrase() (string, error) {
	if c.passphraseFile == "" {
		return "", errors.New("the key file is sealed: give --passphrase-file")
	}
	return c.passphraseIn(c.passphraseFile)
}

// passphraseIn reads a file with a passphrase.
func (c *cli) passphraseIn(file string) (string, error) {
	text, err := c.text("@" + file)
	if err != nil {
		return "", fmt.Errorf("reading the passphrase: %w", err)
	}
	if text == "" {
		return "", badInput("passphrase file %s is empty", file)
	}
	return text, nil
}
