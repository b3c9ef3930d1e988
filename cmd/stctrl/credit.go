package main

import (
	"context"
	"math/big"
	"strings"

	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/apiclient"
)

func (c *cli) credit() *cobra.Command {
	g := group("credit", "Credit limits, rates and balances with friends",
		"A limit is how much a friend may owe you, per currency. A currency can be used once both\n"+
			"friends have set a limit for it (0 will do) with the same number of decimals.")
	g.Example = "  stctrl credit set bob EUR 100\n  stctrl credit rate bob EUR --percent 1 --add 0.05\n  stctrl credit list"
	g.AddCommand(c.creditList(), c.creditSet(), c.creditRate(), c.creditIncome(),
		c.creditOpen("open FRIEND CURRENCY", "Let new requests in a currency through", true),
		c.creditOpen("close FRIEND CURRENCY", "Stop new requests in a currency; what is pending goes on", false))
	return g
}

func (c *cli) creditSet() *cobra.Command {
	return &cobra.Command{
		Use: "set FRIEND CURRENCY LIMIT", Short: "Say how much a friend may owe you", Args: exactly(3),
		Example: "  stctrl credit set bob EUR/2 100.00\n  stctrl credit set bob HOURS/1 7.5",
		RunE: func(cmd *cobra.Command, args []string) error {
			currency, err := parseCurrency(args[1])
			if err != nil {
				return err
			}
			limit, err := parseAmount(currency, args[2])
			if err != nil {
				return err
			}
			return c.call(cmd, func(ctx context.Context, client *apiclient.Client) error {
				if err := client.SetCredit(ctx, args[0], currency, limit); err != nil {
					return err
				}
				return c.done("%s may owe you up to %s", args[0], currency.Format(limit))
			})
		},
	}
}

func (c *cli) creditRate() *cobra.Command {
	var share, add string
	var mul uint32
	cmd := &cobra.Command{
		Use: "rate FRIEND CURRENCY", Short: "Say what you charge for forwarding payments that come from a friend", Args: exactly(2),
		Long: "The fee is a share of the forwarded amount, rounded down, and a fixed part. The share is\n" +
			"given in percent, or exactly in units of 2^-32 with --mul.",
		Example: "  stctrl credit rate bob EUR --percent 1 --add 0.05\n  stctrl credit rate bob EUR --mul 42949673\n  stctrl credit rate bob EUR   (for nothing)",
	}
	cmd.Flags().StringVar(&share, "percent", "0", "share of the forwarded amount in percent, below 100")
	cmd.Flags().Uint32Var(&mul, "mul", 0, "the share in units of 2^-32, instead of --percent")
	cmd.Flags().StringVar(&add, "add", "0", "fixed part, as an amount of the currency")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		currency, err := parseCurrency(args[1])
		if err != nil {
			return err
		}
		rate := ledger.Rate{Mul: mul}
		switch exact := cmd.Flags().Changed("mul"); {
		case exact && cmd.Flags().Changed("percent"):
			return badInput("give either --percent or --mul")
		case !exact:
			if rate.Mul, err = parsePercent(share); err != nil {
				return err
			}
		}
		if rate.Add, err = parseFixed(currency, add); err != nil {
			return err
		}
		return c.call(cmd, func(ctx context.Context, client *apiclient.Client) error {
			if err := client.SetRate(ctx, args[0], currency, rate); err != nil {
				return err
			}
			return c.done("forwarding %s from %s costs %s", currency.Name, args[0], percent(rate, currency))
		})
	}
	return cmd
}

// parseFixed reads the fixed part of a rate.
func parseFixed(currency ledger.Currency, s string) (uint64, error) {
	fixed, err := currency.Parse(s)
	if err != nil {
		return 0, badInput("--add: %w", err)
	}
	add, fits := fixed.Uint64()
	if !fits {
		return 0, badInput("--add %.50q is too large: it must be below 2^64 of the smallest unit", s)
	}
	return add, nil
}

// parsePercent reads a share below 100 % as a multiple of 2^-32, rounded up, so
// that 13 % of 100 is 13 and not 12.
func parsePercent(s string) (uint32, error) {
	p, ok := new(big.Rat).SetString(s)
	if !ok || len(s) > 32 || strings.ContainsAny(s, "/eEpPxXbBoO_+") {
		return 0, badInput("--percent %.40q is not a number like 1.5", s)
	}
	if p.Sign() < 0 || p.Cmp(big.NewRat(100, 1)) >= 0 {
		return 0, badInput("--percent %s is out of range: from 0 to below 100", s)
	}
	p.Mul(p, new(big.Rat).SetFrac64(1<<32, 100))
	up := new(big.Int).Add(p.Num(), new(big.Int).Sub(p.Denom(), big.NewInt(1)))
	mul := up.Quo(up, p.Denom())
	if mul.BitLen() > 32 {
		return 0, badInput("--percent %s is too close to 100", s)
	}
	return uint32(mul.Uint64()), nil
}

func (c *cli) creditOpen(use, short string, open bool) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: exactly(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			currency, err := parseCurrency(args[1])
			if err != nil {
				return err
			}
			return c.call(cmd, func(ctx context.Context, client *apiclient.Client) error {
				if err := client.SetOpen(ctx, args[0], currency, open); err != nil {
					return err
				}
				word := map[bool]string{true: "open", false: "closed"}[open]
				return c.done("%v is %s with %s", currency, word, args[0])
			})
		},
	}
}

func (c *cli) creditList() *cobra.Command {
	return &cobra.Command{
		Use: "list [FRIEND]", Short: "Show balances, limits and what is frozen", Args: atMost(1),
		Long: "BALANCE is what the friend owes you (negative: you owe). LIMIT is the most it may owe you,\n" +
			"GRANTED the most you may owe it. FROZEN is what pending payments hold, to and from it.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.call(cmd, func(ctx context.Context, client *apiclient.Client) error {
				friends, err := creditFriends(ctx, client, args)
				if err != nil {
					return err
				}
				return c.show(friends, func(t *table) { creditTable(t, friends) })
			})
		},
	}
}

func creditFriends(ctx context.Context, client *apiclient.Client, args []string) ([]apiclient.Friend, error) {
	if len(args) == 0 {
		return client.Friends(ctx)
	}
	f, err := client.Friend(ctx, args[0])
	return []apiclient.Friend{f}, err
}

// creditTable writes one row for each currency of each friend.
func creditTable(t *table, friends []apiclient.Friend) {
	rows := 0
	for _, f := range friends {
		for _, fc := range f.Currencies {
			if rows++; rows == 1 {
				t.row("FRIEND", "CURRENCY", "BALANCE", "LIMIT", "GRANTED", "FROZEN TO", "FROZEN FROM", "RATE", "STATE")
			}
			cur := fc.Currency
			t.row(f.Name, cur.String(), cur.FormatBalance(fc.Balance), cur.Format(fc.Limit), cur.Format(fc.Granted),
				cur.Format(fc.FrozenOut), cur.Format(fc.FrozenIn), percent(fc.Rate, cur), currencyWord(fc))
		}
	}
	if rows == 0 {
		t.line("no credit yet: give some with stctrl credit set FRIEND CURRENCY LIMIT")
	}
}

func currencyWord(fc apiclient.FriendCurrency) string {
	switch {
	case !fc.Active:
		return "waiting for both to set a limit"
	case !fc.Open:
		return "closed"
	default:
		return "open"
	}
}
