package friendship_test

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestAdversariesTogether: one friend that is all of them in turns.
func TestAdversariesTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dice := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "dice") }
		g := newAttacked(t, dice(2))
		g.p.Record()
		adversaries := g.p.Adversaries(1 - g.i)
		actions := map[string]func(*rapid.T){}
		for _, name := range slices.Sorted(maps.Keys(adversaries)) {
			actions[name] = func(t *rapid.T) { survives(t, g, g.turn(adversaries[name], dice)) }
		}
		t.Repeat(actions)
		survives(t, g, g.anew())
	})
}

// survives ends a run with a transcript that repeats it.
func survives(t *rapid.T, g *attacked, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v\n%s", err, g.p.Transcript())
	}
}
