package store

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/node/engine"
)

var compare = cmp.Options{cmp.AllowUnexported(ledger.Amount{}, ledger.Balance{})}

// Everything that is written comes back as it was.
func TestEverythingComesBack(t *testing.T) {
	backends(t, func(t *testing.T, open reopener) {
		s := open(t)
		o := opening(anna, 3, 1)
		acceptance := &friendship.Acceptance{Terms: opening(bert, 5, 2).Terms, Nonce: ledger.Nonce{4}}
		key := ledger.Key{1}
		want := engine.Stored{
			Settings: engine.Settings{Relays: []string{"r"}, IndexServers: []string{"i"}},
			Apps:     []engine.AppRecord{{Key: node(bert), Name: "till", Permissions: []string{"buyer"}}},
			Forwards: []engine.ForwardRecord{{PartLock: ledger.Lock{2}, From: node(anna), To: node(bert), Currency: eur, In: ledger.NewAmount(3), Out: ledger.NewAmount(2)}},
			Marks: []engine.MarkRecord{
				{Friend: node(anna), PartLock: key.Lock(), Key: &ledger.Key{9}, PartKey: &key},
			},
			Income: []engine.IncomeRecord{
				{From: node(anna), Currency: eur, Count: 3, Forwarded: ledger.NewAmount(90), Earned: ledger.NewAmount(2), Last: start},
			},
			Invoices: []engine.InvoiceRecord{sale(1, start, engine.InvoiceOpen)},
			Payments: []engine.PaymentRecord{purchase(1, 1, start, engine.Sending)},
		}
		writes := openLedger(anna, o, 3)
		writes = append(writes, ledgerWrites(bert, friendship.PutHighest{Number: 4}, friendship.PutAcceptance{Acceptance: acceptance})...)
		writes = append(writes,
			engine.PutSettings{Record: want.Settings}, engine.PutAppRecord{Record: want.Apps[0]},
			engine.PutForward{Record: want.Forwards[0]}, engine.PutMark{Record: want.Marks[0]}, engine.PutIncome{Record: want.Income[0]},
			engine.PutInvoice{Record: want.Invoices[0]}, engine.PutPayment{Record: want.Payments[0]},
			engine.PutFriend{Record: friendOf(anna, "Anna")}, engine.PutFriend{Record: friendOf(bert, "Bert")})
		commit(t, s, writes...)
		got := mustLoad(t, open(t))
		friends := got.Friends
		got.Friends = nil
		if diff := cmp.Diff(want, got, compare); diff != "" {
			t.Errorf("records changed (-want +got):\n%s", diff)
		}
		byName := map[string]engine.StoredFriend{}
		for _, f := range friends {
			byName[f.Record.Name] = f
		}
		if diff := cmp.Diff(friendOf(anna, "Anna"), byName["Anna"].Record, compare); diff != "" {
			t.Errorf("friend changed (-want +got):\n%s", diff)
		}
		checkLedger(t, byName["Anna"].Ledger, o, 3)
		b := byName["Bert"].Ledger
		if b.Highest != 4 || b.Opening != nil || b.Acceptance == nil || b.Acceptance.ID() != acceptance.ID() {
			t.Errorf("acceptance changed: %+v", b)
		}
	})
}

func checkLedger(t *testing.T, got friendship.Stored, o *ledger.Opening, entries int) {
	t.Helper()
	if got.Highest != o.Terms.Number || got.Opening == nil || got.Opening.ID() != o.ID() {
		t.Fatalf("opening changed: %+v", got)
	}
	if len(got.Mine) != entries || len(got.Theirs) != entries {
		t.Fatalf("%d and %d entries, want %d", len(got.Mine), len(got.Theirs), entries)
	}
	for i, w := range logOf(anna, me, o, entries) {
		put := w.(friendship.PutEntry)
		if string(got.Theirs[i].Body) != string(put.Body) || got.Theirs[i].Signature != put.Signature {
			t.Errorf("entry %d of the friend changed", i+1)
		}
	}
	for i, w := range logOf(me, anna, o, entries) {
		if string(got.Mine[i]) != string(w.(friendship.PutEntry).Body) {
			t.Errorf("own entry %d changed", i+1)
		}
	}
}

