// Stnode runs one person's node. See package node.
package main

import (
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
	root.AddCommand(runCommand(), cli.Ident(func(k *cli.Key) (*identity.Identity, error) {
		cfg := node.DefaultConfig()
		cfg.Dir, cfg.Key, cfg.Passphrase = k.Dir, k.Path, k.Passphrase()
		id, _, err := node.Identity(cfg)
		return id, err
	}))
	cli.Main(root)
}

func runCommand() *cobra.Command {
	cfg := node.DefaultConfig()
	var log cli.Log
	var key cli.Key
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
			cfg.Dir, cfg.Key, cfg.Passphrase = key.Dir, key.Path, key.Passphrase()
			return node.Run(cmd.Context(), cfg, logger)
		},
	}
	key.Flags(cmd)
	cmd.Flags().StringArrayVar(&cfg.Listen, "listen", nil, "multiaddr to listen on; may be repeated (default none)")
	cmd.Flags().StringArrayVar(&cfg.Announce, "announce", nil, "multiaddr to tell others instead; may be repeated")
	cmd.Flags().BoolVar(&cfg.HolePunching, "hole-punching", false, "try to replace relayed connections by direct ones")
	log.Flags(cmd)
	return cmd
}
