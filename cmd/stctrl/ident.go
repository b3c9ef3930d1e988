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
			"once, when it is made. With --passphrase-file the key file is sealed.")
	g.Example = "  stctrl ident new phone.key 2> words.txt\n  stctrl ident restore phone.key < words.txt\n  stctrl ident show phone.key"
	g.AddCommand(
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

// saveKey writes a new key file, sealed if there is a passphrase.
func (c *cli) saveKey(id *identity.Identity, path string) error {
	passphrase := ""
	if c.passphraseFile != "" {
		var err error
		if passphrase, err = c.passphrase(); err != nil {
			return err
		}
	}
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
