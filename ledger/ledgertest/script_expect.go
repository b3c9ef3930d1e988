package ledgertest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// worldExpectations are about both sides.
func worldExpectations() map[string]verb {
	return map[string]verb{
		"agree": plain(func(r *run) error { return r.p.CheckAgreed() }),
		"ready": plain(func(r *run) error { return r.p.CheckReady() }),
		"check": plain(func(r *run) error { return r.p.CheckCheckpoints() }),
	}
}

// sideExpectations are about what one side says of itself.
func sideExpectations() map[string]verb {
	verbs := map[string]verb{
		"balance":  inCurrency("BALANCE", func(v friendship.CurrencyView) string { return v.Balance.String() }),
		"limit":    inCurrency("LIMIT", func(v friendship.CurrencyView) string { return v.Limit.String() }),
		"sendable": inCurrency("AMOUNT", func(v friendship.CurrencyView) string { return v.CanSend.String() }),
		"frozen":   {"in|out CURRENCY AMOUNT", parseFrozen, false},
		"active":   {"CURRENCY", parseActive, true},
		"ready": {"", func(_ *args, side int) action {
			return func(r *run) error {
				return holds(r.p.Sides[side].F.Ready(), "it is not ready: %s", r.p.Sides[side].F.Status().Blocked)
			}
		}, true},
		"blocked":  {"QUOTED", parseBlocked, false},
		"evidence": {"QUOTED", parseEvidence, false},
		"number":   ofStatus("NUMBER", func(s friendship.Status) uint64 { return s.Number }),
		"highest":  ofStatus("NUMBER", func(s friendship.Status) uint64 { return s.Highest }),
		"entries":  ofStatus("COUNT", func(s friendship.Status) uint64 { return s.Mine.Seq }),
		"holds":    ofStatus("COUNT", func(s friendship.Status) uint64 { return s.Theirs.Seq }),
		"drops":    {"QUOTED | nothing", parseDrops, false},
		"hears":    {"CHANGE [NAME [REASON]] | nothing", parseHears, false},
		"awaits":   {"KIND [QUOTED] | nothing", parseAwaits, false},
	}
	for s := ledger.Fresh; s <= ledger.Recovering; s++ {
		verbs[s.String()] = verb{"", func(_ *args, side int) action {
			return func(r *run) error { return same("it is", r.p.Sides[side].F.State().String(), s.String()) }
		}, true}
	}
	return verbs
}

func holds(ok bool, format string, v ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf(format, v...)
}

func same[T comparable](what string, got, want T) error {
	return holds(got == want, "%s %v, want %v", what, got, want)
}

// inCurrency expects a figure of a currency; one that nobody has offered has
// zeros.
func inCurrency(figure string, of func(friendship.CurrencyView) string) verb {
	return verb{"CURRENCY " + figure, func(a *args, side int) action {
		c, want := a.currency(), a.balance().String()
		return func(r *run) error {
			v, _ := r.p.Sides[side].F.Currency(c)
			return same("it is", of(v), want)
		}
	}, false}
}

func parseFrozen(a *args, side int) action {
	out := a.skip("out")
	if !out {
		a.want("in")
	}
	c, want := a.currency(), a.amount()
	return func(r *run) error {
		v, _ := r.p.Sides[side].F.Currency(c)
		got := v.FrozenIn
		if out {
			got = v.FrozenOut
		}
		return same("it is", got.String(), want.String())
	}
}

func parseActive(a *args, side int) action {
	c := a.currency()
	return func(r *run) error {
		v, _ := r.p.Sides[side].F.Currency(c)
		return holds(v.Active, "%s is not active", c)
	}
}

func ofStatus(figure string, of func(friendship.Status) uint64) verb {
	return verb{figure, func(a *args, side int) action {
		want := a.count("a number")
		return func(r *run) error { return same("it is", of(r.p.Sides[side].F.Status()), want) }
	}, false}
}

