package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/p2p/identity"
)

// errNoTicket says that nobody can reach the node.
var errNoTicket = errors.New("this node has no address that others could reach: add a relay with stctrl relays add")

func (c *cli) ident() *cobra.Command {
	g := group("ident", "Make and read key files, without any node",
		"A key file is who a node or an application is. 24 words bring it back: they are printed\n"+
			"once, when it is made. With --passphrase-file the key file is sealed. No command overwrites a\n"+
			"key file that is there.")
	g.Example = "  stctrl ident new phone.key 2> words.txt\n  stctrl ident restore phone.key < words.txt\n" +
		"  stctrl ident reseal phone.key sealed.key --new-passphrase-file new.txt\n  stctrl ident show phone.key"
	g.AddCommand(
		c.identReseal(),
		&cobra.Command{
			Use: "new FILE", Short: "Make a new key file and print its 24 words on stderr", Args: exactly(1),
			RunE: func(_ *cobra.Command, args []string) error {
				id, err := identity.Generate()
				if err != nil {
					return err
				}
				words, err := id.Words()
				if err != nil {
					return err
				}
				if err := c.saveKey(id, args[0]); err != nil {
					return err
				}
				_, _ = fmt.Fprintln(c.err, words)
				c.progress("Write these 24 words down and keep them secret: they are not shown again.")
				return c.showKey(id, args[0])
			},
		},
		&cobra.Command{
			Use: "restore FILE", Short: "Make a key file from the 24 words on standard input", Args: exactly(1),
			RunE: func(_ *cobra.Command, args []string) error {
				words, err := c.text("-")
				if err != nil {
					return err
				}
				id, err := identity.FromWords(words)
				if err != nil {
					return badInput("%w", err)
				}
				if err := c.saveKey(id, args[0]); err != nil {
					return err
				}
				return c.showKey(id, args[0])
			},
		},
		&cobra.Command{
			Use: "show FILE", Short: "Print the peer ID of a key file", Args: exactly(1),
			RunE: func(_ *cobra.Command, args []string) error {
				id, err := identity.Load(args[0], c.passphrase)
				if err != nil {
					return badInput("%w", err)
				}
				return c.showKey(id, args[0])
			},
		},
	)
	return g
}

// identReseal writes a key under another passphrase into another file, since a
// key file that is there is never overwritten.
func (c *cli) identReseal() *cobra.Command {
	next, none := "", false
	cmd := &cobra.Command{
		Use: "reseal FILE NEWFILE", Short: "Copy a key file under another passphrase, or none", Args: exactly(2),
		Long: "Write the key of FILE to NEWFILE, sealed with the passphrase in --new-passphrase-file, or not\n" +
			"sealed with --no-passphrase. FILE is opened with --passphrase-file if it is sealed, and stays as\n" +
			"it is: when NEWFILE works, put it in FILE's place and delete FILE yourself.",
		Example: "  stctrl ident reseal key key.new --passphrase-file old.txt --new-passphrase-file new.txt\n" +
			"  stctrl ident reseal key key.new --passphrase-file old.txt --no-passphrase",
	}
	cmd.Flags().StringVar(&next, "new-passphrase-file", "", "file with the new passphrase")
	cmd.Flags().BoolVar(&none, "no-passphrase", false, "leave the new file unsealed")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if (next == "") != none {
			return badInput("say either --new-passphrase-file FILE or --no-passphrase")
		}
		id, err := identity.Load(args[0], c.passphrase)
		if err != nil {
			return badInput("%w", err)
		}
		sealing := ""
		if next != "" {
			if sealing, err = c.passphraseIn(next); err != nil {
				return err
			}
		}
		if err := saveNew(id, args[1], sealing); err != nil {
			return err
		}
		again, err := identity.Load(args[1], func() (string, error) { return sealing, nil })
		if err != nil {
			return fmt.Errorf("reading the new key file back: %w", err)
		}
		if again.PeerID() != id.PeerID() {
			return fmt.Errorf("%s holds another key than %s: keep the old file", args[1], args[0])
		}
		c.progress("%s is unchanged: put %s in its place when you have checked it, and delete the old one", args[0], args[1])
		return c.showKey(id, args[1])
	}
	return cmd
}

// saveKey writes a new key file, sealed if there is a passphrase.
func (c *cli) saveKey(id *identity.Identity, path string) error {
	passphrase := ""
	if c.passphraseFile != "" {
		var err error
		if passphrase, err = c.passphrase(); err != nil {
			return err
		}
	}
	return saveNew(id, path, passphrase)
}

// saveNew writes a key file that does not exist yet.
func saveNew(id *identity.Identity, path, passphrase string) error {
	err := id.Save(path, passphrase)
	if errors.Is(err, fs.ErrExist) {
		return badInput("%w", err)
	}
	return err
}

// showKey prints whose key file it is.
func (c *cli) showKey(id *identity.Identity, path string) error {
	return c.show(map[string]string{"peer": id.PeerID().String(), "file": path}, func(t *table) {
		t.line("%s", id.PeerID())
	})
}
