package main

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/libp2p/go-libp2p/gologshim"
	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/relayd"
)

// newCommand is the whole command line of strelay.
func newCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "strelay",
		Short:         "Run an Offset relay",
		Long:          "Strelay lets nodes that nobody can dial be reached by their friends. It needs an address\nthat others can reach, and no trust: what it carries is encrypted end to end.",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(runCommand(), identCommand())
	return root
}

func runCommand() *cobra.Command {
	cfg := relayd.DefaultConfig()
	var level string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "run --dir DIR [--listen MULTIADDR]...",
		Short: "Serve until interrupted",
		Long: "Run serves as a relay until interrupted. On the first start it makes a key in DIR;\n" +
			"in DIR/ticket it writes how to reach the relay, one multiaddr per line.",
		Example: "  strelay run --dir /var/lib/strelay\n" +
			"  strelay run --dir ./relay --listen /ip4/0.0.0.0/udp/4001/quic-v1 --announce /dns4/relay.example.org/udp/4001/quic-v1",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			log, err := newLog(cmd.ErrOrStderr(), level, asJSON)
			if err != nil {
				return err
			}
			return relayd.Run(cmd.Context(), cfg, log)
		},
	}
	dirFlags(cmd, &cfg)
	f := cmd.Flags()
	f.StringArrayVar(&cfg.Listen, "listen", cfg.Listen, "multiaddr to listen on; may be repeated")
	f.StringArrayVar(&cfg.Announce, "announce", nil, "multiaddr to put into the ticket instead; may be repeated")
	f.StringVar(&cfg.HTTP, "http", "", "TCP address for /metrics and /healthz, such as 127.0.0.1:9090 (default none)")
	f.IntVar(&cfg.Resources.MaxReservations, "reservations", cfg.Resources.MaxReservations, "nodes served at once")
	f.IntVar(&cfg.Resources.MaxReservationsPerIP, "reservations-per-ip", cfg.Resources.MaxReservationsPerIP, "nodes served at once from one address")
	f.IntVar(&cfg.Resources.MaxCircuits, "circuits-per-peer", cfg.Resources.MaxCircuits, "circuits of one node at once")
	f.StringVar(&level, "log-level", "info", "debug, info, warn or error")
	f.BoolVar(&asJSON, "json-log", false, "log JSON lines instead of text")
	return cmd
}

func identCommand() *cobra.Command {
	cfg := relayd.DefaultConfig()
	var words bool
	cmd := &cobra.Command{
		Use:   "ident --dir DIR [--words]",
		Short: "Print the relay's peer ID, making its key if there is none",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			id, _, err := relayd.Identity(cfg)
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
	dirFlags(cmd, &cfg)
	cmd.Flags().BoolVar(&words, "words", false, "print the 24 recovery words instead; keep them secret")
	return cmd
}

// dirFlags are the flags that say where a relay lives.
func dirFlags(cmd *cobra.Command, cfg *relayd.Config) {
	cmd.Flags().StringVar(&cfg.Dir, "dir", "", "directory of the relay (required)")
	cmd.Flags().StringVar(&cfg.Key, "key", "", "key file (default DIR/key)")
	if err := cmd.MarkFlagRequired("dir"); err != nil {
		panic("strelay: " + err.Error())
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
