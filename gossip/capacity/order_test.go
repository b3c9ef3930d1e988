package capacity

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/ledger"
)

func TestOrder(t *testing.T) {
	low, high := ledger.Hash{0: 1}, ledger.Hash{0: 2}
	rising := []Order{{}, {1, 1, high}, {1, 1, low}, {1, 2, high}, {2, 1, high}, {2, 1, low}}
	for i, a := range rising {
		for j, b := range rising {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			if got := a.Compare(b); got != want {
				t.Errorf("%v against %v: %d, want %d", a, b, got, want)
			}
		}
	}
}

func TestRound(t *testing.T) {
	for _, tt := range []struct {
		in   string
		keep int
		want string
	}{
		{"0", 2, "0"},
		{"1", 2, "1"},
		{"3", 2, "3"},
		{"5", 2, "4"},
		{"7", 2, "6"},
		{"1000", 2, "768"},
		{"1023", 2, "768"},
		{"1024", 2, "1024"},
		{"1023", 1, "512"},
		{"1023", 0, "512"},
		{"1023", RoundBitsExact, "1023"},
		{"18446744073709551615", 2, "13835058055282163712"},                   // 2^64 − 1 → 3·2^62
		{"18446744073709551617", 2, "18446744073709551616"},                   // 2^64 + 1 → 2^64
		{"55340232221128654847", 2, "36893488147419103232"},                   // 3·2^64 − 1 → 2^65
		{"79228162514264337593543950335", 2, "59421121885698253195157962752"}, // 2^96 − 1 → 3·2^94
	} {
		in, err := ledger.ParseAmount(tt.in)
		if err != nil {
			t.Fatal(err)
		}
		if got := Round(in, tt.keep).String(); got != tt.want {
			t.Errorf("Round(%s, %d) = %s, want %s", tt.in, tt.keep, got, tt.want)
		}
	}
}

// Rounding never raises an amount, keeps order, and loses less than half (for
// one bit; a third for two).
func TestRoundProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := genAmount(t, "a"), genAmount(t, "b")
		keep := rapid.IntRange(1, 8).Draw(t, "keep")
		ra, rb := Round(a, keep), Round(b, keep)
		if a.Less(ra) {
			t.Fatalf("%v rounds up to %v", a, ra)
		}
		if Round(ra, keep) != ra {
			t.Fatalf("%v rounds to %v, which rounds on", a, ra)
		}
		if a.Less(b) && rb.Less(ra) {
			t.Fatalf("%v < %v, but %v > %v", a, b, ra, rb)
		}
		if twice, err := ra.Add(ra); err == nil && !a.IsZero() && !a.Less(twice) {
			t.Fatalf("%v rounds to %v, half or less", a, ra)
		}
		e := Entry{CanSend: a, CanReceive: b, Transit: ledger.MinAmount(a, b)}.Round(keep)
		if e.CanSend != ra || e.CanReceive != rb || e.CanSend.Less(e.Transit) {
			t.Fatalf("entry rounds to %+v", e)
		}
	})
}
