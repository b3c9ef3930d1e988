package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/apiclient"
)

// shownTerms is what friends terms prints with --json.
type shownTerms struct {
	Friend       ledger.NodeID           `json:"friend"`
	Name         string                  `json:"name"`
	Epoch        uint64                  `json:"epoch"`
	Disagreement *apiclient.Disagreement `json:"disagreement"` // null: both sides agree
	Fault        *apiclient.Fault        `json:"fault"`        // null: none
}

func (c *cli) friendsTerms() *cobra.Command {
	return &cobra.Command{
		Use: "terms FRIEND", Short: "Show what you and a friend propose when your ledgers disagree", Args: exactly(1),
		Long: "When two friends' ledgers do not fit together any more, the ledger stands still and each node\n" +
			"proposes how to go on. Terms that cost you nothing your node accepts by itself. Others wait for\n" +
			"you: this shows both sides' proposals, what accepting the friend's would cost you, and why.",
		Example: "  stctrl friends terms bob\n  stctrl friends terms bob --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.call(cmd, func(ctx context.Context, client *apiclient.Client) error {
				f, err := client.Friend(ctx, args[0])
				if err != nil {
					return err
				}
				shown := shownTerms{f.Node, f.Name, f.Epoch, f.Disagreement, f.Fault}
				return c.show(shown, func(t *table) { termsText(t, &f) })
			})
		},
	}
}

// termsText explains a disagreement to a person who has never seen one.
func termsText(t *table, f *apiclient.Friend) {
	d, name := f.Disagreement, f.Name
	if d == nil {
		t.line("There is nothing for you to decide about the ledger with %s.", name)
		if !f.Link.Ready && f.Status != "" {
			t.line("How it stands: %s.", f.Status)
		}
		return
	}
	t.line("You and %s do not agree about your ledger.", name)
	t.line("")
	t.line("You lose nothing by waiting. Until it is settled, nothing is paid to or through %s; what was", name)
	t.line("pending stays as it is; your other friends are not touched. It is settled when one of you")
	t.line("accepts what the other proposes. If you can, talk to %s first.", name)
	t.line("")
	t.line("Why: %s", whyText(f))
	t.line("")
	proposals(t, f)
	t.line("")
	costsText(t, f)
	t.line("")
	stepsText(t, f)
}

// whyText says what made the ledgers differ.
func whyText(f *apiclient.Friend) string {
	switch {
	case f.Fault != nil && f.Fault.Fork:
		return fmt.Sprintf("%s's node signed two different entries with number %d. Save the proof: stctrl friends evidence %s FILE",
			f.Name, f.Fault.Seq, quotedName(f.Name))
	case f.Fault != nil:
		return fmt.Sprintf("%s's node signed entry %d against the rules (%s). Save the proof: stctrl friends evidence %s FILE",
			f.Name, f.Fault.Seq, f.Fault.Why, quotedName(f.Name))
	case f.Disagreement.Theirs != nil && f.Disagreement.Theirs.Base == "":
		return f.Name + "'s node begins anew, without the ledger that you had: it removed you and added you again, or lost its data."
	case f.Disagreement.Theirs == nil:
		return f.Name + "'s node says that the ledger is not in order; its log says why, yours has no complaint."
	default:
		return "what both nodes hold is not the same any more."
	}
}

// proposals shows both sides' terms beside each other.
func proposals(t *table, f *apiclient.Friend) {
	d := f.Disagreement
	t.row("", "YOU PROPOSE", strings.ToUpper(f.Name)+" PROPOSES")
	for _, c := range currenciesOf(d) {
		t.row(c.String(), owedIn(d.Mine, c, f.Name), owedIn(d.Theirs, c, f.Name))
	}
	t.row("stay pending", keptIn(d.Mine), keptIn(d.Theirs))
	t.row("number", numberOf(d.Mine), numberOf(d.Theirs))
	if d.Mine != nil && d.Mine.KeptIn+d.Mine.KeptOut > 0 || d.Theirs != nil && d.Theirs.KeptIn+d.Theirs.KeptOut > 0 {
		t.line("What stays pending is not in these balances yet: it is paid or given back afterwards.")
	}
}