func TestNewOpeningReplacesTheEpoch(t *testing.T) {
	backends(t, func(t *testing.T, open reopener) {
		s := open(t)
		first, second := opening(anna, 1, 1), opening(anna, 20, 2)
		commit(t, s, engine.PutFriend{Record: friendOf(anna, "Anna")})
		commit(t, s, openLedger(anna, first, 5)...)
		commit(t, s, ledgerWrites(anna, friendship.PutEvidence{Evidence: &friendship.Evidence{Why: "bad", Entry: ledger.SignedEntry{Body: []byte{1}}}})...)
		if mustLoad(t, s).Friends[0].Ledger.Inconsistent == nil {
			t.Fatal("evidence is missing")
		}
		// An entry of the old epoch in the same batch goes with it.
		late := ledgerWrites(anna, logOf(me, anna, first, 6)[5])
		commit(t, s, append(late, openLedger(anna, second, 2)...)...)
		s = open(t)
		l := mustLoad(t, s).Friends[0].Ledger
		checkLedger(t, l, second, 2)
		if l.Inconsistent != nil {
			t.Error("evidence of the old epoch is still there")
		}
		// The epoch is known again after a restart.
		commit(t, s, ledgerWrites(anna, logOf(me, anna, second, 3)[2], logOf(anna, me, second, 3)[2])...)
		checkLedger(t, mustLoad(t, open(t)).Friends[0].Ledger, second, 3)
	})
}

func TestDeleteFriendLeavesATombstone(t *testing.T) {
	backends(t, func(t *testing.T, open reopener) {
		s := open(t)
		for _, id := range []struct {
			f *ledger.Opening
			r engine.FriendRecord
		}{{opening(anna, 7, 1), friendOf(anna, "Anna")}, {opening(bert, 9, 1), friendOf(bert, "Bert")}} {
			commit(t, s, engine.PutFriend{Record: id.r})
			who := anna
			if id.r.Friend == node(bert) {
				who = bert
			}
			commit(t, s, openLedger(who, id.f, 2)...)
			commit(t, s, engine.PutMark{Record: engine.MarkRecord{Friend: id.r.Friend, PartLock: ledger.Lock{1}, Reason: ledger.NoRoute}})
		}
		commit(t, s, engine.DeleteFriend{Friend: node(anna)})
		s = open(t)
		got := mustLoad(t, s)
		if len(got.Friends) != 1 || got.Friends[0].Record.Name != "Bert" || len(got.Friends[0].Ledger.Mine) != 2 {
			t.Errorf("friends after removal: %+v", got.Friends)
		}
		if len(got.Marks) != 1 || got.Marks[0].Friend != node(bert) {
			t.Errorf("marks after removal: %+v", got.Marks)
		}
		if n, err := s.Highest(t.Context(), node(anna)); n != 7 || err != nil {
			t.Errorf("highest number after removal: %d, %v", n, err)
		}
		if rows, err := s.under(t.Context(), row(entryTable, node(anna).String())); len(rows) != 0 || err != nil {
			t.Errorf("entries left: %v, %v", rows, err)
		}
		// A friend that comes back to an engine that forgot it never falls.
		commit(t, s, append(ledgerWrites(anna, friendship.PutHighest{Number: 2}), engine.PutFriend{Record: friendOf(anna, "Anna")})...)
		for _, f := range mustLoad(t, open(t)).Friends {
			if f.Record.Name == "Anna" && (f.Ledger.Highest != 7 || f.Ledger.Opening != nil) {
				t.Errorf("ledger after return: %+v", f.Ledger)
			}
		}
		if err := s.Commit(t.Context(), ledgerWrites(anna, logOf(me, anna, opening(anna, 7, 1), 1)...)); err == nil {
			t.Error("an entry without an open epoch was taken")
		}
	})
}

