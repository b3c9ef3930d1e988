package ledgertest

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/wire"
)

// Record starts a transcript of everything that the pair does from here on: the
// steps that were called, as a scenario that repeats them, and every frame that
// left, with its time and side. A step that is not called on the Pair itself (a
// machine called directly, a disk that was changed) is not in it.
func (p *Pair) Record() { p.rec = &recorder{known: p.surroundings()} }

// Transcript returns what was done since Record; empty without it. It is a
// scenario: ParseScenario reads it, and its lines about frames are skipped.
func (p *Pair) Transcript() string {
	if p.rec == nil {
		return ""
	}
	var b strings.Builder
	for i := range p.rec.lines {
		b.WriteString(p.rec.lines[i].text())
		b.WriteByte('\n')
	}
	return b.String()
}

// Note adds a remark to the transcript, for people.
func (p *Pair) Note(remark string) {
	if p.rec != nil {
		p.rec.lines = append(p.rec.lines, record{step: "# " + remark})
	}
}

// recorder collects a transcript. Frames are kept as they are and written when
// the transcript is wanted, which is seldom.
type recorder struct {
	lines []record
	depth int          // steps that are under way; only the outermost is recorded
	known surroundings // what a repetition would find
}

// record is one line: a step, or what a side did because of it.
type record struct {
	step  string // when not empty
	at    time.Duration
	side  int
	frame ledger.Frame
	what  string // when there is no frame
}

func (r *record) text() string {
	switch {
	case r.step != "":
		return r.step
	case r.frame != nil:
		return fmt.Sprintf("> %v %s sends %s", r.at, sideNames[r.side], FrameText(r.frame))
	default:
		return fmt.Sprintf("> %v %s %s", r.at, sideNames[r.side], r.what)
	}
}

var sideNames = [2]string{"low", "high"}

// surroundings are what a test may change between two steps without a call.
type surroundings struct {
	crash [2]Crash
	after [2]int
	wall  [2]time.Time
	mono  time.Duration
	nonce uint64
}

func (p *Pair) surroundings() surroundings {
	return surroundings{
		crash: [2]Crash{p.Sides[0].CrashNext, p.Sides[1].CrashNext},
		after: [2]int{p.Sides[0].CrashAfter, p.Sides[1].CrashAfter},
		wall:  p.Wall, mono: p.Mono, nonce: p.nonce,
	}
}

// sync writes what changed since the step before as steps of their own.
func (p *Pair) sync() {
	r, now := p.rec, p.surroundings()
	say := func(format string, args ...any) {
		r.lines = append(r.lines, record{step: fmt.Sprintf(format, args...)})
	}
	if now.mono != r.known.mono {
		say("sleep %v", now.mono-r.known.mono)
	}
	if now.nonce != r.known.nonce {
		say("nonce %d", now.nonce)
	}
	for i, name := range sideNames {
		if d := now.wall[i].Sub(r.known.wall[i]); d != 0 {
			say("clock %s %v", name, d)
		}
		if now.crash[i] != r.known.crash[i] || now.after[i] != r.known.after[i] {
			say("crash %s %s after %d", name, now.crash[i], now.after[i])
		}
	}
}

// step records that a step begins, and returns what ends it. Steps inside of
// others are not recorded: they follow.
func (p *Pair) step(text func() string) func() {
	r := p.rec
	if r == nil {
		return func() {}
	}
	if r.depth++; r.depth == 1 {
		p.sync()
		r.lines = append(r.lines, record{step: text()})
	}
	return func() {
		if r.depth--; r.depth == 0 {
			r.known = p.surroundings()
		}
	}
}

// failed turns the step that is under way into one that must fail, and returns
// the error.
func (p *Pair) failed(err error) error {
	if r := p.rec; r != nil && r.depth == 1 {
		last := &r.lines[len(r.lines)-1]
		last.step = fmt.Sprintf("fails %q %s", err, last.step)
	}
	return err
}

// words is the text of a step that needs no formatting.
func words(parts ...string) func() string {
	return func() string { return strings.Join(parts, " ") }
}

// did records what side i did.
func (p *Pair) did(i int, format string, args ...any) {
	if p.rec != nil {
		p.rec.lines = append(p.rec.lines, record{at: p.Mono, side: i, what: fmt.Sprintf(format, args...)})
	}
}

// sent records that a frame of side i left.
func (p *Pair) sent(i int, f ledger.Frame) {
	if p.rec != nil {
		p.rec.lines = append(p.rec.lines, record{at: p.Mono, side: i, frame: f})
	}
}

func handText(i int, f ledger.Frame) func() string {
	return func() string { return "hand " + sideNames[i] + " " + hex.EncodeToString(wire.Encode(f)) }
}
