package fault

import (
	"testing"

	"github.com/offset-p2p/offset/integration/harness"
	"github.com/offset-p2p/offset/integration/harness/harnesstest"
	"github.com/offset-p2p/offset/ledger"
)

func TestMain(m *testing.M) { harnesstest.Main(m) }

// startLab starts a lab whose neighbours are friends; it ends with the test.
func startLab(t *testing.T, hops int) *harness.Lab {
	t.Helper()
	return harnesstest.Start(t, harness.Options{Hops: hops}, harness.DefaultCredit())
}

// mustSettle pays from one end of the lab to the other and fails unless all
// payments settle with the books right.
func mustSettle(t *testing.T, lab *harness.Lab, count int) {
	t.Helper()
	load := harness.Load{
		Count: count, Concurrency: 2, Amount: ledger.NewAmount(1000),
		Credit: harness.DefaultCredit(), GraphTimeout: graphTimeout,
	}
	if r := harnesstest.Run(t, lab, load); !r.OK() {
		t.Fatalf("payments do not settle with the books right: %+v", *r)
	}
}
