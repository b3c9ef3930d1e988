package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/node/api"
	"github.com/offset-p2p/offset/node/api/pb/offset/app/v1/appv1connect"
	"github.com/offset-p2p/offset/p2p/identity"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"stctrl": main})
}

// The scripts find these files: invoice.txt, damaged.txt (one character
// changed), forged.txt (signed by another), expired.txt, receipt.txt,
// framed.evidence (against a node that broke no rule), wrongkey.txt (a
// receipt whose key opens nothing), statement.txt, newer.txt (a statement of a
// later epoch), unacknowledged.txt (another first entry in it). In the folders node,
// till, wallet and eye nodes answer, see fakeNode; the last three let the
// caller sell only, buy only, or neither. In split a node answers that does not
// agree with its friends, see splitNode.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"code": code},
		Setup: func(env *testscript.Env) error {
			env.Setenv("TZ", "UTC")
			env.Setenv("OFFSET_DIR", filepath.Join(env.WorkDir, "nowhere"))
			env.Setenv("NODE", filepath.Join(env.WorkDir, "node"))
			if err := writeTexts(env.WorkDir); err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(env.WorkDir, "framed.evidence"), testProof(true), 0o600); err != nil {
				return err
			}
			for name, node := range map[string]appv1connect.NodeServiceHandler{
				"node": fakeNode{}, "till": fakeNode{noBuyer: true}, "wallet": fakeNode{noSeller: true},
				"eye": fakeNode{noBuyer: true, noSeller: true}, "split": splitNode{accepted: new(atomic.Bool)},
			} {
				dir := filepath.Join(env.WorkDir, name)
				if err := os.Mkdir(dir, 0o700); err != nil {
					return err
				}
				stop, err := serveFakeNode(node, filepath.Join(dir, api.SocketName))
				if err != nil {
					return err
				}
				env.Defer(stop)
			}
			return nil
		},
	})
}

// code is the script command "code N stctrl ARGS…": the program must exit with
// exactly N.
func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N program args...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("running %s: %v", args[1], err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// testKey is the key of the lock of testInvoice.
var testKey = ledger.Key{1, 2, 3}

// testInvoice is an invoice of the seller with seed 1, over 12.50 EUR.
func testInvoice(created, expires time.Time) *ledger.Invoice {
	seller := identity.FromSeed([32]byte{1})
	v := &ledger.Invoice{
		ID: ledger.InvoiceID{7}, Currency: ledger.Currency{Name: "EUR", Decimals: 2}, Amount: ledger.NewAmount(1250),
		Seller: seller.Raw(), Lock: testKey.Lock(), Description: "two pizzas",
		Created: created.Unix(), Expires: expires.Unix(),
	}
	sign(v, seller)
	return v
}

func sign(v *ledger.Invoice, by *identity.Identity) {
	hash := v.Hash()
	copy(v.Signature[:], by.Sign(hash[:]))
}

// testStatement is one of the nodes with seeds 1 and 2 in the epoch of this
// number: the higher owes the lower that many cents, and has 50 frozen.
func testStatement(number, cents uint64) *friendship.Statement {
	low, high := identity.FromSeed([32]byte{1}), identity.FromSeed([32]byte{2})
	if ledger.NodeID(high.Raw()).Less(low.Raw()) {
		low, high = high, low
	}
	o := &ledger.Opening{Terms: &ledger.Terms{Low: low.Raw(), High: high.Raw(), Number: number}}
	moved := ledger.Counters{Requested: ledger.NewAmount(cents + 50), Collected: ledger.NewAmount(cents)}
	first := (&ledger.Entry{Epoch: o.ID(), Author: 1, Seq: 1, Totals: []ledger.Totals{{
		Currency: ledger.Currency{Name: "EUR", Decimals: 2}, Logs: [2]ledger.Counters{1: moved},
	}}}).Encode()
	second := (&ledger.Entry{Epoch: o.ID(), Author: 0, Seq: 1, Ack: ledger.Head{Seq: 1, Hash: ledger.EntryHash(first)}}).Encode()
	s := &friendship.Statement{Opening: o, First: ledger.SignedEntry{Body: first}, Second: ledger.SignedEntry{Body: second}}
	for _, id := range []*identity.Identity{low, high} {
		if err := s.Complete(id.Raw(), func(h ledger.Hash) ledger.Signature { return ledger.Signature(id.Sign(h[:])) }); err != nil {
			panic(err)
		}
	}
	return s
}

func writeTexts(dir string) error {
	now := time.Now()
	good := testInvoice(now.Add(-time.Hour), now.Add(24*time.Hour))
	forged := testInvoice(now.Add(-time.Hour), now.Add(24*time.Hour))
	sign(forged, identity.FromSeed([32]byte{2}))
	damaged := []byte(good.Text())
	if at := len(damaged) / 2; damaged[at] == 'a' {
		damaged[at] = 'b'
	} else {
		damaged[at] = 'a'
	}
	stated, newer, unacknowledged := testStatement(1, 300), testStatement(3, 0), testStatement(1, 300)
	unacknowledged.First = testStatement(1, 999).First
	texts := map[string]string{
		"statement.txt":      stated.Text(),
		"newer.txt":          newer.Text(),
		"unacknowledged.txt": unacknowledged.Text(),

		"invoice.txt":  good.Text(),
		"damaged.txt":  string(damaged),
		"forged.txt":   forged.Text(),
		"expired.txt":  testInvoice(now.Add(-2*time.Hour), now.Add(-time.Hour)).Text(),
		"receipt.txt":  (&ledger.Receipt{Invoice: good, Key: testKey}).Text(),
		"wrongkey.txt": (&ledger.Receipt{Invoice: good, Key: ledger.Key{9}}).Text(),
	}
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text+"\n"), 0o600); err != nil {
			return fmt.Errorf("writing %s: %w", name, err)
		}
	}
	return nil
}
