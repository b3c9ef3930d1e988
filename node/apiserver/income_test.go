package apiserver_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/apiclient"
	"github.com/offset-p2p/offset/node/engine"
)

// Income comes by friend and currency, also of friends that are gone.
func TestIncome(t *testing.T) {
	f, ctx := newFake(t), t.Context()
	c := shared(t, f)
	record := func(from byte, currency ledger.Currency) engine.IncomeRecord {
		return engine.IncomeRecord{
			From: node(from), Currency: currency, Count: 2, Forwarded: ledger.NewAmount(1000), Earned: ledger.NewAmount(5), Last: now,
		}
	}
	f.income = []engine.IncomeRecord{record(2, usd), record(9, eur), record(2, eur)}
	got, err := c.Income(ctx)
	must(t, err)
	line := func(from byte, name string, currency ledger.Currency) apiclient.Income {
		return apiclient.Income{
			Node: node(from), Name: name, Currency: currency, Count: 2, Forwarded: ledger.NewAmount(1000), Earned: ledger.NewAmount(5), Last: now,
		}
	}
	want := []apiclient.Income{line(9, "", eur), line(2, "bob", eur), line(2, "bob", usd)}
	if diff := cmp.Diff(want, got, amounts); diff != "" {
		t.Error(diff)
	}
	f.income = nil
	if got, err = c.Income(ctx); err != nil || got == nil || len(got) != 0 {
		t.Errorf("no income is %v, %v", got, err)
	}
}
