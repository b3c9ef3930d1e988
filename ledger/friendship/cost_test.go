package friendship_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// The price of terms against what they can really cost (ledger.md 2.6): every
// state of two outgoing and two incoming requests of 1, under every terms that
// the friend may write about them. M is the side that is asked, F its friend.
//
// outFate is what F did with a request of M, so that M knows and F does not know
// that it does.
type outFate int

const (
	outPending   outFate = iota
	outCancelled         // upstream is cancelled, too: nobody pays for it any more
	outCollected         // upstream is collected
	outFates
)

// inFate is what M did with a request of F.
type inFate int

const (
	inForwarded inFate = iota // and still open downstream
	inReleased                // finally cancelled downstream
	inCollected               // M collected it, and F does not know
	inFates
)

// howKept is what terms say of an incoming request.
type howKept int

const (
	absent howKept = iota
	whole
	altered // another request in its place
	howsKept
)

// priced is one state of M.
type priced struct {
	pair      *ledgertest.Pair
	me        int
	outs      [2]outFate
	ins       [2]inFate
	cancelled bool // an inReleased one is cancelled in the ledger, too
}

// Keys of the requests: M's 1 and 2, F's 3 and 4.
const (
	firstOut = 1
	firstIn  = 3
)

func (s *priced) String() string {
	return fmt.Sprintf("side %d, outgoing %v, incoming %v, cancelled %v", s.me, s.outs, s.ins, s.cancelled)
}

// newPriced brings a pair to the state.
func newPriced(t *testing.T, s priced) *priced {
	t.Helper()
	p := opened(t, 1000)
	s.pair = p
	friend := 1 - s.me
	// The first request of each side is resolved and acknowledged: ordinals are
	// not what the order of the terms would be.
	for i := range p.Sides {
		ok(t, p.Append(i, ledgertest.Request(ledgertest.EUR, 1, 10+i)))
	}
	ok(t, p.Settle())
	for i := range p.Sides {
		ok(t, p.Append(i, ledgertest.Cancel(1)))
	}
	for k := range 2 {
		ok(t, p.Append(s.me, ledgertest.Request(ledgertest.EUR, 1, firstOut+k)))
		ok(t, p.Append(friend, ledgertest.Request(ledgertest.EUR, 1, firstIn+k)))
	}
	ok(t, p.Settle())
	ok(t, p.Advance(2*friendship.AckDelay))
	for k, fate := range s.outs {
		switch fate {
		case outCancelled:
			ok(t, p.Append(friend, ledgertest.Cancel(uint64(2+k))))
		case outCollected:
			ok(t, p.Append(friend, ledgertest.Collect(uint64(2+k), firstOut+k)))
		}
	}
	for p.Peek(s.me) != nil {
		ok(t, p.Deliver(s.me))
	}
	var risks []int
	for k, fate := range s.ins {
		switch {
		case fate == inCollected:
			ok(t, p.Append(s.me, ledgertest.Collect(uint64(2+k), firstIn+k)))
		case fate == inReleased && s.cancelled:
			ok(t, p.Append(s.me, ledgertest.Cancel(uint64(2+k))))
		case fate == inForwarded:
			risks = append(risks, firstIn+k)
		}
	}
	p.Risk(s.me, risks...)
	return &s
}

// offered are terms that F may write.
type offered struct {
	delta int64      // balance of M in the terms, above its balance here
	outs  [2]int     // how often each outgoing request is kept
	ghost bool       // an outgoing request is kept that M never made
	ins   [2]howKept //
}

