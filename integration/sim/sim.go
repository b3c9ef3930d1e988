package sim

import (
	"fmt"
	"hash"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// Sim is one run. One goroutine owns it.
type Sim struct {
	cfg    Config
	rnd    *rand.Rand
	now    time.Duration // virtual, since the world began
	events queue
	queued uint64 // events planned so far

	nodes  []*node
	honest []*node
	gang   *gang // nil: there are no villains
	byID   map[ledger.NodeID]*node
	links  engine.LinkID
	edges  []*edge
	seals  map[ledger.Lock]*sealed // by part lock
	signed registry
	broken map[ledger.PaymentID]bool // whose chain people have cut
	orders []*order
	sold   []*ledger.Invoice // the newest

	res    Result
	stop   error // the violation
	digest hash.Hash64
	trace  *trace
	calm   bool // no more faults
	strict bool // what villains hold is written off: nothing else may be frozen
}

// Run makes one run. The error is of a configuration that cannot be run; what is
// wrong with the run itself stands in the Result.
func Run(cfg Config) (Result, error) {
	if err := cfg.validate(); err != nil {
		return Result{}, err
	}
	s := newSim(cfg)
	s.run()
	if s.stop != nil {
		again := newSim(cfg)
		again.trace = &trace{}
		again.run()
		s.res.Trace = again.trace.lines
		if again.res.Digest != s.res.Digest {
			s.res.Trace = append(s.res.Trace, "the run could not be repeated: the trace is of another one")
		}
	}
	return s.res, nil
}

func newSim(cfg Config) *Sim {
	s := &Sim{
		cfg: cfg, rnd: rand.New(rand.NewPCG(cfg.Seed, 0x0ff5e7)), now: time.Second,
		byID: map[ledger.NodeID]*node{}, seals: map[ledger.Lock]*sealed{}, signed: newRegistry(),
		broken: map[ledger.PaymentID]bool{}, digest: fnv.New64a(),
	}
	s.res.Seed, s.res.Nodes, s.res.Failed = cfg.Seed, cfg.Nodes, map[string]int{}
	s.populate()
	return s
}

// run plays the whole story: friends meet, people pay while things break, all is
// repaired, and at last everything must have ended.
func (s *Sim) run() {
	s.meet()
	s.until(s.now + settleIn)
	s.trade()
	end := s.now + time.Duration(s.cfg.Payments)*payEvery/time.Duration(s.cfg.Nodes)
	s.until(end)
	s.repair()
	s.rest()
	if s.gang != nil && s.cfg.has(WriteOff) {
		s.giveUpOnVillains()
		s.rest()
	}
	s.until(s.now + restLook) // the last acknowledgements
	if s.stop == nil {
		s.atRest()
	}
	s.finish()
}

// rest lets the world go on until nothing is pending, as far as that can be.
func (s *Sim) rest() {
	for end := s.now + restSpan; s.stop == nil && s.now < end && !s.resting(); {
		s.until(s.now + restLook)
	}
}

// until lets the world go on to a time.
func (s *Sim) until(end time.Duration) {
	for s.stop == nil && len(s.events) > 0 && s.events[0].at <= end {
		e := s.next()
		s.now = e.at
		s.res.Steps++
		if s.res.Steps > stepsMax*1_000_000 {
			s.fail("the world does not come to rest")
		}
		e.do()
	}
	if s.stop == nil {
		s.now = max(s.now, end)
	}
}

// wall is the true time, which no clock shows but a right one.
func (s *Sim) wall() time.Time { return time.Unix(1_800_000_000, 0).UTC().Add(s.now) }

// fail ends the run with a violation.
func (s *Sim) fail(format string, args ...any) {
	if s.stop == nil {
		s.stop = fmt.Errorf(format, args...)
		s.note("violation: %v", s.stop)
	}
}

// trace keeps the last events in words.
type trace struct {
	lines []string
	only  func(line string) bool // nil: all
}

// note adds words to the trace, if one is made.
func (s *Sim) note(format string, args ...any) {
	t := s.trace
	if t == nil {
		return
	}
	line := fmt.Sprintf("%8d %12v  ", s.res.Steps, s.now) + fmt.Sprintf(format, args...)
	if t.only != nil && !t.only(line) {
		return
	}
	if len(t.lines) == traceLen {
		copy(t.lines, t.lines[1:])
		t.lines = t.lines[:traceLen-1]
	}
	t.lines = append(t.lines, line)
}

// mix makes something part of the run's digest.
func (s *Sim) mix(b []byte) { s.digest.Write(b) }

// random fills b.
func (s *Sim) random(b []byte) {
	for i := 0; i < len(b); i += 8 {
		v := s.rnd.Uint64()
		for j := i; j < min(i+8, len(b)); j++ {
			b[j] = byte(v)
			v >>= 8
		}
	}
}
