package sim

// A mutant is an engine or a ledger with one rule broken: Old, which stands once
// in File, is New. The simulation must notice it.
type mutant struct {
	Name string
	File string // below the module's root
	Old  string
	New  string
}

// The mutants, at least one for every invariant and every class of faults.
var mutants = []mutant{
	{
		"an entry leaves before it is committed", "node/engine/absorb.go",
		"		s.write(PutLedger{f.id, w})\n",
		"		if e, ok := w.(friendship.PutEntry); !ok || e.Signature != (ledger.Signature{}) || e.Seq%7 != 0 {\n			s.write(PutLedger{f.id, w})\n		}\n",
	},
	{
		"no check for a part lock that is under way", "node/engine/forward.go",
		"case s.carries(r.PartLock), to.ours(r.PartLock) != nil:", "case false:",
	},
	{
		"the limit forgets what is pending", "ledger/friendship/commit.go",
		"return left.SubFloor(held)", "return left",
	},
	{
		"what is over the limit is taken", "node/engine/forward.go",
		"case !p.Admitted:", "case false:",
	},
	{
		"a hop pays more than it gets", "node/engine/forward.go",
		"return err == nil && !in.Less(due)", "return err == nil || in.Less(due)",
	},
	{
		"upstream is cancelled by a timer", "node/engine/step.go",
		"	s.flush()\n",
		"	for _, fw := range s.sortedForwards() {\n		if !fw.waits && now.Mono > fw.since+5*time.Second {\n			s.release(fw, ledger.Expired, s.self)\n		}\n	}\n	s.flush()\n",
	},
	{
		"disabling a friend cancels upstream", "node/engine/do_friend.go",
		"		f.rec.Disabled = !*a.Enabled\n", "		f.rec.Disabled = !*a.Enabled\n		s.lostBeyond(f, f.rec.Disabled)\n",
	},
	{
		"a broken link cancels upstream", "node/engine/step.go",
		"			f.book.LinkDown(s.env(f))\n", "			f.book.LinkDown(s.env(f))\n			s.lostBeyond(f, true)\n",
	},
	{
		"nothing is sent again", "ledger/friendship/hello.go",
		"range e.sent[mine.Seq-e.acked.Seq+1:]", "range e.sent[:0]",
	},
	{
		"entries are signed before the Hello", "ledger/friendship/queries.go",
		"return f.link.up && f.link.reconciled &&", "return f.link.up &&",
	},
	{
		"a seller collects before all parts are here", "node/engine/group.go",
		"return g.sum == g.total &&", "return (g.sum == g.total || len(g.parts) == 2) &&",
	},
	{
		"decisions that wait are not durable", "node/engine/flush.go",
		"			s.write(PutMark{d.MarkRecord})\n", "",
	},
	{
		"a start forgets decisions", "node/engine/boot.go",
		"			f.decisions = append(f.decisions, &decision{MarkRecord: m, durable: true})\n", "			_ = m\n",
	},
	{
		"forwards are not durable", "node/engine/flush.go",
		"			s.write(PutForward{o.forward.ForwardRecord})\n", "",
	},
	{
		"a collect is not passed on", "node/engine/forward.go",
		"			s.collect(from, in, p.Collect.Key, p.Collect.PartKey)\n", "			_ = from\n",
	},
	{
		"a restart gives up parts that are pending", "node/engine/payment.go",
		"part.ended() || f != nil && f.ours(part.PartLock) != nil {", "part.ended() || f == s.friends[s.self] {",
	},
	{
		"an invoice is paid twice", "node/engine/seller.go",
		"	case v.rec.State == InvoicePaid:\n		return nil, ledger.AlreadyPaid\n", "",
	},
	{
		"an invoice is paid in another currency", "node/engine/seller.go",
		"return r.Currency == v.Currency && part.Currency == v.Currency &&\n", "return true &&\n",
	},
	{
		"a part of the amount is enough", "node/engine/seller.go",
		"!v.Amount.IsZero() && !part.Total.Less(v.Amount) &&\n", "!v.Amount.IsZero() &&\n",
	},
	{
		"a removed friend's number is forgotten", "node/engine/do_friend.go",
		"friendship.Stored{Highest: s.tombstone(a.Friend)}", "friendship.Stored{}",
	},
	{
		"terms that cost something are accepted", "ledger/friendship/opening.go",
		"if reason == 0 && !r.within(f.bound) {", "if false {",
	},
	{
		"holds never end", "node/engine/step.go",
		"		s.holdOver(key.id)\n", "",
	},
}
