// Stnode runs one person's node. See package node.
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/cmd/internal/cli"
	"github.com/offset-p2p/offset/node"
	"github.com/offset-p2p/offset/p2p/identity"
)

func main() {
	root := &cobra.Command{
		Use:   "stnode",
		Short: "Run an Offset node",
		Long: "Stnode keeps your ledgers with your friends, pays, sells and forwards. It is controlled by\n" +
			"applications such as stctrl, over the socket in its directory or from afar with a key of their own.",
	}
	root.AddCommand(runCommand(), wordsCommand())
	cli.Main(root)
}

func runCommand() *cobra.Command {
	cfg := node.DefaultConfig()
	var log cli.Log
	var passphrase string
	cmd := &cobra.Command{
		Use:   "run --dir DIR",
		Short: "Run the node until interrupted",
		Long: "Run keeps the node up until interrupted. On the first start it makes a key in DIR. Without\n" +
			"--listen the node is reached only through relays (stctrl relays add), as behind a NAT.",
		Example: "  stnode run --dir ~/.offset\n" +
			"  stnode run --dir ~/.offset --listen /ip4/0.0.0.0/udp/4001/quic-v1",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			logger, err := log.Open(cmd)
			if err != nil {
				return err
			}
			cfg.Passphrase = passphraseFrom(passphrase)
			return node.Run(cmd.Context(), cfg, logger)
		},
	}
	keyFlags(cmd, &cfg, &passphrase)
	cmd.Flags().StringArrayVar(&cfg.Listen, "listen", nil, "multiaddr to listen on; may be repeated (default none)")
	cmd.Flags().StringArrayVar(&cfg.Announce, "announce", nil, "multiaddr to tell others instead; may be repeated")
	cmd.Flags().BoolVar(&cfg.HolePunching, "hole-punching", false, "try to replace relayed connections by direct ones")
	log.Flags(cmd)
	return cmd
}

func wordsCommand() *cobra.Command {
	var cfg node.Config
	var passphrase string
	cmd := &cobra.Command{
		Use:   "words --dir DIR",
		Short: "Print the 24 recovery words of the node's key; keep them secret",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			id, err := identity.Load(cfg.KeyPath(), passphraseFrom(passphrase))
			if err != nil {
				return err
			}
			words, err := id.Words()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), words)
			return err
		},
	}
	keyFlags(cmd, &cfg, &passphrase)
	return cmd
}

func keyFlags(cmd *cobra.Command, cfg *node.Config, passphrase *string) {
	cmd.Flags().StringVar(&cfg.Dir, "dir", "", "directory of the node (required)")
	cmd.Flags().StringVar(&cfg.Key, "key", "", "key file (default DIR/key)")
	cmd.Flags().StringVar(passphrase, "passphrase-file", "", "file with the passphrase of a sealed key file")
	if err := cmd.MarkFlagRequired("dir"); err != nil {
		panic("stnode: " + err.Error())
	}
}

// passphraseFrom reads the first line of a file when a passphrase is asked for.
func passphraseFrom(path string) func() (string, error) {
	if path == "" {
		return nil
	}
	return func() (string, error) {
		b, err := os.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("reading the passphrase: %w", err)
		}
		line, _, _ := strings.Cut(string(b), "\n")
		return strings.TrimSuffix(line, "\r"), nil
	}
}
