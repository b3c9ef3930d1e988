package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/node/apiclient"
)

// acceptFlags are those of friends accept.
type acceptFlags struct {
	atMost        []string
	yes, withdraw bool
}

func (c *cli) friendsAccept() *cobra.Command {
	var f acceptFlags
	cmd := &cobra.Command{
		Use: "accept FRIEND", Short: "Accept what a friend proposes when your ledgers disagree", Args: exactly(1),
		Long: "Accept the friend's proposal (stctrl friends terms) although it costs something. The numbers\n" +
			"are shown and you are asked first, unless --yes is given. Your decision is kept as a bound: the\n" +
			"friend's next proposal that costs no more is accepted, also when the friend connects later; one\n" +
			"that costs more is not. Without --at-most the bound is what the proposal costs now.",
		Example: "  stctrl friends accept bob\n  stctrl friends accept bob --at-most 12.50EUR --at-most 3HOURS/0 --yes\n" +
			"  stctrl friends accept bob --withdraw",
	}
	cmd.Flags().StringArrayVar(&f.atMost, "at-most", nil, "the most it may cost, such as 12.50EUR; may be repeated, one currency each")
	cmd.Flags().BoolVar(&f.yes, "yes", false, "do not ask")
	cmd.Flags().BoolVar(&f.withdraw, "withdraw", false, "take back a decision that no proposal has met yet")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		bound, err := f.bound()
		if err != nil {
			return err
		}
		if c.json && !f.yes && !f.withdraw {
			return badInput("--json asks nothing: give --yes as well")
		}
		return c.call(cmd, func(ctx context.Context, client *apiclient.Client) error {
			if f.withdraw {
				if err := client.WithdrawTerms(ctx, args[0]); err != nil {
					return err
				}
				return c.done("the decision is withdrawn: nothing that costs something is accepted from %s", args[0])
			}
			return c.accept(ctx, client, args[0], bound, f.yes)
		})
	}
	return cmd
}

// bound reads --at-most; nil: it is not given.
func (f *acceptFlags) bound() ([]apiclient.Cost, error) {
	if f.withdraw && (f.yes || len(f.atMost) > 0) {
		return nil, badInput("--withdraw takes a decision back: it goes with neither --at-most nor --yes")
	}
	var out []apiclient.Cost
	for _, s := range f.atMost {
		cost, err := parseCost(s)
		if err != nil {
			return nil, err
		}
		for _, other := range out {
			if other.Currency == cost.Currency {
				return nil, badInput("--at-most is given twice for %s", cost.Currency)
			}
		}
		out = append(out, cost)
	}
	return out, nil
}

