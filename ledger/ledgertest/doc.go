// Package ledgertest drives two sides of a friendship against each other in one
// goroutine and without a clock of its own: real Ed25519 keys, frames that pass
// through their wire bytes, queues that can be cut, disks that survive a crash.
// Everything a run does follows from the calls made on it, so a failing run is
// repeated by repeating the calls: Pair.Record and Pair.Transcript write them
// down, together with every frame that left.
//
// Model is the reference: the state that two logs describe, computed from
// scratch with plain maps. Liar is a friend that knows its own key and signs
// whatever the test wants; Adversary is one that follows a plan, each in a file
// of its own.
//
// # Scenarios
//
// A scenario is a text of one step or expectation a line (ParseScenario). The
// sides are low and high, or what "names" calls them. A lone "#" begins a remark,
// lines that begin with ">" are skipped: a transcript is a scenario.
//
//	names ANN BEN                      other names for low and high
//	connect | cut | settle | open      open: connect and wait until both are ready
//	friends CURRENCY LIMIT             open, and both offer the currency
//	wait DURATION | sleep DURATION     sleep: nobody wakes when something is due
//	deliver SIDE [COUNT] | tick SIDE | clock SIDE DURATION
//	crash SIDE before writes|frames [after N]       during the next batch that is
//	                                   written, or after N more
//	restart SIDE | remove SIDE | add SIDE | lose SIDE | discard SIDE
//	fails "TEXT" STEP                  the step must fail with this in its error
//
//	SIDE offers CURRENCY LIMIT
//	SIDE requests AMOUNT CURRENCY as NAME
//	SIDE collects NAME | SIDE cancels NAME [REASON] | SIDE reserves NAME ["TEXT"]
//	SIDE withdraws NAME | SIDE commits NAME ["TEXT"]
//	SIDE allows CURRENCY AMOUNT … | SIDE allows nothing
//	SIDE risks NAME … | SIDE risks nothing | SIDE risks all
//
// Operations of one entry are joined by "and". Amounts are whole numbers of the
// smallest unit; a currency without decimals, as EUR, has two: EUR/2. The name of
// a request stands for its keys, so it outlives an opening; "#7" is a request
// with Keys(7).
//
// Lies, signed with the side's own key, of which its machine knows nothing:
//
//	SIDE lies KIND                     an entry with one thing wrong: see Lies
//	SIDE steals NAME                   collects without the keys
//	SIDE forks | SIDE repeats          another newest entry; all entries again
//	SIDE proposes CLAUSE …             terms of its own making: number N,
//	    base zero|strange, balance CURRENCY BALANCE, keep NAME, and requests that
//	    the other has never seen: new|missing|invent NAME AMOUNT CURRENCY
//	SIDE accepts | SIDE confirms | SIDE refuses REASON [NAME …]
//	                                   whatever is on its way to it; missing NAME
//
// Expectations ("not" turns some round):
//
//	agree | ready | check              check: all checkpoints against the model
//	SIDE balance|limit|sendable CURRENCY AMOUNT | SIDE frozen in|out CURRENCY AMOUNT
//	SIDE [not] active CURRENCY | SIDE [not] ready | SIDE blocked "TEXT"
//	SIDE [not] fresh|consistent|inconsistent|recovering | SIDE evidence "TEXT"
//	SIDE number|highest|entries|holds N
//	SIDE drops "TEXT" | SIDE drops nothing          since it was last asked
//	SIDE hears CHANGE [NAME [REASON]] | SIDE hears nothing
//	SIDE awaits KIND ["TEXT"] | SIDE awaits nothing the next frame on its way
//	SIDE [not] pending|admitted|reserved|withdrawn|committed|again NAME
//	SIDE ordinal NAME N
//	SIDE [not] undecided | SIDE cost CURRENCY BALANCE … | SIDE cost nothing
//	SIDE allowed CURRENCY AMOUNT … | SIDE loses NAME … | SIDE refused "REASON"
//
// Only transcripts have these: nonce N, hand SIDE FRAME, SIDE appends OPERATIONS,
// the latter two in hexadecimal.
//
// After each step each honest side is compared with the reference model.
package ledgertest
