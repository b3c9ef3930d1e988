package sim

import (
	"fmt"
	"strings"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/node/engine"
)

// describe says a step in words, for the trace.
func describe(s *Sim, in []engine.Input, fx *engine.Effects) string {
	var words []string
	say := func(format string, args ...any) { words = append(words, fmt.Sprintf(format, args...)) }
	for _, i := range in {
		switch i := i.(type) {
		case engine.LinkUp:
			say("link %d to %s", i.Link, s.nameOf(i.Friend))
		case engine.LinkDown:
			say("link %d to %s down", i.Link, s.nameOf(i.Friend))
		case engine.FrameArrived:
			say("%s from %s", frameName(i.Frame), s.nameOf(i.Friend))
		case engine.EntryArrived:
			say("entry %d from %s%s", i.Entry.Entry().Seq, s.nameOf(i.Friend), opNames(i.Entry.Entry()))
		case engine.Command:
			say("%s", typeName(i.Do))
		default:
			say("%s", typeName(i))
		}
	}
	say("=>")
	for _, w := range fx.Writes {
		if p, ok := w.(engine.PutLedger); ok {
			if e, ok := p.Write.(friendship.PutEntry); ok {
				if e.Signature == (ledger.Signature{}) {
					n, _ := ledger.DecodeEntry(e.Body)
					say("sign %d for %s%s", e.Seq, s.nameOf(p.Friend), opNames(n))
				}
				continue
			}
			say("%s with %s", typeName(p.Write), s.nameOf(p.Friend))
			continue
		}
		say("%s", typeName(w))
	}
	for _, d := range fx.Drops {
		say("drop %s (%s)", s.nameOf(d.Friend), d.Why)
	}
	return strings.Join(words, "; ")
}

func (s *Sim) nameOf(id ledger.NodeID) string {
	if n := s.byID[id]; n != nil {
		return n.name
	}
	return id.Short()
}

func typeName(v any) string {
	name := fmt.Sprintf("%T", v)
	return name[strings.LastIndexByte(name, '.')+1:]
}

func frameName(fr ledger.Frame) string {
	if h, ok := fr.(*ledger.Hello); ok {
		return fmt.Sprintf("Hello{epoch %d, %v, mine %d, yours %d}", h.Number, h.State, h.Mine.Seq, h.Yours.Seq)
	}
	return typeName(fr)
}

func opNames(n *ledger.Entry) string {
	if n == nil || len(n.Ops) == 0 {
		return " (empty)"
	}
	var out []string
	for _, op := range n.Ops {
		switch o := op.(type) {
		case *ledger.Request:
			out = append(out, fmt.Sprintf("Request %v lock %.8s", o.Amount, o.PartLock.String()))
		case *ledger.Collect:
			out = append(out, fmt.Sprintf("Collect %d", o.Ordinal))
		case *ledger.Cancel:
			out = append(out, fmt.Sprintf("Cancel %d %v", o.Ordinal, o.Reason))
		default:
			out = append(out, typeName(op))
		}
	}
	return " (" + strings.Join(out, ", ") + ")"
}
