package friendship_test

import (
	"errors"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

var ordersDeep = flag.Bool("friendship.orders", false, "try the orders of one entry more on each side")

// An order says what each side does, one letter per step: s signs its next
// entry, r receives the other's next. Two runs in which both sides do the same
// in the same order are one run, whatever the order between the sides, so these
// are all orders of delivery that there are.
type order [2]string

// merges returns every string of this many s and r.
func merges(s, r int) []string {
	if s == 0 || r == 0 {
		return []string{strings.Repeat("s", s) + strings.Repeat("r", r)}
	}
	var out []string
	for _, m := range merges(s-1, r) {
		out = append(out, "s"+m)
	}
	for _, m := range merges(s, r-1) {
		out = append(out, "r"+m)
	}
	return out
}

// script is what both sides sign: operations by side and entry. Before it EUR is
// active and each side has request 1 pending, of 30 and of 20 (Keys 1 and 2).
type script [2][][]ledger.Op

func entry(ops ...ledger.Op) []ledger.Op { return ops }

var hour = ledger.Currency{Name: "HOUR"}

func request(n int) *ledger.Request { return ledgertest.Request(ledgertest.EUR, uint64(n), n) }

// scripts hold everything that can cross: resolutions of each request with what
// its author says of it, limits, a currency that becomes active.
func scripts() map[string]script {
	eur := ledgertest.EUR
	return map[string]script{
		"resolved while asked": {
			{entry(ledgertest.Collect(1, 2)), entry(request(7), &ledger.Withdraw{Ordinal: 1}), entry(&ledger.Commit{Ordinal: 1}), entry(ledgertest.Cancel(2))},
			{entry(request(8)), entry(&ledger.Reserve{Ordinal: 1}), entry(ledgertest.Collect(1, 1)), entry(&ledger.Withdraw{Ordinal: 2})},
		},
		"both collect and ask": {
			{entry(request(7), request(9)), entry(ledgertest.Collect(1, 2)), entry(&ledger.Commit{Ordinal: 2}, &ledger.Withdraw{Ordinal: 3})},
			{entry(ledgertest.Collect(1, 1)), entry(request(8), &ledger.Withdraw{Ordinal: 1}), entry(ledgertest.Cancel(2), &ledger.Reserve{Ordinal: 3}), entry(ledgertest.Collect(3, 9))},
		},
		"a currency becomes active": {
			{entry(ledgertest.Credit(hour, 70)), entry(ledgertest.Credit(eur, 5), request(7)), entry(ledgertest.Request(hour, 9, 11)), entry(ledgertest.Credit(hour, 2), ledgertest.Cancel(1))},
			{entry(ledgertest.Credit(eur, 0)), entry(ledgertest.Credit(hour, 80), ledgertest.Collect(1, 1)), entry(ledgertest.Request(hour, 4, 12)), entry(ledgertest.Cancel(2), ledgertest.Credit(eur, 900))},
		},
		"other decimals": {
			{entry(ledgertest.Credit(ledger.Currency{Name: "HOUR", Decimals: 1}, 70)), entry(&ledger.Withdraw{Ordinal: 1}), entry(ledgertest.Collect(1, 2), request(7))},
			{entry(ledgertest.Credit(hour, 70)), entry(&ledger.Commit{Ordinal: 1}, ledgertest.Cancel(1)), entry(request(8), request(9)), entry(ledgertest.Credit(hour, 0))},
		},
	}
}

// orders drives two machines, each beside its replicas, from a common start.
type orders struct {
	stored [2]*ledgertest.Disk
	ids    [2]ledger.NodeID
	start  func(self, friend ledger.NodeID, s friendship.Stored) (*friendship.Friendship, error)
	base   *replica
}

func newOrders(t testing.TB, start func(self, friend ledger.NodeID, s friendship.Stored) (*friendship.Friendship, error)) *orders {
	t.Helper()
	p := ledgertest.NewPair()
	must(t, p.OpenWith(1000))
	must(t, p.Append(0, ledgertest.Request(ledgertest.EUR, 30, 1)))
	must(t, p.Append(1, ledgertest.Request(ledgertest.EUR, 20, 2)))
	must(t, p.Settle())
	must(t, p.Advance(friendship.AckDelay))
	o := &orders{start: start, base: newReplica()}
	for i, s := range p.Sides {
		o.stored[i], o.ids[i] = &s.Disk, s.ID
		for _, n := range s.Disk.Log(ledger.Author(i)) {
			o.base.force(n)
		}
	}
	return o
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// orderly is one side of a run.
type orderly struct {
	f           *friendship.Friendship
	me          ledger.Author
	disk        *ledgertest.Disk
	here, there *replica
	log         []*ledger.Entry // signed in this run
	bodies      [][]byte
	views       []string // states of here, after each of them
	seen        int      // of log, in there
	got         int      // of the other's log
}

// run is one order at work.
type run struct {
	o     *orders
	sides [2]*orderly
	mono  time.Duration
}

func (o *orders) run() (*run, error) {
	r := &run{o: o}
	for i := range r.sides {
		s := &orderly{me: ledger.Author(i), disk: o.stored[i].Clone(), here: o.base.clone(), there: o.base.clone()}
		var err error
		if s.f, err = o.start(o.ids[i], o.ids[1-i], s.disk.Load()); err != nil {
			return nil, err
		}
		r.sides[i] = s
	}
	return r, r.link(0, 1)
}

// link gives sides a new stream and the other's Hello.
func (r *run) link(sides ...int) error {
	for _, i := range sides {
		r.sides[i].f.LinkUp(r.env(), nil)
	}
	for _, i := range sides {
		other := r.sides[1-i].f
		st := other.Status()
		_, err := r.sides[i].f.Receive(r.env(), &ledger.Hello{
			Versions: []uint16{friendship.LinkVersion}, Number: st.Number, Epoch: st.Epoch, State: ledger.Consistent,
			Highest: st.Highest, Mine: st.Mine, Yours: st.Theirs,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *run) env() friendship.Env {
	return friendship.Env{Wall: time.UnixMilli(1_700_000_000_000).Add(r.mono), Mono: r.mono}
}

// errNotLegal: the side may not sign that, in this order.
var errNotLegal = errors.New("not legal in this order")

// sign lets a side sign its next entry, if its replica says that it may.
func (r *run) sign(s *orderly, ops []ledger.Op) error {
	scratch, legal := s.here.clone(), true
	for _, op := range ops {
		if legal = scratch.legal(s.me, op, false); !legal {
			break
		}
		scratch.do(s.me, op)
	}
	eff, err := s.f.Append(r.env(), ops)
	switch {
	case !legal && errors.Is(err, friendship.ErrIllegal):
		return errNotLegal
	case legal != (err == nil):
		return fmt.Errorf("side %d signs %v: %w, replica says legal=%t", s.me, ops, err, legal)
	}
	return r.signed(s, eff)
}

// signed takes the entry among effects, if there is one.
func (r *run) signed(s *orderly, eff friendship.Effects) error {
	s.disk.Apply(s.me, eff.Writes)
	for _, f := range eff.Frames {
		body := f.(*ledger.SignedEntry).Body
		n, err := ledger.DecodeEntry(body)
		if err != nil {
			return err
		}
		if err := s.here.enter(n); err != nil {
			return err
		}
		s.log, s.bodies, s.views = append(s.log, n), append(s.bodies, body), append(s.views, s.here.state())
	}
	return s.here.sameHere(s.f)
}

// receive hands a side the other's next entry, which must be legal there.
func (r *run) receive(s *orderly) error {
	other := r.sides[s.me.Other()]
	n, body := other.log[s.got], other.bodies[s.got]
	v, err := friendship.Trusted(r.o.ids[other.me], body)
	if err != nil {
		return err
	}
	eff, err := s.f.ReceiveEntry(r.env(), v)
	if err != nil || eff.Drop != "" {
		return fmt.Errorf("side %d drops entry %d: %s %w", s.me, n.Seq, eff.Drop, err)
	}
	s.disk.Apply(s.me, eff.Writes)
	for s.seen < len(s.log) && s.log[s.seen].Seq <= n.Ack.Seq {
		s.there.force(s.log[s.seen])
		s.seen++
	}
	if err := s.there.enter(n); err != nil {
		return fmt.Errorf("side %d, there: %w", s.me, err)
	}
	s.here.force(n)
	if s.there.state() != other.views[s.got] {
		return fmt.Errorf("side %d sees after entry %d of side %d what that did not:\n%s", s.me, n.Seq, other.me, s.there)
	}
	s.got++
	if err := s.there.sameThere(s.f); err != nil {
		return fmt.Errorf("side %d, there: %w", s.me, err)
	}
	return r.signed(s, friendship.Effects{Frames: eff.Frames}) // an acknowledgement, when many wait for it
}

// possible reports whether nobody receives what is not signed yet.
func (o order) possible() bool {
	var at, signed, got [2]int
	for moved := true; moved; {
		moved = false
		for i := range o {
			for at[i] < len(o[i]) {
				if o[i][at[i]] == 's' {
					signed[i]++
				} else if got[i] == signed[1-i] {
					break
				} else {
					got[i]++
				}
				at[i]++
				moved = true
			}
		}
	}
	return at[0] == len(o[0]) && at[1] == len(o[1])
}

// errNoSuchOrder: a side would receive what the other has not signed yet.
var errNoSuchOrder = errors.New("no such order")

// follow runs the whole order. Entries between the sides are as early as they
// can be.
func (r *run) follow(sc *script, ord order) error {
	var at [2]int
	for at[0] < len(ord[0]) || at[1] < len(ord[1]) {
		moved := false
		for i, s := range r.sides {
			for at[i] < len(ord[i]) {
				if ord[i][at[i]] == 's' {
					if err := r.sign(s, sc[i][len(s.log)]); err != nil {
						return err
					}
				} else if s.got == len(r.sides[1-i].log) {
					break
				} else if err := r.receive(s); err != nil {
					return err
				}
				at[i]++
				moved = true
			}
		}
		if !moved {
			return errNoSuchOrder
		}
	}
	return nil
}

// finish lets both acknowledge everything, and wants one state: here and there
// of both sides, and what a restart reads from the disks.
func (r *run) finish() (string, error) {
	if err := r.receiveAll(); err != nil {
		return "", err
	}
	r.mono += 2 * friendship.AckDelay
	for _, s := range r.sides {
		if err := r.signed(s, s.f.Tick(r.env())); err != nil {
			return "", err
		}
	}
	if err := r.receiveAll(); err != nil {
		return "", err
	}
	state := r.sides[0].here.state()
	for _, s := range r.sides {
		if s.here.state() != state || s.there.state() != state {
			return "", fmt.Errorf("side %d ends with\n%s\nand\n%s\nnot\n%s", s.me, s.here, s.there, r.sides[0].here)
		}
		again, err := r.o.start(r.o.ids[s.me], r.o.ids[s.me.Other()], s.disk.Load())
		if err != nil {
			return "", err
		}
		if err := errors.Join(s.here.sameHere(again), s.there.sameThere(again)); err != nil {
			return "", fmt.Errorf("side %d after a restart: %w", s.me, err)
		}
	}
	return state, nil
}

func (r *run) receiveAll() error {
	for range 2 { // the second time what the first made a side sign
		for _, s := range r.sides {
			for s.got < len(r.sides[s.me.Other()].log) {
				if err := r.receive(s); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// TestEveryOrder: two logs end in one state, on both sides, in every order of
// signing and delivery in which they can be signed at all; and whatever one side
// can sign, the other takes. With checkpoints as often as in every entry, and
// with none.
func TestEveryOrder(t *testing.T) {
	for name, start := range map[string]func(self, friend ledger.NodeID, s friendship.Stored) (*friendship.Friendship, error){
		"plain": friendship.New, "checkpoints": friendship.NewPaced(1, 2),
	} {
		o := newOrders(t, start)
		for title, sc := range scripts() {
			if *ordersDeep {
				for a := range sc {
					sc[a] = append(sc[a], entry(request(20+a), ledgertest.Credit(ledgertest.EUR, uint64(a))))
				}
			}
			t.Run(name+"/"+title, func(t *testing.T) { everyOrder(t, o, &sc, 100) })
		}
	}
}

// everyOrder runs a script in all orders, and wants at least so many to be
// possible.
func everyOrder(t *testing.T, o *orders, sc *script, least int) {
	var want string
	legal, all := 0, 0
	for _, first := range merges(len(sc[0]), len(sc[1])) {
		for _, second := range merges(len(sc[1]), len(sc[0])) {
			ord := order{first, second}
			if !ord.possible() {
				continue
			}
			r, err := o.run()
			must(t, err)
			all++
			if err = r.follow(sc, ord); errors.Is(err, errNotLegal) {
				continue
			}
			var state string
			if err == nil {
				state, err = r.finish()
			}
			if err != nil {
				t.Fatalf("order %s %s: %v", first, second, err)
			}
			if legal++; want == "" {
				want = state
			}
			if state != want {
				t.Fatalf("order %s %s ends in another state:\n%s", first, second, r.sides[0].here)
			}
		}
	}
	if legal < least {
		t.Fatalf("only %d of %d orders are legal: the script proves little", legal, all)
	}
	t.Logf("%d of %d orders are legal", legal, all)
}