func TestLaterWritesWin(t *testing.T) {
	backends(t, func(t *testing.T, open reopener) {
		s := open(t)
		f := engine.ForwardRecord{PartLock: ledger.Lock{2}, From: node(anna), To: node(bert), Currency: eur, In: ledger.NewAmount(3), Out: ledger.NewAmount(2)}
		commit(t, s,
			engine.PutForward{Record: f}, engine.DeleteForward{PartLock: f.PartLock},
			engine.PutAppRecord{Record: engine.AppRecord{Key: node(anna), Name: "a"}},
			engine.PutAppRecord{Record: engine.AppRecord{Key: node(anna), Name: "b"}},
			engine.PutMark{Record: engine.MarkRecord{Friend: node(anna), PartLock: ledger.Lock{1}, Reason: ledger.NoRoute}},
			engine.DeleteMark{Friend: node(anna), PartLock: ledger.Lock{1}},
			engine.DeleteAppRecord{Key: node(bert)}, engine.PutAppRecord{Record: engine.AppRecord{Key: node(bert), Name: "c"}})
		got := mustLoad(t, open(t))
		if len(got.Forwards) != 0 || len(got.Marks) != 0 || len(got.Apps) != 2 {
			t.Fatalf("loaded %+v", got)
		}
		names := []string{got.Apps[0].Name, got.Apps[1].Name}
		if strings.Join(names, "") != "bc" && strings.Join(names, "") != "cb" {
			t.Errorf("apps %v, want b and c", names)
		}
	})
}

