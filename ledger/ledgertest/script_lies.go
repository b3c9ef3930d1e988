package ledgertest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/offset-p2p/offset/ledger"
)

// lieVerbs are what a side says against the rules, signed with its own key. Its
// machine does not know of it.
func lieVerbs() map[string]verb {
	return map[string]verb{
		"lies":     {"KIND", parseLies, false},
		"steals":   {"NAME", parseSteals, false},
		"forks":    {"", parseForks, false},
		"repeats":  {"", parseRepeats, false},
		"proposes": {"CLAUSE …", parseProposes, false},
		"accepts":  {"", parseAccepts, false},
		"confirms": {"", parseConfirms, false},
		"refuses":  {"REASON [NAME …]", parseRefuses, false},
	}
}

// Lies are the edits by which an entry that would be legal breaks one rule, by
// name. They are for an epoch in which EUR is active.
func Lies() map[string]func(n *ledger.Entry) {
	ops := func(ops ...ledger.Op) func(*ledger.Entry) {
		return func(n *ledger.Entry) { n.Ops = ops }
	}
	credit := Credit(EUR, 1)
	return map[string]func(n *ledger.Entry){
		"balance": func(n *ledger.Entry) {
			n.Ops, n.Totals = []ledger.Op{credit}, slices.Clone(n.Totals)
			n.Totals[0].Logs[1-n.Author].Collected = ledger.NewAmount(1_000_000)
			n.Totals[0].Logs[1-n.Author].Requested = ledger.NewAmount(1_000_000)
		},
		"totals":     func(n *ledger.Entry) { n.Ops, n.Totals = []ledger.Op{credit}, nil },
		"author":     func(n *ledger.Entry) { n.Ops, n.Author = []ledger.Op{credit}, 1-n.Author },
		"chain":      func(n *ledger.Entry) { n.Ops = []ledger.Op{credit}; n.Prev[0]++ },
		"ack":        func(n *ledger.Entry) { n.Ops = []ledger.Op{credit}; n.Ack.Hash[0]++ },
		"unknown":    ops(Collect(1_000, 1)),
		"cancel":     ops(Cancel(1_000)),
		"decimals":   ops(Credit(ledger.Currency{Name: EUR.Name, Decimals: EUR.Decimals + 1}, 1)),
		"currency":   ops(Request(ledger.Currency{Name: "NONE", Decimals: 2}, 1, 1)),
		"nothing":    ops(Request(EUR, 0, 1)),
		"checkpoint": ops(&ledger.Checkpoint{}),
		"currencies": func(n *ledger.Entry) {
			for i := range ledger.CurrenciesMax + 1 {
				n.Ops = append(n.Ops, Credit(ledger.Currency{Name: fmt.Sprintf("C%d", i)}, 1))
			}
		},
	}
}

func parseLies(a *args, side int) action {
	all := Lies()
	edit := take(a, "a lie", func(w string) (func(*ledger.Entry), error) {
		if e := all[w]; e != nil {
			return e, nil
		}
		return nil, fmt.Errorf("want one of %s", strings.Join(slices.Sorted(maps.Keys(all)), ", "))
	})
	return func(r *run) error { return r.lie(side, edit) }
}

// lie sends the next entry of a side after an edit.
func (r *run) lie(side int, edit func(n *ledger.Entry)) error {
	r.lied[side] = true
	liar := r.p.Liar(side)
	n, err := liar.Next()
	if err != nil {
		return err
	}
	edit(n)
	return liar.Send(n)
}

// parseSteals collects a request without its keys.
func parseSteals(a *args, side int) action {
	n := a.request()
	return func(r *run) error {
		p, err := pendingOf(r.p.Sides[1-side].F, ledger.Author(1-side), n)
		if err != nil {
			return err
		}
		return r.lie(side, func(e *ledger.Entry) { e.Ops = []ledger.Op{Collect(p.Ordinal, n+1)} })
	}
}

// parseForks signs another body for the newest entry.
func parseForks(_ *args, side int) action {
	return func(r *run) error {
		log := r.p.Sides[side].Disk.Log(ledger.Author(side))
		if len(log) == 0 {
			return fmt.Errorf("it has signed no entry")
		}
		return r.lie(side, func(n *ledger.Entry) {
			last := log[len(log)-1]
			n.Seq, n.Prev, n.Ack = last.Seq, last.Prev, last.Ack
			n.Ops = []ledger.Op{Credit(EUR, 1_000_000)}
		})
	}
}

// parseRepeats says every entry of the epoch again, as it was.
func parseRepeats(_ *args, side int) action {
	return func(r *run) error {
		for _, n := range r.p.Sides[side].Disk.Log(ledger.Author(side)) {
			if err := r.p.Liar(side).Send(n); err != nil {
				return err
			}
		}
		return nil
	}
}
