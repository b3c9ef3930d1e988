package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/apiclient"
)

// Whole percents of round amounts are exact: 13 % of 100 is 13, not 12.
func TestPercentIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.Uint64Range(0, 99).Draw(t, "percent")
		hundreds := rapid.Uint64Range(0, 1_000_000).Draw(t, "hundreds")
		mul, err := parsePercent(fmt.Sprint(p))
		if err != nil {
			t.Fatal(err)
		}
		fee, err := ledger.Rate{Mul: mul}.Fee(ledger.NewAmount(hundreds * 100))
		if err != nil || fee != ledger.NewAmount(hundreds*p) {
			t.Fatalf("%d %% of %d is %v, %v", p, hundreds*100, fee, err)
		}
	})
}

func TestParsePercent(t *testing.T) {
	for text, want := range map[string]uint32{
		"0": 0, "1": 42949673, "0.5": 21474837, "50": 1 << 31, "0.0000000001": 1, "99.9999999": 4294967292,
	} {
		if got, err := parsePercent(text); err != nil || got != want {
			t.Errorf("parsePercent(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
	for _, bad := range []string{"", "x", "-1", "100", "1e1", "1/2", "0x1", "1_0", "99.99999999999999", strings.Repeat("1", 99)} {
		if got, err := parsePercent(bad); err == nil || exitCode(err) != exitBadInput {
			t.Errorf("parsePercent(%q) = %d, %v; want it refused as bad input", bad, got, err)
		}
	}
}

// What strangers write never steers a terminal nor breaks a table.
func TestCleanIsPrintable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		for _, r := range clean(s) {
			if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) && r >= 0x2029 {
				t.Fatalf("clean(%q) has %U", s, r)
			}
		}
	})
	if got := clean("two\npizzas\u202e \x1b[2J"); got != "two pizzas� �[2J" {
		t.Errorf("clean made %q", got)
	}
	if got := clean("größe 12.50 €"); got != "größe 12.50 €" {
		t.Errorf("clean changed good text to %q", got)
	}
}

func TestExitCodes(t *testing.T) {
	for _, tc := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errors.New("disk"), 1},
		{badInput("x"), 2},
		{fmt.Errorf("--max-fee: %w", badInput("x")), 2},
		{&apiclient.Error{Code: apiclient.Invalid}, 2},
		{&apiclient.Error{Code: apiclient.NotFound}, 2},
		{&apiclient.Error{Code: apiclient.Exists}, 3},
		{&apiclient.Error{Code: apiclient.Precondition}, 3},
		{&apiclient.Error{Code: apiclient.Exhausted}, 3},
		{&apiclient.Error{Code: apiclient.Denied}, 3},
		{paymentFailure(apiclient.Payment{Failure: "no_route"}), 4},
		{&apiclient.Error{Code: apiclient.Unreachable}, 5},
		{&apiclient.Error{Code: apiclient.Timeout}, 5},
		{unfinished(apiclient.Payment{State: apiclient.PaymentSending}, &apiclient.Error{Code: apiclient.Timeout}), 5},
		{&apiclient.Error{Code: apiclient.Broken}, 1},
	} {
		if got := exitCode(tc.err); got != tc.want {
			t.Errorf("exit code of %v is %d, want %d", tc.err, got, tc.want)
		}
	}
}

// A payment that nobody waits for any more can be found again.
func TestUnfinishedNamesThePayment(t *testing.T) {
	timeout := &apiclient.Error{Code: apiclient.Timeout, Reason: "timeout", Text: "too late"}
	p := apiclient.Payment{ID: ledger.PaymentID{0xab}, State: apiclient.PaymentSending}
	if err := unfinished(p, timeout); !strings.Contains(err.Error(), "stctrl buy show ab0000") || apiclient.ReasonOf(err) != "timeout" {
		t.Errorf("error is %v", err)
	}
	if err := unfinished(apiclient.Payment{}, timeout); strings.Contains(err.Error(), "buy show") {
		t.Errorf("a payment that never began is named: %v", err)
	}
	if refused := (&apiclient.Error{Code: apiclient.Denied}); unfinished(p, refused) != error(refused) {
		t.Error("a refusal is taken for a payment that may go on")
	}
}

func TestCollectPages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.IntRange(0, 50).Draw(t, "total")
		limit := rapid.IntRange(1, 60).Draw(t, "limit")
		most := rapid.IntRange(1, 20).Draw(t, "page")
		calls := 0
		got, err := collect(limit, func(cursor string, size int) ([]int, string, error) {
			calls++
			at := len(cursor)
			if size < 1 || size > limit-at {
				t.Fatalf("page of %d asked for at %d of %d", size, at, limit)
			}
			end := min(at+min(size, most), total)
			var page []int
			for i := at; i < end; i++ {
				page = append(page, i)
			}
			if end == total {
				return page, "", nil
			}
			return page, strings.Repeat("x", end), nil
		})
		if err != nil || len(got) != min(limit, total) || calls > total+1 {
			t.Fatalf("collect = %v, %v after %d calls; want %d items", got, err, calls, min(limit, total))
		}
		for i, n := range got {
			if i != n {
				t.Fatalf("item %d is %d", i, n)
			}
		}
	})
}

// Every command documents itself, and none may be run with words too many.
func TestEveryCommandIsDocumented(t *testing.T) {
	c := &cli{stdio: stdio{in: strings.NewReader(""), out: new(strings.Builder), err: new(strings.Builder)}}
	pending, seen := c.root().Commands(), 0
	for len(pending) > 0 {
		cmd := pending[0]
		pending = append(pending[1:], cmd.Commands()...)
		seen++
		if cmd.Short == "" || cmd.RunE == nil {
			t.Errorf("%s has no description or does nothing", cmd.CommandPath())
		}
	}
	if seen < 40 {
		t.Errorf("only %d commands were found", seen)
	}
	if code := run(context.Background(), []string{"info", "too", "many"}, c.stdio); code != exitBadInput {
		t.Errorf("words too many exit with %d", code)
	}
}