func TestOnlyWhatIsHotIsLoaded(t *testing.T) {
	backends(t, func(t *testing.T, open reopener) {
		s := open(t)
		old := start.Add(-time.Hour) // expires exactly now
		commit(t, s,
			engine.PutInvoice{Record: sale(1, start, engine.InvoiceOpen)},
			engine.PutInvoice{Record: sale(2, start, engine.InvoicePaid)},
			engine.PutInvoice{Record: sale(3, start, engine.InvoiceCancelled)},
			engine.PutInvoice{Record: sale(4, old, engine.InvoiceOpen)},
			engine.PutInvoice{Record: sale(5, old.Add(time.Second), engine.InvoicePaid)},
			engine.PutInvoice{Record: sale(6, old, engine.InvoiceOpen)},
			engine.PutInvoice{Record: sale(7, old, engine.InvoicePaid)},
			engine.PutPayment{Record: purchase(1, 1, start, engine.Planning)},
			engine.PutPayment{Record: purchase(2, 2, start, engine.Sending)},
			engine.PutPayment{Record: purchase(3, 3, start, engine.Settled)},
			engine.PutPayment{Record: purchase(4, 4, start, engine.Sending)})
		failed, waits := purchase(4, 4, start, engine.Failed), purchase(5, 5, start, engine.Settled)
		failed.Parts[0].Cancelled = ledger.NoRoute
		waits.Parts = append(waits.Parts, engine.PartRecord{PartLock: ledger.Lock{99}, Amount: ledger.NewAmount(1), Share: ledger.NewAmount(1)})
		commit(t, s, engine.PutInvoice{Record: sale(6, old, engine.InvoiceExpired)},
			engine.PutPayment{Record: failed}, engine.PutPayment{Record: waits})
		got := mustLoad(t, open(t))
		var invoices, payments []byte
		for _, v := range got.Invoices {
			invoices = append(invoices, v.Invoice.ID[0])
		}
		for _, p := range got.Payments {
			payments = append(payments, p.ID[0])
		}
		if diff := cmp.Diff([]byte{1, 4, 5, 2, 3}, invoices); diff != "" {
			t.Errorf("invoices, the open ones first (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]byte{1, 2, 5}, payments); diff != "" {
			t.Errorf("payments (-want +got):\n%s", diff)
		}
	})
}

func TestCommitIsAllOrNothing(t *testing.T) {
	f := &faulty{Backend: Memory()}
	s := newStore(t, f)
	before := f.committed
	commit(t, s, openLedger(anna, opening(anna, 1, 1), 2)...)
	if f.committed != before+1 {
		t.Errorf("%d batches for one commit", f.committed-before)
	}
	commit(t, s) // nothing
	if f.committed != before+1 {
		t.Error("an empty commit reached the disk")
	}
	f.commit = errDisk
	lost := openLedger(bert, opening(bert, 1, 1), 2)
	if err := s.Commit(t.Context(), append(lost, engine.PutFriend{Record: friendOf(bert, "B")})); !errors.Is(err, errDisk) {
		t.Fatalf("a failed commit returned %v", err)
	}
	f.commit = nil
	// Memory is ahead of the disk: nothing may follow.
	if err := s.Commit(t.Context(), []engine.Write{engine.PutSettings{}}); !errors.Is(err, errDisk) {
		t.Errorf("a commit after a failed one returned %v", err)
	}
	if got := mustLoad(t, newStore(t, f)); len(got.Friends) != 0 {
		t.Errorf("part of a failed batch is there: %+v", got.Friends)
	}
	f.batch = errDisk
	if err := newStore(t, f).Commit(t.Context(), []engine.Write{engine.PutSettings{}}); !errors.Is(err, errDisk) {
		t.Errorf("a batch that cannot start returned %v", err)
	}
}

func TestEpochIsKept(t *testing.T) {
	backends(t, func(t *testing.T, open reopener) {
		s := open(t)
		if n, err := s.LoadEpoch(t.Context()); n != 0 || err != nil {
			t.Errorf("a new database has epoch %d, %v", n, err)
		}
		if err := s.SaveEpoch(t.Context(), 1<<40); err != nil {
			t.Fatal(err)
		}
		if n, err := open(t).LoadEpoch(t.Context()); n != 1<<40 || err != nil {
			t.Errorf("epoch %d, %v", n, err)
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		rows map[string][]byte
		want string
	}{
		"newer schema":   {map[string][]byte{schemaRow: []byte("2")}, "update this program"},
		"schema 0":       {map[string][]byte{schemaRow: []byte("0")}, "/schema is damaged"},
		"no number":      {map[string][]byte{schemaRow: []byte("x")}, "/schema is damaged"},
		"another node":   {map[string][]byte{ownerRow: []byte(node(anna).String())}, "use that node's key, or another --dir"},
		"no schema":      {map[string][]byte{schemaRow: nil}, "no Offset database"},
		"opening broken": {map[string][]byte{row(openingTable, node(anna).String()): {1}}, "/opening/" + node(anna).String()},
		"table cut":      {map[string][]byte{row(openingTable, endName): nil}, "ended before the end"},
	} {
		t.Run(name, func(t *testing.T) {
			db := Memory()
			if err := newStore(t, db).write(t.Context(), tc.rows); err != nil {
				t.Fatal(err)
			}
			if _, err := New(t.Context(), db, node(me)); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
}

const inUse = "is in use by another process: stop it or use another --dir"

func TestSecondOpenIsRefused(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(t.Context(), dir, node(me), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), dir, node(me), nil); err == nil || !strings.Contains(err.Error(), inUse) {
		t.Errorf("opening twice in one process: %v", err)
	}
	// Another process is what users meet; it tells us on its standard output.
	child := exec.Command(os.Args[0], "-test.run=^TestChildOpens$", "-test.v")
	child.Env = append(os.Environ(), "STORE_TEST_DIR="+dir)
	out, err := child.CombinedOutput()
	if err != nil || !strings.Contains(string(out), inUse) {
		t.Errorf("opening in another process: %v\n%s", err, out)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestChildOpens is the other process of TestSecondOpenIsRefused.
func TestChildOpens(t *testing.T) {
	dir := os.Getenv("STORE_TEST_DIR")
	if dir == "" {
		t.Skip("runs only as a child")
	}
	s, err := Open(t.Context(), dir, node(me), nil)
	if err == nil {
		_ = s.Close()
		t.Fatal("a locked database was opened")
	}
	t.Log(err)
}

func TestOpenInAFile(t *testing.T) {
	file := t.TempDir() + "/file"
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), file, node(me), nil); err == nil {
		t.Error("a file was opened as a database")
	}
}

// What Load would call damaged is not written, and nothing of its batch is.
func TestWhatCannotBeReadIsNotWritten(t *testing.T) {
	wrongKey, noKey := sale(1, start, engine.InvoiceOpen), purchase(1, 1, start, engine.Settled)
	wrongKey.Key[9] ^= 1
	noKey.Key = nil
	for name, w := range map[string]engine.Write{
		"friend":  engine.PutFriend{Record: friendOf(me, "me")},
		"forward": engine.PutForward{},
		"mark":    engine.PutMark{},
		"income":  engine.PutIncome{},
		"invoice": engine.PutInvoice{Record: wrongKey},
		"payment": engine.PutPayment{Record: noKey},
	} {
		db := Memory()
		s := newStore(t, db)
		err := s.Commit(t.Context(), []engine.Write{engine.PutFriend{Record: friendOf(anna, "Anna")}, w})
		if err == nil || !strings.Contains(err.Error(), "refusing to write database row /"+name) {
			t.Errorf("%s: %v", name, err)
		}
		if got := mustLoad(t, newStore(t, db)); len(got.Friends) != 0 {
			t.Errorf("%s: the rest of its batch was written", name)
		}
	}
}
