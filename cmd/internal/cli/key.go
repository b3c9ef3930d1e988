package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/p2p/identity"
)

// Key are the flags that say where a daemon lives and which key it has.
type Key struct {
	Dir  string // directory of the daemon
	Path string // of the key file; empty: the daemon's default

	passphrase string // path of a file
}

// Flags adds the flags to a command; --dir is required.
func (k *Key) Flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&k.Dir, "dir", "", "directory for key and data (required)")
	cmd.Flags().StringVar(&k.Path, "key", "", "key file (default DIR/key)")
	cmd.Flags().StringVar(&k.passphrase, "passphrase-file", "", "file with the passphrase of a sealed key file")
	if err := cmd.MarkFlagRequired("dir"); err != nil {
		panic("cli: " + err.Error())
	}
}

// Passphrase returns what reads the passphrase when a key file is sealed: the
// first line of a file. It is nil when none was named.
func (k *Key) Passphrase() func() (string, error) {
	if k.passphrase == "" {
		return nil
	}
	return func() (string, error) {
		b, err := os.ReadFile(k.passphrase)
		if err != nil {
			return "", fmt.Errorf("reading the passphrase: %w", err)
		}
		line, _, _ := strings.Cut(string(b), "\n")
		return strings.TrimSuffix(line, "\r"), nil
	}
}

// Ident is the command that prints a daemon's peer ID or recovery words. open
// loads the key that the flags name, or makes it.
func Ident(open func(*Key) (*identity.Identity, error)) *cobra.Command {
	var k Key
	var words bool
	cmd := &cobra.Command{
		Use:   "ident --dir DIR [--words]",
		Short: "Print the peer ID, making a key if there is none",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			id, err := open(&k)
			if err != nil {
				return err
			}
			text := id.PeerID().String()
			if words {
				if text, err = id.Words(); err != nil {
					return err
				}
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), text)
			return err
		},
	}
	k.Flags(cmd)
	cmd.Flags().BoolVar(&words, "words", false, "print the 24 recovery words instead; keep them secret")
	return cmd
}
