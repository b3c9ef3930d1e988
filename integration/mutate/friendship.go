package mutate

const (
	friendshipPackage = "ledger/friendship"

	// Explorations of TestExploreFoe and TestExplorePair, short ones first.
	foeStrangers = "TestExploreFoe/strangers$"
	foeOwn       = "TestExploreFoe/entries_about_its_own_request"
	foeEntries   = "TestExploreFoe/entries_while"
	foeUser      = "TestExploreFoe/its_user_decides_while"
	foeOnce      = "TestExploreFoe/its_user_decides_once"
	foeClock     = "TestExploreFoe/its_clock_stands"
	foeCrash     = "TestExploreFoe/a_process_ends_while"
	foeTwo       = "TestExploreFoe/two_proposals"
	pairFirst    = "TestExplorePair/strangers"
	pairWork     = "TestExplorePair/work_while"
	longRun      = "TestLongRun"
)

// friendshipMutants are the rules of the friend ledger. What the models under
// ../shared/models find when a rule is left out, the explorers have to find in
// the code.
var friendshipMutants = []Mutant{
	{
		Name: "freeze-signing", Why: "an acceptance does not keep its side from signing in the base epoch",
		File: "ledger/friendship/queries.go", Old: "		f.acceptance == nil && f.exch.proposal == nil\n}", New: "		f.exch.proposal == nil\n}",
		Package: friendshipPackage, Test: foeCrash, Says: "in an epoch that it has closed",
	},
	{
		Name: "freeze-applying", Why: "an acceptance does not keep its side from applying what comes in the base epoch",
		File: "ledger/friendship/receive.go", Old: "v.entry.Epoch != f.epoch.id || f.acceptance != nil ||", New: "v.entry.Epoch != f.epoch.id ||",
		Package: friendshipPackage, Test: foeEntries, Says: "loses",
	},
	{
		Name: "drop-on-apply", Why: "a proposal stands although its author's view has changed",
		File: "ledger/friendship/receive.go", Old: "	f.exch.proposal = nil // the view that it proposed is no more\n", New: "",
		Package: friendshipPackage, Test: foeOwn, Says: "loses",
	},
	{
		Name: "sign-while-proposing", Why: "a side signs in the base epoch while its proposal is out",
		File: "ledger/friendship/queries.go", Old: "		f.acceptance == nil && f.exch.proposal == nil\n}", New: "		f.acceptance == nil\n}",
		Package: friendshipPackage, Test: foeTwo, Says: "while its proposal is out",
	},
	{
		Name: "rising-numbers", Why: "terms are accepted whose number is not above what was signed",
		File: "ledger/friendship/opening.go", Old: "	case t.Number <= f.highest:\n", New: "	case t.Number == 0:\n",
		Package: friendshipPackage, Test: foeTwo, Says: "highest number falls",
	},
	{
		Name: "highest-only", Why: "an acceptance stays confirmable after a later one",
		File: "ledger/friendship/opening.go", Old: "	f.acceptance = &Acceptance{Terms: t, Nonce: env.Nonce, Kept: r.kept}\n",
		New:     "	if a := (&Acceptance{Terms: t, Nonce: env.Nonce, Kept: r.kept}); f.acceptance == nil {\n		f.acceptance = a\n	}\n",
		Package: friendshipPackage, Test: foeTwo,
	},
	{
		Name: "own-proposal-stands", Why: "accepting a higher proposal leaves one's own out",
		File: "ledger/friendship/opening.go", Old: "	f.exch.proposal = nil\n	f.exch.acceptedHere, f.exch.acceptedAt = true, env.Mono\n",
		New:     "	f.exch.acceptedHere, f.exch.acceptedAt = true, env.Mono\n",
		Package: friendshipPackage, Test: foeTwo, Says: "highest number falls",
	},
	{
		Name: "base-check", Why: "terms over another epoch are accepted",
		File: "ledger/friendship/opening.go", Old: "	case !t.Base.IsZero() && (f.epoch == nil || t.Base != f.epoch.id):\n", New: "	case false:\n",
		Package: friendshipPackage, Test: foeClock, Says: "not its own",
	},
	{
		Name: "clock-bound", Why: "terms with any number are accepted",
		File: "ledger/friendship/opening.go", Old: "	case !f.plausible(env, t.Number):\n", New: "	case false:\n",
		Package: friendshipPackage, Test: foeClock, Says: "far ahead of its clock",
	},
	{
		Name: "named-clock-bound", Why: "any number that the friend names is taken for signed",
		File: "ledger/friendship/exchange.go", Old: "	if f.plausible(env, number) {\n", New: "	if true {\n",
		Package: friendshipPackage, Test: foeStrangers, Says: "far ahead of its clock",
	},
	{
		Name: "ignore-lower", Why: "of two proposals that cross both are accepted",
		File: "ledger/friendship/opening.go", Old: "	if p := f.exch.proposal; p != nil && p.terms.Number > t.Number {\n", New: "	if p := f.exch.proposal; p != nil && p.terms.Number == 0 {\n",
		Package: friendshipPackage, Test: "TestBothProposeAtOnce",
	},
	{
		Name: "friends-highest", Why: "the highest number that the friend names is forgotten",
		File: "ledger/friendship/exchange.go", Old: "	n := max(f.highest, f.exch.friendHighest) + 1\n", New: "	n := f.highest + 1\n",
		Package: friendshipPackage, Test: pairFirst, Says: "left alone",
	},
	{
		Name: "cost-off", Why: "terms are accepted whatever they cost",
		File: "ledger/friendship/opening.go", Old: "	if reason == 0 && !r.within(f.bound) {\n", New: "	if false {\n",
		Package: friendshipPackage, Test: foeUser, Says: "loses",
	},
	{
		Name: "cost-balance", Why: "what the balance loses is no cost",
		File: "ledger/friendship/cost.go", Old: "		sum, err := r.costs[c].Add(a.balance(e.me))\n", New: "		sum, err := r.costs[c].Add(ledger.NewBalance(-1))\n",
		Package: friendshipPackage, Test: foeTwo, Says: "loses",
	},
	{
		Name: "cost-ended-own", Why: "a kept request of one's own that has ended is no cost",
		File: "ledger/friendship/cost.go", Old: "		if row.Author == f.me && row.Resolved() {\n", New: "		if false {\n",
		Package: friendshipPackage, Test: foeEntries, Says: "loses",
	},
	{
		Name: "cost-at-stake", Why: "a request at stake that is not kept is no cost",
		File: "ledger/friendship/cost.go", Old: "		c := row.Request.Currency\n		r.costs[c] = plus(r.costs[c], row.Request.Amount)\n		r.lost", New: "		r.lost",
		Package: friendshipPackage, Test: foeUser, Says: "loses",
	},
	{
		Name: "cost-collected-kept", Why: "a collected request that is kept gives nothing, so honest terms cost",
		File: "ledger/friendship/cost.go", Old: "		if row.Author != f.me && row.Collect != nil {\n", New: "		if false {\n",
		Package: friendshipPackage, Test: pairWork, Says: "left alone",
	},
	{
		Name: "kept-never-made", Why: "terms may keep a request of this side that it never made",
		File: "ledger/friendship/cost.go", Old: "	case k.Author == f.me:\n		return ledger.RefuseInvalid\n", New: "",
		Package: friendshipPackage, Test: foeClock, Says: "loses",
	},
	{
		Name: "bound-stays", Why: "what the user allowed once is allowed for ever",
		File: "ledger/friendship/opening.go", Old: "		f.bound = nil\n		eff.Writes = append(eff.Writes, PutBound{})\n", New: "",
		Package: friendshipPackage, Test: foeOnce, Says: "loses",
	},
	{
		Name: "collects-return", Why: "unacknowledged collects do not return to kept",
		File: "ledger/friendship/terms.go", Old: "			if row.Cancel == nil {\n", New: "			if !row.Resolved() {\n",
		Package: friendshipPackage, Test: longRun,
	},
	{
		Name: "collects-return-balance", Why: "what returns to kept stays in the balance, too",
		File: "ledger/friendship/terms.go", Old: "		if row.Collect != nil {\n			returned", New: "		if false {\n			returned",
		Package: friendshipPackage, Test: pairWork,
	},
	{
		Name: "ended-forgotten", Why: "a request is forgotten before the friend knows that it has ended",
		File: "ledger/friendship/ended.go", Old: "	q, known := e.over.q, e.sent[0].ack\n", New: "	q, known := e.over.q, e.head[e.me.Other()].Seq+1\n",
		Package: friendshipPackage, Test: longRun,
	},
	{
		Name: "resend-off", Why: "entries that were lost are not sent again",
		File: "ledger/friendship/hello.go", Old: "		for _, s := range e.sent[mine.Seq-e.acked.Seq+1:] {\n", New: "		for _, s := range e.sent[:0] {\n",
		Package: friendshipPackage, Test: pairWork, Says: "left alone",
	},
	{
		Name: "hello-first", Why: "entries are signed before the friend's Hello has agreed",
		File: "ledger/friendship/queries.go", Old: "	return f.link.up && f.link.reconciled && f.epoch != nil", New: "	return f.link.up && f.epoch != nil",
		Package: friendshipPackage, Test: "TestNotReady|TestHelloTable|TestNewerEpochEndsReadiness|TestStreamReplaced",
	},
	{
		Name: "accept-signature", Why: "an acceptance is trusted without its signature",
		File: "ledger/friendship/opening.go", Old: "	case !ledger.VerifyHash(f.friend, m.Epoch, m.Signature):\n", New: "	case false:\n",
		Package: friendshipPackage, Test: foeStrangers, Says: "which its friend has not signed",
	},
	{
		Name: "accept-epoch", Why: "an acceptance is trusted that signs another epoch",
		File: "ledger/friendship/opening.go", Old: "	case m.Epoch != p.terms.EpochID(m.Nonce):\n", New: "	case false:\n",
		Package: friendshipPackage, Test: foeStrangers, Says: "which its friend has not signed",
	},
	{
		Name: "confirm-signature", Why: "a confirmation is trusted without its signature",
		File: "ledger/friendship/opening.go", Old: "	if !ledger.VerifyHash(f.friend, f.acceptance.ID(), sig) {\n", New: "	if false {\n",
		Package: friendshipPackage, Test: foeStrangers, Says: "which its friend has not signed",
	},
	{
		Name: "store-highest-accepting", Why: "an acceptance leaves before its number is stored",
		File: "ledger/friendship/opening.go", Old: "	eff.Writes = append(eff.Writes, PutHighest{t.Number}, PutAcceptance{f.acceptance})\n", New: "	eff.Writes = append(eff.Writes, PutAcceptance{f.acceptance})\n",
		Package: friendshipPackage, Test: foeCrash, Says: "signs number",
	},
	{
		Name: "store-highest-confirming", Why: "a confirmation leaves before its number is stored",
		File: "ledger/friendship/opening.go", Old: "	eff.Writes = append(eff.Writes, PutHighest{f.highest})\n", New: "",
		Package: friendshipPackage, Test: pairFirst,
	},
	{
		Name: "store-acceptance", Why: "an acceptance leaves before it is stored",
		File: "ledger/friendship/opening.go", Old: "	eff.Writes = append(eff.Writes, PutHighest{t.Number}, PutAcceptance{f.acceptance})\n", New: "	eff.Writes = append(eff.Writes, PutHighest{t.Number})\n",
		Package: friendshipPackage, Test: foeCrash, Says: "in an epoch that it has closed",
	},
	{
		Name: "store-entry", Why: "an entry leaves that is not stored",
		File: "ledger/friendship/append.go", Old: "	eff.Writes = append(eff.Writes, PutEntry{Author: e.me, Seq: seq, Body: body})\n", New: "",
		Package: friendshipPackage, Test: "TestCrashBeforeAnEntryLeaves|TestCrashAtEachStep",
	},
	{
		Name: "store-kept", Why: "an opening is stored without the requests that it keeps",
		File: "ledger/friendship/opening.go", Old: "PutOpening{Opening: o, Kept: kept}", New: "PutOpening{Opening: o}",
		Package: friendshipPackage, Test: pairWork,
	},
	{
		Name: "said-again", Why: "what was collected before the opening is not collected again",
		File: "ledger/friendship/kept.go", Old: "		case k.Collect != nil:\n			ops", New: "		case false:\n			ops",
		Package: friendshipPackage, Test: pairWork, Says: "never says what it has decided",
	},
	{
		Name: "window-off", Why: "a friend may sign on without acknowledgements",
		File: "ledger/friendship/receive.go", Old: "	case len(n.Ops) > 0 && n.Seq > mine.ack+ledger.EntryWindow:\n", New: "	case false:\n",
		Package: friendshipPackage, Test: "TestWindowOfTheFriend",
	},
	{
		Name: "totals-off", Why: "totals that do not follow from the operations are taken",
		File: "ledger/friendship/receive.go", Old: "	if !e.totalsMatch(n.Totals) {\n", New: "	if false {\n",
		Package: friendshipPackage, Test: "TestIllegalEntries",
	},
	{
		Name: "ack-hash-off", Why: "an acknowledgement of another entry is taken",
		File: "ledger/friendship/receive.go", Old: "	case n.Ack.Hash != mine.hash:\n", New: "	case false:\n",
		Package: friendshipPackage, Test: "TestIllegalEntries",
	},
	{
		Name: "fork-off", Why: "two bodies for one seq are not noticed",
		File: "ledger/friendship/receive.go", Old: "	if i < 0 || e.recent[i] == hash {\n", New: "	if true {\n",
		Package: friendshipPackage, Test: "TestTwoBodiesForOneNumber",
	},
	{
		Name: "chain-off", Why: "an entry need not follow the one before it",
		File: "ledger/friendship/receive.go", Old: "	case n.Prev != head.Hash:\n", New: "	case false:\n",
		Package: friendshipPackage, Test: "TestIllegalEntries",
	},
	{
		Name: "key-check", Why: "a collect needs no key",
		File: "ledger/friendship/stage.go", Old: "			if o.Key.Lock() != s.row.Request.Lock || o.PartKey.Lock() != s.row.Request.PartLock {\n", New: "			if false {\n",
		Package: friendshipPackage, Test: "TestIllegalEntries",
	},
	{
		Name: "lost-data-off", Why: "a friend that lost data is answered as if it had not",
		File: "ledger/friendship/hello.go", Old: "	case mine.Seq < e.acked.Seq || theirs.Seq < e.head[f.me.Other()].Seq:\n", New: "	case mine.Seq < e.acked.Seq:\n",
		Package: friendshipPackage, Test: "TestHelloTable|TestLostDisk",
	},
}
