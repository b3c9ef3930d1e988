package friendship_test

import (
	"bufio"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"
)

var (
	stepsFlag  = flag.Int("friendship.steps", 100_000, "steps of the long run")
	seedFlag   = flag.Uint64("friendship.seed", 1, "seed of the long run")
	replayFlag = flag.String("friendship.replay", "", "file with the transcript of a run to repeat")
)

// sceneSteps is how long one pair of friends lives in the long run: long enough
// for dozens of epochs, short enough that a transcript that fails can be read.
const sceneSteps = 2000

// TestLongRun is the property test of the friend ledger (ledger.md 3.8): random
// operations, deliveries, cut and half-open streams, crashes before and after
// each point of persistence, restarts, every old message again, proposals and
// decisions of users at any time, friends removed and added again, lies and
// making up, clocks up to five minutes apart, checkpoints every few entries.
// After every step both machines are what plain replicas are, both replicas
// mirror the friend's, nothing is signed twice, and no side is worth less than
// before but for what its user allowed.
//
// A run of a seed is always the same. One that fails is cut down to the actions
// that matter and printed; -friendship.replay repeats it from a file.
func TestLongRun(t *testing.T) {
	steps := *stepsFlag
	if testing.Short() {
		steps = min(steps, 10_000)
	}
	var all tally
	began := time.Now()
	for seed := *seedFlag; all.steps < steps; seed++ {
		l := lifeOf(seed, min(sceneSteps, steps-all.steps))
		count, err := l.live()
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, l.less(err, 30*time.Second))
		}
		all.add(count)
	}
	took := time.Since(began)
	t.Logf("%.0f steps/s: %+v", float64(all.steps)/took.Seconds(), all)
	if steps < 100_000 {
		return
	}
	for _, least := range []struct {
		what   string
		n, min int
	}{
		{"entries", all.entries, 10_000},
		{"collected requests", all.collects, 2000},
		{"openings", all.openings, 500},
		{"kept requests", all.kept, 2000},
		{"openings at a cost", all.costly, 40},
		{"lies with evidence", all.evidence, 60},
		{"lies in terms", all.terms, 300},
		{"openings that a machine knows nothing of", all.betrayals, 20},
		{"crashes", all.crashes, 1000},
		{"removals", all.removals, 50},
	} {
		if least.n < least.min {
			t.Errorf("%d %s in %d steps, want %d to prove anything", least.n, least.what, steps, least.min)
		}
	}
}

// TestReplay repeats the transcript of a run that failed, and says with -v what
// the two sides send.
func TestReplay(t *testing.T) {
	if *replayFlag == "" {
		t.Skip("no transcript given (-friendship.replay)")
	}
	b, err := os.ReadFile(*replayFlag)
	must(t, err)
	l, err := parseLife(string(b))
	must(t, err)
	w, err := newScene(l.start)
	must(t, err)
	w.trace = t.Logf
	_, err = l.liveIn(w)
	must(t, err)
}

// life is everything that happens in one scene.
type life struct {
	start   uint64 // argument of newScene
	actions []action
}

// lifeOf returns the random life of a seed.
func lifeOf(seed uint64, steps int) *life {
	rng := rand.New(rand.NewPCG(seed, 3))
	l := &life{start: seed}
	l.actions = append(l.actions, action{"heal", 0, 0})
	for len(l.actions) < steps {
		l.actions = append(l.actions, draw(rng))
	}
	return l
}

// live carries out all actions, then heals the two.
func (l *life) live() (tally, error) {
	w, err := newScene(l.start)
	if err != nil {
		return tally{}, err
	}
	return l.liveIn(w)
}

func (l *life) liveIn(w *scene) (tally, error) {
	for i, a := range l.actions {
		if w.trace != nil {
			w.trace("%s", a)
		}
		if err := w.step(a); err != nil {
			return w.count, fmt.Errorf("action %d, %s: %w", i+1, a, err)
		}
	}
	if err := w.step(action{verb: "heal"}); err != nil {
		return w.count, fmt.Errorf("healing at the end: %w", err)
	}
	return w.count, nil
}

// String returns the transcript.
func (l *life) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "scene 0 %d\n", l.start)
	for _, a := range l.actions {
		fmt.Fprintln(&b, a)
	}
	return b.String()
}

// parseLife reads a transcript; empty lines and those that begin with # are
// remarks.
func parseLife(text string) (*life, error) {
	l := &life{}
	for in := bufio.NewScanner(strings.NewReader(text)); in.Scan(); {
		line := strings.TrimSpace(in.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		var a action
		if _, err := fmt.Sscan(line, &a.verb, &a.side, &a.arg); err != nil || a.side&^1 != 0 {
			return nil, fmt.Errorf("reading %q: want a word, 0 or 1, and a number", line)
		}
		if a.verb == "scene" {
			l.start = a.arg
		} else {
			l.actions = append(l.actions, a)
		}
	}
	return l, nil
}

// less leaves out as many actions as it can in this time so that the run still
// fails in the same way, and returns what is left as a transcript.
func (l *life) less(fault error, within time.Duration) *life {
	end := time.Now().Add(within)
	best, kind := l, faultKind(fault)
	for size := len(best.actions) / 2; size > 0; {
		shorter := false
		for from := len(best.actions) - size; from >= 0 && time.Now().Before(end); from -= size {
			try := &life{start: l.start}
			try.actions = append(append(try.actions, best.actions[:from]...), best.actions[from+size:]...)
			if _, err := try.live(); err != nil && faultKind(err) == kind {
				best, shorter = try, true
			}
		}
		if !shorter || size > len(best.actions) {
			size = min(size, len(best.actions)) / 2
		}
	}
	return best
}

// faultKind is a fault without the numbers in it.
func faultKind(err error) string {
	_, what, _ := strings.Cut(err.Error(), ": ")
	what, _, _ = strings.Cut(what, "\n")
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '-' {
			return -1
		}
		return r
	}, what)
}
