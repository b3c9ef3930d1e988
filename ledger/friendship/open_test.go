package friendship_test

import (
	"testing"

	"github.com/offset-p2p/offset/ledger/ledgertest"
)

func TestOpen(t *testing.T) {
	p := ledgertest.NewPair()
	if err := p.Open(); err != nil {
		t.Fatal(err)
	}
	for i, s := range p.Sides {
		t.Logf("%d %+v", i, s.F.Status())
	}
}
