package ledgertest

import (
	"fmt"
	"strconv"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// opMaker makes an operation of a side when it is time to append it.
type opMaker func(f *friendship.Friendship) (ledger.Op, error)

type opParser struct {
	usage string
	parse func(a *args) opMaker
}

func opParsers() map[string]opParser {
	return map[string]opParser{
		"offers":    {"CURRENCY LIMIT", parseOffers},
		"requests":  {"AMOUNT CURRENCY as NAME", parseRequests},
		"collects":  {"NAME", parseCollects},
		"cancels":   {"NAME [REASON]", parseCancels},
		"reserves":  {"NAME [QUOTED]", parseReserves},
		"withdraws": {"NAME", parseWithdraws},
		"commits":   {"NAME [QUOTED]", parseCommits},
	}
}

// opVerbs append one entry with one or several operations.
func opVerbs() map[string]verb {
	parsers := opParsers()
	verbs := map[string]verb{"appends": {"OPERATIONS", parseAppends, false}}
	for name, p := range parsers {
		verbs[name] = verb{p.usage + " [and …]", func(a *args, side int) action {
			makers := []opMaker{p.parse(a)}
			for a.err == nil && a.skip("and") {
				next := a.word("an operation")
				more, ok := parsers[next]
				if !ok {
					a.fail("want an operation, not %q", next)
					break
				}
				makers = append(makers, more.parse(a))
			}
			return func(r *run) error { return r.append(side, makers) }
		}, false}
	}
	return verbs
}

func (r *run) append(side int, makers []opMaker) error {
	ops := make([]ledger.Op, len(makers))
	for i, mk := range makers {
		var err error
		if ops[i], err = mk(r.p.Sides[side].F); err != nil {
			return err
		}
	}
	return r.p.Append(side, ops...)
}

// parseAppends reads operations that words cannot say.
func parseAppends(a *args, side int) action {
	b := a.hex("operations")
	if a.err != nil {
		return nil
	}
	n, err := ledger.DecodeEntry(b)
	if err != nil {
		a.fail("want operations: %v", err)
		return nil
	}
	return func(r *run) error { return r.p.Append(side, n.Ops...) }
}

func parseOffers(a *args) opMaker {
	o := &ledger.Credit{Currency: a.currency(), Limit: a.amount()}
	return func(*friendship.Friendship) (ledger.Op, error) { return o, nil }
}

func parseRequests(a *args) opMaker {
	amount, c := a.amount(), a.currency()
	a.want("as")
	o := Request(c, 0, a.request())
	o.Amount = amount
	return func(*friendship.Friendship) (ledger.Op, error) { return o, nil }
}

// pendingOf finds author's pending request with keys number n.
func pendingOf(f *friendship.Friendship, author ledger.Author, n int) (*friendship.Pending, error) {
	if p := f.PendingByPartLock(author, partLock(n)); p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("no such request of %s is pending", sideNames[author])
}

// about makes an operation about a pending request, of the side itself or of its
// friend.
func about(a *args, own bool, mk func(ordinal uint64, n int) ledger.Op) opMaker {
	n := a.request()
	return func(f *friendship.Friendship) (ledger.Op, error) {
		author := f.Me()
		if !own {
			author = author.Other()
		}
		p, err := pendingOf(f, author, n)
		if err != nil {
			return nil, err
		}
		return mk(p.Ordinal, n), nil
	}
}

func parseCollects(a *args) opMaker {
	return about(a, false, func(ordinal uint64, n int) ledger.Op { return Collect(ordinal, n) })
}

func parseCancels(a *args) opMaker {
	reason := ledger.OverLimit
	mk := about(a, false, func(ordinal uint64, _ int) ledger.Op { return &ledger.Cancel{Ordinal: ordinal, Reason: reason} })
	if !a.done() && a.rest[0] != "and" {
		reason = take(a, "a reason", func(w string) (r ledger.Reason, err error) {
			err = r.UnmarshalText([]byte(w))
			return r, err
		})
	}
	return mk
}

// sealed reads optional bytes.
func (a *args) sealed(usual string) []byte {
	if a.done() || a.rest[0] == "and" {
		return []byte(usual)
	}
	return []byte(take(a, "a quoted text", strconv.Unquote))
}

func parseReserves(a *args) opMaker {
	var b []byte
	mk := about(a, false, func(ordinal uint64, _ int) ledger.Op { return &ledger.Reserve{Ordinal: ordinal, Reservation: b} })
	b = a.sealed("reserved")
	return mk
}

func parseWithdraws(a *args) opMaker {
	return about(a, true, func(ordinal uint64, _ int) ledger.Op { return &ledger.Withdraw{Ordinal: ordinal} })
}

func parseCommits(a *args) opMaker {
	var b []byte
	mk := about(a, true, func(ordinal uint64, _ int) ledger.Op { return &ledger.Commit{Ordinal: ordinal, Sealed: b} })
	b = a.sealed("sealed")
	return mk
}
