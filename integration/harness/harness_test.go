package harness_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/offset-p2p/offset/integration/harness"
	"github.com/offset-p2p/offset/integration/harness/harnesstest"
	"github.com/offset-p2p/offset/ledger"
)

func TestMain(m *testing.M) { harnesstest.Main(m) }

func testLoad(count int) harness.Load {
	return harness.Load{Count: count, Concurrency: 4, Amount: ledger.NewAmount(1000), Credit: harness.DefaultCredit(), GraphTimeout: 20 * time.Second}
}

// A payment crosses relay, both index servers by federation, and two mediators
// who earn their fees to the unit.
func TestPaymentsCrossTheNetwork(t *testing.T) {
	lab := harnesstest.Start(t, harness.Options{Hops: 3}, harness.DefaultCredit())
	if r := harnesstest.Run(t, lab, testLoad(20)); !r.OK() {
		t.Errorf("not every payment settled with the books right: %+v", r)
	}
	checkIncome(t, lab, 20)
}

// checkIncome compares every node's total with what count payments must have
// left there.
func checkIncome(t *testing.T, lab *harness.Lab, count int) {
	t.Helper()
	load := testLoad(count)
	arrives := load.Amount // at node i, going back from the payee
	for i := len(lab.Nodes) - 1; i >= 0; i-- {
		want := arrives // of the payee
		switch i {
		case len(lab.Nodes) - 1:
		case 0:
			want = arrives // what the payer's friends are owed
		default:
			fee, err := load.Credit.Rate.Fee(arrives)
			if err != nil {
				t.Fatal(err)
			}
			if arrives, err = arrives.Add(fee); err != nil {
				t.Fatal(err)
			}
			want = fee
		}
		got, err := lab.Nodes[i].Total(t.Context(), load.Credit.Currency)
		if err != nil {
			t.Fatal(err)
		}
		if s := signed(i == 0, want, count); got.Balance.String() != s {
			t.Errorf("%s ends with a balance of %s, want %s", lab.Nodes[i].Name, got.Balance, s)
		}
	}
}

func signed(negative bool, a ledger.Amount, times int) string {
	n, _ := a.Uint64()
	if negative {
		return fmt.Sprintf("-%d", n*uint64(times))
	}
	return fmt.Sprint(n * uint64(times))
}

// Server 2 does not trust server 1: nothing is shared in either direction, so
// nobody knows the whole route.
func TestNoRouteWithoutFederation(t *testing.T) {
	lab := harnesstest.Start(t, harness.Options{Hops: 3, NoFederation: true}, harness.DefaultCredit())
	load := testLoad(3)
	load.GraphTimeout = 4 * time.Second
	r := harnesstest.Run(t, lab, load)
	if r.Failures["no_route"] != 3 || r.Settled != 0 || !r.Conserved() {
		t.Errorf("without federation every payment must fail with no_route: %+v", r)
	}
}

// A mediator dies as by a power cut while payments are under way and comes
// back: every payment ends and the books are right.
func TestMediatorIsKilled(t *testing.T) {
	lab := harnesstest.Start(t, harness.Options{Hops: 3}, harness.DefaultCredit())
	load := testLoad(50)
	load.Concurrency, load.Pause = 8, 300*time.Millisecond
	load.During = func(ctx context.Context) error { return lab.Nodes[1].KillAndRestart(ctx, 300*time.Millisecond) }
	r := harnesstest.Run(t, lab, load)
	if !r.Conserved() || r.Settled == 0 || r.Settled+r.Failed != r.Payments || !r.FeesExact || !r.ReceiptVerified {
		t.Errorf("books are wrong after a kill: %+v", r)
	}
}

// The seller dies while it is being paid.
func TestSellerIsKilledWhileItIsPaid(t *testing.T) {
	lab := harnesstest.Start(t, harness.Options{Hops: 2}, harness.DefaultCredit())
	load := testLoad(24)
	load.Concurrency, load.Pause = 6, 300*time.Millisecond
	load.During = func(ctx context.Context) error { return lab.Nodes[2].KillAndRestart(ctx, 300*time.Millisecond) }
	r := harnesstest.Run(t, lab, load)
	if !r.Conserved() || r.Settled == 0 || r.Settled+r.Failed != r.Payments || !r.FeesExact || !r.ReceiptVerified {
		t.Errorf("books are wrong after a kill: %+v", r)
	}
}

// The seller dies between two payments.
func TestSellerIsKilled(t *testing.T) {
	lab := harnesstest.Start(t, harness.Options{Hops: 2}, harness.DefaultCredit())
	load := testLoad(1)
	if r := harnesstest.Run(t, lab, load); !r.OK() {
		t.Fatalf("before the kill: %+v", r)
	}
	seller := lab.Nodes[len(lab.Nodes)-1]
	if err := seller.KillAndRestart(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if err := lab.AwaitUsable(t.Context(), load.Credit.Currency); err != nil {
		t.Fatal(err)
	}
	if r := harnesstest.Run(t, lab, load); !r.OK() {
		t.Errorf("after the kill: %+v", r)
	}
}

func TestLabRefusesBadOptions(t *testing.T) {
	for _, hops := range []int{-1, 0, harness.HopsMax + 1} {
		if _, err := harness.Start(t.Context(), harness.Options{Hops: hops, Dir: filepath.Join(t.TempDir(), "lab")}); err == nil {
			t.Errorf("a lab of %d hops was started", hops)
		}
	}
}