// currenciesOf lists the currencies that either side speaks of, in order.
func currenciesOf(d *apiclient.Disagreement) []ledger.Currency {
	var out []ledger.Currency
	for _, terms := range []*apiclient.Terms{d.Mine, d.Theirs} {
		if terms == nil {
			continue
		}
		for _, b := range terms.Balances {
			out = append(out, b.Currency)
		}
	}
	for _, c := range d.Costs {
		out = append(out, c.Currency)
	}
	slices.SortFunc(out, func(a, b ledger.Currency) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(out)
}

// owedIn says who owes whom by terms.
func owedIn(terms *apiclient.Terms, c ledger.Currency, name string) string {
	if terms == nil {
		return "-"
	}
	for _, b := range terms.Balances {
		if b.Currency != c {
			continue
		}
		switch b.Balance.Sign() {
		case 1:
			return fmt.Sprintf("%s owes you %s", name, c.Format(b.Balance.Magnitude()))
		case -1:
			return fmt.Sprintf("you owe %s %s", name, c.Format(b.Balance.Magnitude()))
		}
	}
	return "nobody owes anything"
}

func keptIn(terms *apiclient.Terms) string {
	if terms == nil {
		return "-"
	}
	return fmt.Sprintf("%d of your requests, %d of theirs", terms.KeptOut, terms.KeptIn)
}

func numberOf(terms *apiclient.Terms) string {
	if terms == nil {
		return "-"
	}
	return fmt.Sprint(terms.Number)
}

// costsText says what accepting would mean in money.
func costsText(t *table, f *apiclient.Friend) {
	d := f.Disagreement
	if d.Theirs == nil {
		t.line("%s has proposed nothing since your node started: what accepting would cost is not known yet.", f.Name)
		return
	}
	if len(d.Costs) == 0 {
		t.line("Accepting what %s proposes costs you nothing now: your node does it by itself with the next proposal.", f.Name)
	}
	for _, cost := range d.Costs {
		word := "costs you"
		if cost.Amount.Sign() < 0 {
			word = "gives you"
		}
		t.line("Accepting what %s proposes %s %s.", f.Name, word, cost.Currency.Format(cost.Amount.Magnitude()))
	}
	for _, lost := range d.Lost {
		t.line("  In that: %s of a payment from %s that you have passed on or settled already (part %v).",
			lost.Currency.Format(lost.Amount), f.Name, lost.PartLock)
	}
}

// stepsText says where things stand and what the person can do.
func stepsText(t *table, f *apiclient.Friend) {
	d, ref := f.Disagreement, quotedName(f.Name)
	switch {
	case d.Refused == "cost":
		t.line("%s's node has your proposal and waits for its user, who sees this text there.", f.Name)
	case d.Refused != "":
		t.line("%s's node did not take your proposal yet (%s); your node proposes again by itself.", f.Name, d.Refused)
	case !f.Link.Connected:
		t.line("%s is not connected: its node hears of your proposal when it is.", f.Name)
	}
	if len(d.Allowed) > 0 {
		t.line("You have decided: the next proposal of %s is accepted if it costs at most %s.", f.Name, sums(d.Allowed))
		t.line("  to change your mind:   stctrl friends accept %s --withdraw", ref)
		return
	}
	t.line("What you can do:")
	if d.Theirs != nil {
		t.line("  accept, with its cost:   stctrl friends accept %s", ref)
	} else {
		t.line("  accept in advance:   stctrl friends accept %s --at-most 10.00EUR", ref)
	}
	if d.Theirs != nil && d.Theirs.Base == "" {
		t.line("  or keep the ledger that you have and talk to %s, whose node has none to go on from and cannot accept yours.", f.Name)
		return
	}
	t.line("  or wait until %s accepts what you propose: then nothing is asked of you.", f.Name)
}

// sums joins the amounts of costs.
func sums(costs []apiclient.Cost) string {
	var out []string
	for _, cost := range costs {
		out = append(out, cost.Currency.FormatBalance(cost.Amount))
	}
	return strings.Join(out, " and ")
}

// quotedName is a friend's name as a shell takes it for one word.
func quotedName(name string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r)
	}
	if strings.IndexFunc(name, func(r rune) bool { return !plain(r) }) < 0 {
		return name
	}
	return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}
