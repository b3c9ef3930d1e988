package ledgertest_test

import (
	"errors"
	"testing"

	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// FuzzParseScenario: a text is read, or refused with its line; it never panics.
func FuzzParseScenario(f *testing.F) {
	for _, text := range []string{
		"friends EUR 10\nlow requests 5 EUR as r1 and withdraws r1\nsettle # soon",
		"names ann ben\nben cancels #7 expired\nfails \"x\" ann not ready",
		"high proposes number 4 base zero balance EUR -5 keep r1 new r2 3 EUR",
		"crash low before frames after 3\nclock high -5m\nhand low 00\nlow appends 01",
		"low allows EUR 5 USD 3\nlow risks r1\nhigh refuses missing r1\n> 3s low sends",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ledgertest.ParseScenario(text)
		var e *ledgertest.ScenarioError
		switch {
		case (err == nil) != (s != nil):
			t.Fatalf("%v and %v", s, err)
		case err != nil && (!errors.As(err, &e) || e.Line < 1 || errors.Unwrap(e) == nil):
			t.Fatalf("error %v without a line", err)
		}
	})
}
