package friendship_test

import (
	"testing"

	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// story is a life of two friends: what is done, and how one sees that it was. A
// step that a crash has swallowed is done again.
var story = []struct{ do, done string }{
	{"low offers EUR 1000", "low limit EUR 1000"},
	{"high offers EUR 1000", "high limit EUR 1000"},
	{"low requests 100 EUR as #1", "low pending #1"},
	{"high requests 40 EUR as #2", "high pending #2"},
	{"high reserves #1", "high reserved #1"},
	{"low commits #1", "low committed #1"},
	{"high collects #1", "high balance EUR 100"},
	{"low requests 7 EUR as #3", "low pending #3"},
	{"low reserves #2", "low reserved #2"},
	{"high lies balance", "low inconsistent"},
	{"low offers EUR 1000", "low limit EUR 1000"},
	{"high offers EUR 1000", "high limit EUR 1000"},
	{"high withdraws #2", "high withdrawn #2"},
	{"low collects #2", "low balance EUR -60"},
	{"high cancels #3 expired", "high not pending #3"},
}

const storyEnds = "low balance EUR -60\nhigh balance EUR 60\n" +
	"low frozen in EUR 0\nlow frozen out EUR 0\nagree\nready\ncheck\nlow consistent\nhigh consistent"

// TestCrashAtEachStep ends either process at each batch of writes of the story,
// before it is durable and before anything leaves: the story goes on and ends the
// same.
func TestCrashAtEachStep(t *testing.T) {
	for side := range 2 {
		for _, how := range []ledgertest.Crash{ledgertest.CrashBeforeWrites, ledgertest.CrashBeforeFrames} {
			k := 0
			for crashStory(t, side, how, k) {
				k++
			}
			if k < len(story) {
				t.Fatalf("side %d has only %d batches of writes", side, k)
			}
		}
	}
}

// crashStory tells the story with one crash, and reports whether it came to that.
func crashStory(t *testing.T, side int, how ledgertest.Crash, after int) bool {
	t.Helper()
	p := ledgertest.NewPair()
	p.Record()
	s := p.Sides[side]
	s.CrashNext, s.CrashAfter = how, after
	for _, step := range story {
		if err := tell(p, step.do, step.done); err != nil {
			t.Fatalf("side %d crashes %s in batch %d: %q: %v\n%s", side, how, after, step.do, err, p.Transcript())
		}
	}
	crashed := s.CrashNext == ledgertest.NoCrash
	s.CrashNext = ledgertest.NoCrash
	err := together(p)
	if err == nil {
		err = say(p, storyEnds)
	}
	if err != nil {
		t.Fatalf("side %d crashes %s in batch %d: %v\n%s", side, how, after, err, p.Transcript())
	}
	return crashed
}

// tell does one step until it is seen to be done.
func tell(p *ledgertest.Pair, do, done string) error {
	var err error
	for range 3 {
		if err = together(p); err != nil {
			return err
		}
		if say(p, done) == nil {
			return nil
		}
		if err = say(p, do); err == nil {
			err = p.Advance(2 * friendship.AckDelay)
		}
		if err == nil {
			err = say(p, done)
		}
		if err == nil {
			return nil
		}
	}
	return err
}

// together connects the two until both may sign: a crash cuts the stream once.
func together(p *ledgertest.Pair) error {
	err := p.CheckReady()
	for tries := 0; err != nil && tries < 3; tries++ {
		if err = p.Connect(); err == nil {
			err = p.Advance(2 * friendship.ProposalEvery)
		}
		if err == nil {
			err = p.CheckReady()
		}
	}
	return err
}

// say runs a scenario on a pair that is under way.
func say(p *ledgertest.Pair, text string) error {
	s, err := ledgertest.ParseScenario(text)
	if err != nil {
		return err
	}
	return s.Run(p)
}