// terms writes them down, with the requests that come with them.
func (s *priced) terms(o offered) (*ledger.Terms, []*ledger.Request) {
	p, f := s.pair, s.pair.Sides[s.me].F
	mine, theirs := f.Me(), f.Me().Other()
	t := &ledger.Terms{Low: p.Sides[0].ID, High: p.Sides[1].ID, Number: uint64(4 - s.me), Base: f.Epoch(), Nonce: ledger.Nonce{1}}
	var supplied []*ledger.Request
	for k, n := range o.outs {
		r := ledgertest.Request(ledgertest.EUR, 1, firstOut+k)
		for again := range n {
			t.Kept = append(t.Kept, ledger.Kept{Author: mine, Ordinal: uint64(2 + k + 10*again), Request: r.Hash()})
		}
	}
	if o.ghost {
		r := ledgertest.Request(ledgertest.EUR, 1, 99)
		t.Kept = append(t.Kept, ledger.Kept{Author: mine, Ordinal: 99, Request: r.Hash()})
		supplied = append(supplied, r)
	}
	for k, how := range o.ins {
		r := ledgertest.Request(ledgertest.EUR, 1, firstIn+k)
		if how == altered {
			r.Hold++
			supplied = append(supplied, r)
		}
		if how != absent {
			t.Kept = append(t.Kept, ledger.Kept{Author: theirs, Ordinal: uint64(2 + k), Request: r.Hash()})
		}
	}
	slices.SortFunc(t.Kept, func(x, y ledger.Kept) int {
		return cmp.Or(cmp.Compare(x.Author, y.Author), cmp.Compare(x.Ordinal, y.Ordinal))
	})
	b, err := f.Balance(ledgertest.EUR).Add(ledger.NewBalance(o.delta))
	if err == nil && s.me == 1 {
		b, err = b.Neg()
	}
	if err != nil {
		panic(err)
	}
	if b.Sign() != 0 || len(t.Kept) > 0 {
		t.Balances = []ledger.TermsBalance{{Currency: ledgertest.EUR, Balance: b}}
	}
	return t, supplied
}

// loss is the most that M may lose in the end if the terms open an epoch,
// whatever F does then: nothing is said here of how the price is computed.
func (s *priced) loss(o offered) int64 {
	value := o.delta
	for k, n := range o.outs {
		for again := range n {
			// F collects it. Upstream pays for it once, if that is still open.
			if s.outs[k] != outPending || again > 0 {
				value--
			}
		}
	}
	if o.ghost {
		value-- // F collects it, and nobody upstream pays
	}
	for k, how := range o.ins {
		switch {
		case how == whole && s.ins[k] == inCollected:
			value++ // M has the keys, and collects it again
		case how != whole && s.ins[k] == inForwarded:
			value-- // it is collected downstream, and F does not pay
		}
	}
	return -value
}

// states calls visit for every state of M.
func states(t *testing.T, visit func(s *priced)) {
	for i := range 2 * 2 * int(outFates*outFates) * int(inFates*inFates) {
		s := priced{me: i % 2, cancelled: i/2%2 == 1}
		i /= 4
		s.outs[0], i = outFate(i%int(outFates)), i/int(outFates)
		s.outs[1], i = outFate(i%int(outFates)), i/int(outFates)
		s.ins[0], i = inFate(i%int(inFates)), i/int(inFates)
		s.ins[1] = inFate(i)
		visit(newPriced(t, s))
	}
}

// everyTerms calls visit for every terms that F may write.
func everyTerms(visit func(o offered)) {
	for i := range 5 * 3 * 3 * 2 * int(howsKept*howsKept) {
		o := offered{delta: int64(i%5 - 2)}
		i /= 5
		o.outs[0], i = i%3, i/3
		o.outs[1], i = i%3, i/3
		o.ghost, i = i%2 == 1, i/2
		o.ins[0], o.ins[1] = howKept(i%int(howsKept)), howKept(i/int(howsKept))
		visit(o)
	}
}

// acceptedPerVariant is how many of the terms are accepted without asking, for
// each side and each way of releasing a request: as many as in the model of the
// rules.
const acceptedPerVariant = 6172

