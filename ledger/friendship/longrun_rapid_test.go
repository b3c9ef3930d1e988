package friendship_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestLifeRandomly is the long run in short lives that rapid makes up and, when
// one fails, cuts down by itself: arguments become small, too.
func TestLifeRandomly(t *testing.T) {
	var names []string
	for _, v := range verbs {
		for range 1 + v.weight/20 {
			names = append(names, v.name)
		}
	}
	anAction := rapid.Custom(func(t *rapid.T) action {
		return action{
			verb: rapid.SampledFrom(names).Draw(t, "verb"), side: rapid.IntRange(0, 1).Draw(t, "side"),
			arg: uint64(rapid.Uint32().Draw(t, "arg")),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		l := &life{start: rapid.Uint64Range(0, 1000).Draw(t, "start")}
		l.actions = append([]action{{verb: "heal"}}, rapid.SliceOfN(anAction, 0, 150).Draw(t, "actions")...)
		if _, err := l.live(); err != nil {
			t.Fatalf("%v\n%s", err, l)
		}
	})
}

// TestTranscript: a life is what its transcript says, line by line, and one that
// says something else is refused.
func TestTranscript(t *testing.T) {
	l := lifeOf(7, 300)
	again, err := parseLife("# a remark\n\n" + l.String())
	must(t, err)
	if again.start != l.start || !slices.Equal(again.actions, l.actions) {
		t.Fatalf("read as\n%s", again)
	}
	first, err := l.live()
	must(t, err)
	second, err := again.live()
	must(t, err)
	if first != second {
		t.Fatalf("two lives of one transcript: %+v and %+v", first, second)
	}
	for _, bad := range []string{"append 2 5", "append 0", "append 0 -1", "append"} {
		if _, err := parseLife(bad); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
	if _, err := (&life{actions: []action{{verb: "fly"}}}).live(); err == nil || !strings.Contains(err.Error(), "no action") {
		t.Errorf("a life with an unknown action: %v", err)
	}
}

// TestLessFindsTheFault: of a long life in which one action does harm, what is
// left after cutting is little and still does it.
func TestLessFindsTheFault(t *testing.T) {
	l := lifeOf(3, 200)
	l.actions = slices.Insert(l.actions, 120, action{verb: "harm"})
	_, fault := l.live()
	if fault == nil {
		t.Fatal("no harm was done")
	}
	less := l.less(fault, time.Minute)
	if len(less.actions) != 1 || less.actions[0].verb != "harm" {
		t.Fatalf("cut down to\n%s", less)
	}
}
