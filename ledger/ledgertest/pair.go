package ledgertest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/wire"
)

// Pair is two parties and the stream between them. Sides[0] has the lower
// NodeID, so an index is also an Author. Errors say that an invariant of the
// ledger or of the harness is broken; the run is over then.
type Pair struct {
	Sides [2]*Party
	Up    bool                 // the stream
	Mono  time.Duration        // both processes' monotonic clock
	Wall  [2]time.Time         // each node's own clock
	seen  map[slot]ledger.Hash // bodies that left, by place in the logs
	last  [2]uint64            // numbers that left signed
	nonce uint64
	rec   *recorder // nil: no transcript is wanted
}

// slot is a place in the logs: one body may ever be signed for it.
type slot struct {
	epoch  ledger.Hash
	author ledger.Author
	seq    uint64
}

// NewPair returns two parties that have never met, not connected.
func NewPair() *Pair {
	p := &Pair{seen: make(map[slot]ledger.Hash)}
	low, lowKey := Key(0)
	high, highKey := Key(1)
	if high.Less(low) {
		low, lowKey, high, highKey = high, highKey, low, lowKey
	}
	p.Sides[0] = &Party{ID: low, key: lowKey, friend: high}
	p.Sides[1] = &Party{ID: high, key: highKey, friend: low}
	start := time.UnixMilli(1_700_000_000_000)
	p.Wall = [2]time.Time{start, start}
	for _, s := range p.Sides {
		if err := s.Restart(); err != nil {
			panic(err)
		}
	}
	return p
}

// Env returns what side i knows of the world, with a fresh nonce.
func (p *Pair) Env(i int) friendship.Env {
	p.nonce++
	e := friendship.Env{Wall: p.Wall[i].Add(p.Mono), Mono: p.Mono, AtStake: p.Sides[i].AtStake}
	binary.BigEndian.PutUint64(e.Nonce[:], p.nonce)
	return e
}

// Connect brings a stream up on both sides; one that was up is replaced.
func (p *Pair) Connect() error {
	defer p.step(words("connect"))()
	if p.Sides[0].removed || p.Sides[1].removed {
		return p.failed(errors.New("a side has removed its friend"))
	}
	p.Cut()
	p.Up = true
	for i, s := range p.Sides {
		if err := p.perform(i, s.F.LinkUp(p.Env(i), []byte("record"))); err != nil {
			return err
		}
	}
	return nil
}

// Cut loses the stream and everything in it.
func (p *Pair) Cut() {
	defer p.step(words("cut"))()
	p.Up = false
	for i, s := range p.Sides {
		s.inbox = nil
		s.F.LinkDown(p.Env(i))
	}
}

// Append lets side i append an entry.
func (p *Pair) Append(i int, ops ...ledger.Op) error {
	defer p.step(func() string { return appendStep(i, p.Sides[i].F, ops) })()
	eff, err := p.Sides[i].F.Append(p.Env(i), ops)
	if err != nil {
		return p.failed(err)
	}
	return p.perform(i, eff)
}

// Deliver hands side i its oldest waiting frame, if there is one.
func (p *Pair) Deliver(i int) error {
	s := p.Sides[i]
	if len(s.inbox) == 0 {
		return nil
	}
	f := s.inbox[0]
	defer p.step(words("deliver", sideNames[i]))()
	s.inbox = s.inbox[1:]
	return p.Hand(i, f)
}

// Hand gives side i a frame, as if its friend had sent it.
func (p *Pair) Hand(i int, f ledger.Frame) error {
	defer p.step(handText(i, f))()
	if p.rec != nil && p.rec.depth == 1 {
		p.did(1-i, "says %s", FrameText(f))
	}
	s := p.Sides[i]
	decoded, err := wire.Decode(wire.Encode(f))
	if err != nil {
		return fmt.Errorf("frame %T does not pass the wire: %w", f, err)
	}
	var eff friendship.Effects
	if e, ok := decoded.(*ledger.SignedEntry); ok {
		v, err := friendship.Verify(s.friend, e)
		if err != nil {
			p.did(i, "drops %q", err.Error())
			s.Drops = append(s.Drops, err.Error())
			p.Cut()
			return nil
		}
		eff, err = s.F.ReceiveEntry(p.Env(i), v)
		if err != nil {
			return err
		}
	} else if eff, err = s.F.Receive(p.Env(i), decoded); err != nil {
		return err
	}
	return p.perform(i, eff)
}