func TestPriceIsTheWorstCase(t *testing.T) {
	accepted := 0
	states(t, func(s *priced) {
		f, env := s.pair.Sides[s.me].F, s.pair.Env(s.me)
		everyTerms(func(o offered) {
			terms, supplied := s.terms(o)
			reason, costs := f.Judge(env, terms, supplied...)
			loss := s.loss(o)
			if reason == 0 {
				if accepted++; loss > 0 {
					t.Fatalf("%s: %+v are accepted and may cost %d", s, o, loss)
				}
			}
			if foul := o.ghost || o.outs[0] > 1 || o.outs[1] > 1; foul {
				if reason != ledger.RefuseInvalid {
					t.Fatalf("%s: %+v are answered with %q", s, o, reason)
				}
				return
			}
			var want []friendship.Cost
			if loss != 0 {
				want = []friendship.Cost{{Currency: ledgertest.EUR, Amount: ledger.NewBalance(loss)}}
			}
			if !slices.Equal(costs, want) || (reason == ledger.RefuseCost) != (loss > 0) {
				t.Fatalf("%s: %+v cost %v and are answered with %q, but may cost %d", s, o, costs, reason, loss)
			}
		})
	})
	if want := 4 * acceptedPerVariant; accepted != want {
		t.Fatalf("%d terms are accepted without asking, want %d", accepted, want)
	}
}

// TestHonestTermsCostNothing: whatever M and F have seen of each other, F's view,
// with its own Collects that M has not acknowledged returned or not, is accepted.
func TestHonestTermsCostNothing(t *testing.T) {
	n := 0
	states(t, func(s *priced) {
		f, env := s.pair.Sides[s.me].F, s.pair.Env(s.me)
		for i := range 16 {
			var o offered
			for k := range 2 {
				returned, seen := i>>k&1 == 1, i>>(2+k)&1 == 1
				switch {
				case s.outs[k] == outPending:
					o.outs[k] = 1
				case s.outs[k] == outCollected && returned:
					o.outs[k] = 1
					o.delta++
				}
				switch {
				case s.ins[k] == inCollected && seen:
				case s.ins[k] == inCollected:
					o.ins[k] = whole
					o.delta--
				case s.ins[k] == inReleased && s.cancelled && seen:
				default:
					o.ins[k] = whole
				}
			}
			terms, supplied := s.terms(o)
			if reason, costs := f.Judge(env, terms, supplied...); reason != 0 {
				t.Fatalf("%s: honest terms %+v cost %v and are answered with %q", s, o, costs, reason)
			}
			n++
		}
	})
	if n != 4*81*16 {
		t.Fatalf("%d terms", n)
	}
}

// TestJudgedAsReceived: what Judge says is what the machine does.
func TestJudgedAsReceived(t *testing.T) {
	n := 0
	states(t, func(s *priced) {
		n++
		i := 0
		everyTerms(func(o offered) {
			if i++; i%97 != n%97 { // a spread of some eight for each state
				return
			}
			p, env := s.pair, s.pair.Env(s.me)
			f, err := friendship.New(p.Sides[s.me].ID, p.Sides[1-s.me].ID, p.Sides[s.me].Disk.Load())
			ok(t, err)
			f.LinkUp(env, nil)
			_, err = f.Receive(env, helloOf(p.Sides[1-s.me]))
			ok(t, err)
			terms, supplied := s.terms(o)
			want, _ := f.Judge(env, terms, supplied...)
			if len(supplied) > 0 {
				_, err = f.Receive(env, &ledger.Supply{Requests: supplied})
				ok(t, err)
			}
			eff, err := f.Receive(env, &ledger.Propose{Terms: terms})
			ok(t, err)
			switch m := eff.Frames[0].(type) {
			case *ledger.Accept:
				if want != 0 || len(eff.Writes) != 2 {
					t.Fatalf("%s: %+v are accepted, judged %q, writes %v", s, o, want, eff.Writes)
				}
			case *ledger.Refuse:
				if m.Reason != want || len(eff.Writes) != 0 {
					t.Fatalf("%s: %+v are answered with %q, judged %q, writes %v", s, o, m.Reason, want, eff.Writes)
				}
			default:
				t.Fatalf("answered with %T", m)
			}
		})
	})
}
