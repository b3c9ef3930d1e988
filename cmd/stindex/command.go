package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/cmd/internal/cli"
	"github.com/offset-p2p/offset/indexd"
	"github.com/offset-p2p/offset/p2p/identity"
)

// newCommand is the whole command line of stindex.
func newCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "stindex",
		Short: "Run an Offset index server",
		Long:  "Stindex collects what nodes say about their capacities and answers which routes carry a\npayment. It needs an address that others can reach. Servers whose operators list each\nother share all they know.",
	}
	root.AddCommand(runCommand(), statusCommand(), cli.Ident(func(k *cli.Key) (*identity.Identity, error) {
		cfg := indexd.DefaultConfig()
		cfg.Dir, cfg.Key, cfg.Passphrase = k.Dir, k.Path, k.Passphrase()
		id, _, err := indexd.Identity(cfg)
		return id, err
	}))
	return root
}

func runCommand() *cobra.Command {
	cfg := indexd.DefaultConfig()
	var tickets []string
	var key cli.Key
	var log cli.Log
	cmd := &cobra.Command{
		Use:   "run --dir DIR [--listen MULTIADDR]... [--trusted FILE] [--trust TICKET]...",
		Short: "Serve until interrupted",
		Long: "Run serves until interrupted. On the first start it makes a key in DIR; in DIR/ticket it\n" +
			"writes how to reach the server, one multiaddr per line: give it to nodes, and to operators\n" +
			"who shall list this server. Another server is trusted when its ticket is in FILE or given\n" +
			"with --trust; FILE is read again when it changes. Pages are shared only with servers that\n" +
			"list this one too.",
		Example: "  stindex run --dir /var/lib/stindex --trusted /etc/stindex/trusted\n" +
			"  stindex run --dir ./index --listen /ip4/0.0.0.0/udp/4002/quic-v1 --announce /dns4/index.example.org/udp/4002/quic-v1",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			logger, err := log.Open(cmd)
			if err != nil {
				return err
			}
			cfg.Dir, cfg.Key, cfg.Passphrase = key.Dir, key.Path, key.Passphrase()
			if cfg.Trusted, err = indexd.ParseTrusted(tickets); err != nil {
				return fmt.Errorf("--trust: %w", err)
			}
			return indexd.Run(cmd.Context(), cfg, logger)
		},
	}
	key.Flags(cmd)
	f := cmd.Flags()
	f.StringArrayVar(&cfg.Listen, "listen", cfg.Listen, "multiaddr to listen on; may be repeated")
	f.StringArrayVar(&cfg.Announce, "announce", nil, "multiaddr to put into the ticket instead; may be repeated")
	f.StringVar(&cfg.TrustedFile, "trusted", "", "file of tickets of trusted servers, one per line")
	f.StringArrayVar(&tickets, "trust", nil, "ticket of a trusted server; may be repeated")
	f.StringVar(&cfg.HTTP, "http", "", "TCP address for /metrics and /healthz, such as 127.0.0.1:9091 (default none)")
	f.IntVar(&cfg.Server.Sessions, "sessions", cfg.Server.Sessions, "nodes served at once")
	f.IntVar(&cfg.Server.SessionsPerPrefix, "sessions-per-prefix", cfg.Server.SessionsPerPrefix, "nodes served at once from one IPv4 /24 or IPv6 /48")
	f.IntVar(&cfg.Server.QueriesPerSecond, "queries-per-second", cfg.Server.QueriesPerSecond, "route queries of one node per second")
	log.Flags(cmd)
	return cmd
}

func dirFlag(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVar(dir, "dir", "", "directory of the server (required)")
	if err := cmd.MarkFlagRequired("dir"); err != nil {
		panic("stindex: " + err.Error())
	}
}
