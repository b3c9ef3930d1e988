package engine

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestAlarms compares the heap with a plain map under random use.
func TestAlarms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, model := newAlarms(), map[alarmKey]time.Duration{}
		key := rapid.Custom(func(t *rapid.T) alarmKey {
			return alarmKey{alarmKind(rapid.IntRange(0, 3).Draw(t, "kind")), [32]byte{rapid.Byte().Draw(t, "id") % 8}}
		})
		when := rapid.Custom(func(t *rapid.T) time.Duration { return time.Duration(rapid.IntRange(1, 20).Draw(t, "at")) })
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				k, at := key.Draw(t, "key"), when.Draw(t, "when")
				s.set(k, at)
				model[k] = at
			},
			"clear": func(t *rapid.T) {
				k := key.Draw(t, "key")
				s.clear(k)
				delete(model, k)
			},
			"due": func(t *rapid.T) {
				now := when.Draw(t, "now")
				got := s.due(now)
				if !slices.IsSortedFunc(got, func(a, b alarmKey) int {
					if c := cmp.Compare(model[a], model[b]); c != 0 || a == b {
						return c
					}
					if a.less(b) {
						return -1
					}
					return 1
				}) {
					t.Fatal("not in the order of time and key")
				}
				for _, k := range got {
					if at, ok := model[k]; !ok || at > now {
						t.Fatalf("%v is due at %v, which is set to %v", k, now, at)
					}
					delete(model, k)
				}
				for k, at := range model {
					if at <= now {
						t.Fatalf("%v of %v is not due at %v", k, at, now)
					}
				}
			},
			"": func(t *rapid.T) {
				var least time.Duration
				for _, at := range model {
					if least == 0 || at < least {
						least = at
					}
				}
				if at, ok := s.next(); at != least || ok != (len(model) > 0) {
					t.Fatalf("next is %v %v, want %v", at, ok, least)
				}
			},
		})
	})
}