func parseBlocked(a *args, side int) action {
	want := a.quoted()
	return func(r *run) error {
		why := r.p.Sides[side].F.Status().Blocked
		return holds(why != "" && strings.Contains(why, want), "it is blocked by %q", why)
	}
}

func parseEvidence(a *args, side int) action {
	want := a.quoted()
	return func(r *run) error {
		e := r.p.Sides[side].F.Evidence()
		if e == nil {
			return fmt.Errorf("it has no evidence")
		}
		if _, err := friendship.Verify(r.p.Sides[1-side].ID, &e.Entry); err != nil {
			return fmt.Errorf("the evidence proves nothing: %w", err)
		}
		return holds(strings.Contains(e.Why, want), "the evidence is %q", e.Why)
	}
}

// parseDrops expects the reason of the streams that the side dropped since the
// last time.
func parseDrops(a *args, side int) action {
	if a.skip("nothing") {
		return func(r *run) error {
			s := r.p.Sides[side]
			return holds(len(s.Drops) == 0, "it dropped the stream: %q", s.Drops)
		}
	}
	want := a.quoted()
	return func(r *run) error {
		s := r.p.Sides[side]
		drops := s.Drops
		s.Drops = nil
		return holds(len(drops) == 1 && strings.Contains(drops[0], want), "it dropped the stream %d times: %q", len(drops), drops)
	}
}

// parseHears expects a change that was reported, and takes it off.
func parseHears(a *args, side int) action {
	if a.skip("nothing") {
		return func(r *run) error {
			s := r.p.Sides[side]
			return holds(len(s.Changes) == 0, "it heard %q", heard(s.Changes, nil))
		}
	}
	want := []string{a.word("a change")}
	for !a.done() {
		want = append(want, a.word(""))
	}
	return func(r *run) error {
		s := r.p.Sides[side]
		all := heard(s.Changes, a.ps)
		i := slices.Index(all, strings.Join(want, " "))
		if i < 0 {
			return fmt.Errorf("it heard %q", all)
		}
		s.Changes = slices.Delete(slices.Clone(s.Changes), i, i+1)
		return nil
	}
}

// heard names changes as a scenario does.
func heard(changes []friendship.Change, ps *parser) []string {
	out := make([]string, len(changes))
	for i, c := range changes {
		switch c := c.(type) {
		case friendship.EpochOpened:
			out[i] = "opened"
		case friendship.RequestArrived:
			out[i] = "arrived " + ps.name(c.Pending)
		case friendship.RequestCollected:
			out[i] = "collected " + ps.name(c.Pending)
		case friendship.RequestCancelled:
			out[i] = "cancelled " + ps.name(c.Pending) + " " + c.Cancel.Reason.String()
		case friendship.Reserved:
			out[i] = "reserved " + ps.name(c.Pending)
		case friendship.WithdrawAsked:
			out[i] = "withdraw " + ps.name(c.Pending)
		case friendship.CommitArrived:
			out[i] = "commit " + ps.name(c.Pending)
		case friendship.CreditChanged:
			out[i] = "credit " + c.Currency.Name
		default:
			name := strings.TrimPrefix(fmt.Sprintf("%T", c), "friendship.")
			out[i] = strings.ToLower(strings.TrimPrefix(name, "Became"))
		}
	}
	return out
}

// name returns a request's name in the scenario.
func (ps *parser) name(p *friendship.Pending) string {
	if ps != nil {
		for name, n := range ps.keys {
			if partLock(n) == p.Request.PartLock {
				return name
			}
		}
	}
	n, _ := KeyNumber(p.Request)
	return fmt.Sprintf("#%d", n)
}

// parseAwaits expects the kind of the next frame on its way to the side.
func parseAwaits(a *args, side int) action {
	want, says := a.word("a kind of frame"), ""
	if !a.done() {
		says = a.quoted()
	}
	return func(r *run) error {
		got, text := "nothing", ""
		if f := r.p.Peek(side); f != nil {
			text = FrameText(f)
			got, _, _ = strings.Cut(text, " ")
		}
		return holds(got == want && strings.Contains(text, says), "the next frame is %s: %s", got, text)
	}
}
