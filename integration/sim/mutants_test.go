package sim

import "github.com/offset-p2p/offset/integration/mutate"

// The mutants, at least one for every invariant and every class of faults: an
// engine or a ledger with one rule broken, which the simulation must notice.
var mutants = []mutate.Mutant{
	{
		Name: "an entry leaves before it is committed", File: "node/engine/absorb.go",
		Old: "		s.write(PutLedger{f.id, w})\n",
		New: "		if e, ok := w.(friendship.PutEntry); !ok || e.Signature != (ledger.Signature{}) || e.Seq%7 != 0 {\n			s.write(PutLedger{f.id, w})\n		}\n",
	},
	{
		Name: "no check for a part lock that is under way", File: "node/engine/forward.go",
		Old: "case s.carries(r.PartLock), to.ours(r.PartLock) != nil:",
		New: "case false:",
	},
	{
		Name: "the limit forgets what is pending", File: "ledger/friendship/commit.go",
		Old: "return left.SubFloor(held)",
		New: "return left",
	},
	{
		Name: "what is over the limit is taken", File: "node/engine/forward.go",
		Old: "case !p.Admitted:",
		New: "case false:",
	},
	{
		Name: "a hop pays more than it gets", File: "node/engine/forward.go",
		Old: "return err == nil && !in.Less(due)",
		New: "return err == nil || in.Less(due)",
	},
	{
		Name: "upstream is cancelled by a timer", File: "node/engine/step.go",
		Old: "	s.flush()\n",
		New: "	for _, fw := range s.sortedForwards() {\n		if !fw.waits && now.Mono > fw.since+5*time.Second {\n			s.release(fw, ledger.Expired, s.self)\n		}\n	}\n	s.flush()\n",
	},
	{
		Name: "disabling a friend cancels upstream", File: "node/engine/do_friend.go",
		Old: "		f.rec.Disabled = !*a.Enabled\n",
		New: "		f.rec.Disabled = !*a.Enabled\n		s.lostBeyond(f, f.rec.Disabled)\n",
	},
	{
		Name: "a broken link cancels upstream", File: "node/engine/step.go",
		Old: "			f.book.LinkDown(s.env(f))\n",
		New: "			f.book.LinkDown(s.env(f))\n			s.lostBeyond(f, true)\n",
	},
	{
		Name: "nothing is sent again", File: "ledger/friendship/hello.go",
		Old: "range e.sent[mine.Seq-e.acked.Seq+1:]",
		New: "range e.sent[:0]",
	},
	{
		Name: "entries are signed before the Hello", File: "ledger/friendship/queries.go",
		Old: "return f.link.up && f.link.reconciled &&",
		New: "return f.link.up &&",
	},
	{
		Name: "a seller collects before all parts are here", File: "node/engine/group.go",
		Old: "return g.sum == g.total &&",
		New: "return (g.sum == g.total || len(g.parts) == 2) &&",
	},
	{
		Name: "decisions that wait are not durable", File: "node/engine/flush.go",
		Old: "			s.write(PutMark{d.MarkRecord})\n",
		New: "",
	},
	{
		Name: "a start forgets decisions", File: "node/engine/boot.go",
		Old: "			f.decisions = append(f.decisions, &decision{MarkRecord: m, durable: true})\n",
		New: "			_ = m\n",
	},
	{
		Name: "forwards are not durable", File: "node/engine/flush.go",
		Old: "			s.write(PutForward{o.forward.ForwardRecord})\n",
		New: "",
	},
	{
		Name: "a collect is not passed on", File: "node/engine/forward.go",
		Old: "			s.collect(from, in, p.Collect.Key, p.Collect.PartKey)\n",
		New: "			_ = from\n",
	},
	{
		Name: "a restart gives up parts that are pending", File: "node/engine/payment.go",
		Old: "part.ended() || f != nil && f.ours(part.PartLock) != nil {",
		New: "part.ended() || f == s.friends[s.self] {",
	},
	{
		Name: "an invoice is paid twice", File: "node/engine/seller.go",
		Old: "	case v.rec.State == InvoicePaid:\n		return nil, ledger.AlreadyPaid\n",
		New: "",
	},
	{
		Name: "an invoice is paid in another currency", File: "node/engine/seller.go",
		Old: "return r.Currency == v.Currency && part.Currency == v.Currency &&\n",
		New: "return true &&\n",
	},
	{
		Name: "a part of the amount is enough", File: "node/engine/seller.go",
		Old: "!v.Amount.IsZero() && !part.Total.Less(v.Amount) &&\n",
		New: "!v.Amount.IsZero() &&\n",
	},
	{
		Name: "a removed friend's number is forgotten", File: "node/engine/do_friend.go",
		Old: "friendship.Stored{Highest: s.tombstone(a.Friend)}",
		New: "friendship.Stored{}",
	},
	{
		Name: "terms that cost something are accepted", File: "ledger/friendship/opening.go",
		Old: "if reason == 0 && !r.within(f.bound) {",
		New: "if false {",
	},
	{
		Name: "holds never end", File: "node/engine/step.go",
		Old: "		s.holdOver(key.id)\n",
		New: "",
	},
}
