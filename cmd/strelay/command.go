package main

import (
	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/cmd/internal/cli"
	"github.com/offset-p2p/offset/p2p/identity"
	"github.com/offset-p2p/offset/relayd"
)

// newCommand is the whole command line of strelay.
func newCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "strelay",
		Short: "Run an Offset relay",
		Long:  "Strelay lets nodes that nobody can dial be reached by their friends. It needs an address\nthat others can reach, and no trust: what it carries is encrypted end to end.",
	}
	root.AddCommand(runCommand(), cli.Ident(func(k *cli.Key) (*identity.Identity, error) {
		cfg := relayd.DefaultConfig()
		cfg.Dir, cfg.Key, cfg.Passphrase = k.Dir, k.Path, k.Passphrase()
		id, _, err := relayd.Identity(cfg)
		return id, err
	}))
	return root
}

func runCommand() *cobra.Command {
	cfg := relayd.DefaultConfig()
	var key cli.Key
	var log cli.Log
	cmd := &cobra.Command{
		Use:   "run --dir DIR [--listen MULTIADDR]...",
		Short: "Serve until interrupted",
		Long: "Run serves as a relay until interrupted. On the first start it makes a key in DIR;\n" +
			"in DIR/ticket it writes how to reach the relay, one multiaddr per line.",
		Example: "  strelay run --dir /var/lib/strelay\n" +
			"  strelay run --dir ./relay --listen /ip4/0.0.0.0/udp/4001/quic-v1 --announce /dns4/relay.example.org/udp/4001/quic-v1",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			logger, err := log.Open(cmd)
			if err != nil {
				return err
			}
			cfg.Dir, cfg.Key, cfg.Passphrase = key.Dir, key.Path, key.Passphrase()
			return relayd.Run(cmd.Context(), cfg, logger)
		},
	}
	key.Flags(cmd)
	f := cmd.Flags()
	f.StringArrayVar(&cfg.Listen, "listen", cfg.Listen, "multiaddr to listen on; may be repeated")
	f.StringArrayVar(&cfg.Announce, "announce", nil, "multiaddr to put into the ticket instead; may be repeated")
	f.StringVar(&cfg.HTTP, "http", "", "TCP address for /metrics and /healthz, such as 127.0.0.1:9090 (default none)")
	f.IntVar(&cfg.Resources.MaxReservations, "reservations", cfg.Resources.MaxReservations, "nodes served at once")
	f.IntVar(&cfg.Resources.MaxReservationsPerIP, "reservations-per-ip", cfg.Resources.MaxReservationsPerIP, "nodes served at once from one address")
	f.IntVar(&cfg.Resources.MaxCircuits, "circuits-per-peer", cfg.Resources.MaxCircuits, "circuits of one node at once")
	log.Flags(cmd)
	return cmd
}
