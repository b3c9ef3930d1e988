package apiserver

import (
	"testing"

	"github.com/offset-p2p/offset/ledger"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
	"github.com/offset-p2p/offset/node/engine"
)

func TestPartSaysHowItEnded(t *testing.T) {
	for want, r := range map[appv1.PartState]engine.PartRecord{
		appv1.PartState_PART_STATE_PENDING:   {},
		appv1.PartState_PART_STATE_COLLECTED: {Collected: true},
		appv1.PartState_PART_STATE_CANCELLED: {Cancelled: ledger.OverLimit},
		appv1.PartState_PART_STATE_LOST:      {Lost: true},
	} {
		got := partPB(&r)
		if got.GetState() != want {
			t.Errorf("the part is %v, want %v", got.GetState(), want)
		}
		if reason := got.GetReason(); (reason != "") != (want == appv1.PartState_PART_STATE_CANCELLED) {
			t.Errorf("a part that is %v has the reason %q", want, reason)
		}
	}
}
