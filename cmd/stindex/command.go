package main

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/libp2p/go-libp2p/gologshim"
	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/indexd"
	"github.com/offset-p2p/offset/p2p/address"
)

// newCommand is the whole command line of stindex.
func newCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "stindex",
		Short:         "Run an Offset index server",
		Long:          "Stindex collects what nodes say about their capacities and answers which routes carry a\npayment. It needs an address that others can reach. Servers whose operators list each\nother share all they know.",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(runCommand(), statusCommand(), identCommand())
	return root
}

func runCommand() *cobra.Command {
	cfg := indexd.DefaultConfig()
	var tickets []string
	var level string
	var asJSON bool
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
			log, err := newLog(cmd.ErrOrStderr(), level, asJSON)
			if err != nil {
				return err
			}
			for _, t := range tickets {
				peers, err := address.Parse(t)
				if err != nil {
					return fmt.Errorf("--trust: %w", err)
				}
				cfg.Trusted = append(cfg.Trusted, peers...)
			}
			return indexd.Run(cmd.Context(), cfg, log)
		},
	}
	dirFlag(cmd, &cfg.Dir)
	f := cmd.Flags()
	f.StringVar(&cfg.Key, "key", "", "key file (default DIR/key)")
	f.StringArrayVar(&cfg.Listen, "listen", cfg.Listen, "multiaddr to listen on; may be repeated")
	f.StringArrayVar(&cfg.Announce, "announce", nil, "multiaddr to put into the ticket instead; may be repeated")
	f.StringVar(&cfg.TrustedFile, "trusted", "", "file of tickets of trusted servers, one per line")
	f.StringArrayVar(&tickets, "trust", nil, "ticket of a trusted server; may be repeated")
	f.StringVar(&cfg.HTTP, "http", "", "TCP address for /metrics and /healthz, such as 127.0.0.1:9091 (default none)")
	f.IntVar(&cfg.Server.Sessions, "sessions", cfg.Server.Sessions, "nodes served at once")
	f.IntVar(&cfg.Server.SessionsPerPrefix, "sessions-per-prefix", cfg.Server.SessionsPerPrefix, "nodes served at once from one IPv4 /24 or IPv6 /48")
	f.StringVar(&level, "log-level", "info", "debug, info, warn or error")
	f.BoolVar(&asJSON, "json-log", false, "log JSON lines instead of text")
	return cmd
}

func identCommand() *cobra.Command {
	cfg := indexd.DefaultConfig()
	var words bool
	cmd := &cobra.Command{
		Use:   "ident --dir DIR [--words]",
		Short: "Print the server's peer ID, making its key if there is none",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			id, _, err := indexd.Identity(cfg)
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
	dirFlag(cmd, &cfg.Dir)
	cmd.Flags().StringVar(&cfg.Key, "key", "", "key file (default DIR/key)")
	cmd.Flags().BoolVar(&words, "words", false, "print the 24 recovery words instead; keep them secret")
	return cmd
}

func dirFlag(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVar(dir, "dir", "", "directory of the server (required)")
	if err := cmd.MarkFlagRequired("dir"); err != nil {
		panic("stindex: " + err.Error())
	}
}

// newLog is the program's log on w; libp2p's own records go there too, from
// warnings on.
func newLog(w io.Writer, level string, asJSON bool) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("log level %q: choose debug, info, warn or error", level)
	}
	handler := func(l slog.Leveler) slog.Handler {
		opts := &slog.HandlerOptions{Level: l}
		if asJSON {
			return slog.NewJSONHandler(w, opts)
		}
		return slog.NewTextHandler(w, opts)
	}
	gologshim.SetDefaultHandler(handler(max(l, slog.LevelWarn)))
	return slog.New(handler(l)), nil
}