// Settle delivers everything that is in the stream, and what that causes.
func (p *Pair) Settle() error {
	defer p.step(words("settle"))()
	for range 100_000 {
		if len(p.Sides[0].inbox)+len(p.Sides[1].inbox) == 0 {
			return nil
		}
		for i := range p.Sides {
			if err := p.Deliver(i); err != nil {
				return err
			}
		}
	}
	return errors.New("the two sides never fall silent")
}

// Advance lets time pass, to every moment at which a side wants to wake, and
// delivers everything meanwhile.
func (p *Pair) Advance(d time.Duration) error {
	defer p.step(words("wait", d.String()))()
	end := p.Mono + d
	for {
		if err := p.Settle(); err != nil {
			return err
		}
		next, woken := end, -1
		for i, s := range p.Sides {
			if at, ok := s.F.Wake(); ok && at <= next {
				next, woken = at, i
			}
		}
		p.Mono = max(p.Mono, next)
		if woken < 0 {
			return nil
		}
		if err := p.Tick(woken); err != nil {
			return err
		}
		if at, ok := p.Sides[woken].F.Wake(); ok && at <= p.Mono {
			return fmt.Errorf("side %d wants to wake at %v again after Tick", woken, at)
		}
	}
}

// Tick lets side i do what is due.
func (p *Pair) Tick(i int) error {
	defer p.step(words("tick", sideNames[i]))()
	return p.perform(i, p.Sides[i].F.Tick(p.Env(i)))
}

// perform carries out effects in their order, and crashes where the test wants.
func (p *Pair) perform(i int, eff friendship.Effects) error {
	s := p.Sides[i]
	crash := NoCrash
	if len(eff.Writes) > 0 {
		crash = s.crashes()
	}
	if crash != CrashBeforeWrites {
		s.Disk.Apply(s.Author(), eff.Writes)
	}
	if crash != NoCrash {
		p.did(i, "crashes %s", crash)
		return p.Restart(i)
	}
	s.Changes = append(s.Changes, eff.Changes...)
	for _, c := range eff.Changes {
		p.did(i, "reports %s", strings.TrimPrefix(fmt.Sprintf("%T", c), "friendship."))
	}
	for _, f := range eff.Frames {
		if err := p.send(i, s.signed(f)); err != nil {
			return err
		}
	}
	if eff.Drop != "" {
		p.did(i, "drops %q", eff.Drop)
		s.Drops = append(s.Drops, eff.Drop)
		p.Cut()
	}
	return nil
}

// Restart ends side i's process, which cuts the stream, and starts it again.
func (p *Pair) Restart(i int) error {
	defer p.step(words("restart", sideNames[i]))()
	err := p.Sides[i].Restart()
	p.Cut()
	return err
}

// send checks what may be signed once only, and puts the frame in the stream.
func (p *Pair) send(i int, f ledger.Frame) error {
	p.sent(i, f)
	switch m := f.(type) {
	case *ledger.SignedEntry:
		n, err := ledger.DecodeEntry(m.Body)
		if err != nil {
			return fmt.Errorf("side %d signed what does not decode: %w", i, err)
		}
		at, hash := slot{n.Epoch, n.Author, n.Seq}, ledger.EntryHash(m.Body)
		if old, ok := p.seen[at]; ok && old != hash {
			return fmt.Errorf("side %d signed entry %d twice", i, n.Seq)
		}
		p.seen[at] = hash
	case *ledger.Accept, *ledger.Confirm:
		number := p.Sides[i].F.Highest()
		if number <= p.last[i] {
			return fmt.Errorf("side %d signed number %d after %d", i, number, p.last[i])
		}
		p.last[i] = number
	}
	if p.Up {
		to := p.Sides[1-i]
		to.inbox = append(to.inbox, f)
	}
	return nil
}

// Open connects the two sides and waits until both may sign.
func (p *Pair) Open() error {
	if err := p.Connect(); err != nil {
		return err
	}
	if err := p.Advance(2 * friendship.ProposalEvery); err != nil {
		return err
	}
	return p.CheckReady()
}

// CheckReady wants that both sides may sign.
func (p *Pair) CheckReady() error {
	for i, s := range p.Sides {
		if !s.F.Ready() {
			return fmt.Errorf("side %d is not ready: %s (drops %q)", i, s.F.Status().Blocked, s.Drops)
		}
	}
	return nil
}

// Peek returns the frame that Deliver would hand to side i, or nil.
func (p *Pair) Peek(i int) ledger.Frame {
	if len(p.Sides[i].inbox) == 0 {
		return nil
	}
	return p.Sides[i].inbox[0]
}

// Waiting returns the frames on their way to side i, oldest first.
func (p *Pair) Waiting(i int) []ledger.Frame { return p.Sides[i].inbox }