// parseCost reads "12.50EUR", "12.50 EUR" or with decimals "3HOURS/0": an amount
// and a currency, which begins at the first letter unless there is a blank.
func parseCost(s string) (apiclient.Cost, error) {
	s = strings.TrimSpace(s)
	number, name, found := strings.Cut(s, " ")
	if !found {
		at := strings.IndexFunc(s, func(r rune) bool { return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' })
		if at < 1 {
			return apiclient.Cost{}, badInput("--at-most %.40q is not an amount with a currency: write it like 12.50EUR", s)
		}
		number, name = s[:at], s[at:]
	}
	currency, err := parseCurrency(strings.TrimSpace(name))
	if err != nil {
		return apiclient.Cost{}, fmt.Errorf("--at-most: %w", err)
	}
	amount, err := parseAmount(currency, number)
	if err != nil {
		return apiclient.Cost{}, fmt.Errorf("--at-most: %w", err)
	}
	balance, err := amount.Owed()
	return apiclient.Cost{Currency: currency, Amount: balance}, err
}

// accept shows the numbers, asks, and stores the decision.
func (c *cli) accept(ctx context.Context, client *apiclient.Client, ref string, bound []apiclient.Cost, yes bool) error {
	f, err := client.Friend(ctx, ref)
	if err != nil {
		return err
	}
	d := f.Disagreement
	switch {
	case d == nil:
		return &failure{code: exitRefused, reason: "nothing_to_accept", err: fmt.Errorf("%s proposes nothing that waits for your decision: there is nothing to accept", f.Name)}
	case d.Theirs == nil && bound == nil:
		return &failure{code: exitRefused, reason: "terms_unknown", err: fmt.Errorf(
			"%s has proposed nothing since your node started, so what accepting costs is not known: wait until it is connected, or say the most with --at-most", f.Name)}
	}
	if bound == nil {
		bound = costsNow(d)
	}
	if err := c.confirm(&f, bound, yes); err != nil {
		return err
	}
	if len(bound) > 0 {
		if err := client.AcceptTerms(ctx, f.Node.String(), bound); err != nil {
			return err
		}
	}
	return c.awaitEpoch(ctx, client, &f, bound)
}

// costsNow is the bound of who says nothing else: what the proposal costs. One
// that costs nothing is bounded by 0, in any of its currencies.
func costsNow(d *apiclient.Disagreement) []apiclient.Cost {
	var out []apiclient.Cost
	for _, cost := range d.Costs {
		if cost.Amount.Sign() > 0 {
			out = append(out, cost)
		}
	}
	if out == nil {
		for _, currency := range currenciesOf(d) {
			return []apiclient.Cost{{Currency: currency}}
		}
	}
	return out
}

// confirm says what is about to be decided and asks for a yes.
func (c *cli) confirm(f *apiclient.Friend, bound []apiclient.Cost, yes bool) error {
	if c.json {
		return nil
	}
	t := newTable(c.err)
	termsText(t, f)
	t.line("")
	if err := t.w.Flush(); err != nil {
		return fmt.Errorf("writing the question: %w", err)
	}
	text := fmt.Sprintf("Accept a proposal of %s that costs you at most %s", clean(f.Name), sums(bound))
	if len(bound) == 0 {
		text = fmt.Sprintf("Accept a proposal of %s that costs you nothing", clean(f.Name))
	}
	if yes {
		c.progress("%s: yes", text)
		return nil
	}
	_, _ = fmt.Fprintf(c.err, "%s? This cannot be undone once it is accepted. Write yes: ", text)
	line, err := bufio.NewReader(io.LimitReader(c.in, inputBytesMax)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading the answer: %w", err)
	}
	if strings.TrimSpace(line) != "yes" {
		return &failure{code: exitRefused, reason: "not_confirmed", err: errors.New("nothing was accepted, because the answer was not yes")}
	}
	return nil
}

// accepted is what friends accept prints with --json.
type accepted struct {
	Accepted bool             `json:"accepted"` // else the decision waits for the friend's next proposal
	Epoch    uint64           `json:"epoch"`
	Allowed  []apiclient.Cost `json:"allowed"`
}

// awaitEpoch waits a little until the decision has met a proposal.
func (c *cli) awaitEpoch(ctx context.Context, client *apiclient.Client, before *apiclient.Friend, bound []apiclient.Cost) error {
	waiting, cancel := context.WithTimeout(ctx, min(acceptWait, c.timeout/2))
	defer cancel()
	f := *before
	for {
		now, err := client.Friend(ctx, before.Node.String())
		if err != nil {
			return err
		}
		if f = now; f.Disagreement == nil && f.Epoch != before.Epoch {
			break
		}
		select {
		case <-waiting.Done():
		case <-time.After(acceptPoll):
			continue
		}
		break
	}
	done := f.Disagreement == nil && f.Epoch != before.Epoch
	return c.show(accepted{Accepted: done, Epoch: f.Epoch, Allowed: bound}, func(t *table) {
		switch {
		case done:
			t.line("accepted: you and %s go on with epoch %d", f.Name, f.Epoch)
		case f.Link.Connected:
			t.line("your decision is stored: it holds for the next proposal of %s, which comes within a minute or two", f.Name)
		default:
			t.line("your decision is stored: it holds for the next proposal of %s, which comes when its node is connected", f.Name)
		}
	})
}

// needsDecision reports whether the user has to look at a friend.
func needsDecision(f *apiclient.Friend) bool {
	return f.Disagreement != nil && len(f.Disagreement.Allowed) == 0
}
