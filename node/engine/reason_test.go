package engine

import (
	"strings"
	"testing"

	"github.com/offset-p2p/offset/ledger"
)

// TestEveryReasonHasAText of its own, also one from a newer version.
func TestEveryReasonHasAText(t *testing.T) {
	seen := map[string]ledger.Reason{}
	for r := ledger.OverLimit; !strings.HasPrefix(r.String(), "reason_"); r++ {
		text := reasonText(r)
		if other, taken := seen[text]; taken {
			t.Errorf("%v says %q, like %v", r, text, other)
		}
		seen[text] = r
	}
	if len(seen) < 16 {
		t.Errorf("%d reasons have a text", len(seen))
	}
	if text := reasonText(200); !strings.Contains(text, "reason_200") {
		t.Errorf("an unknown reason says %q", text)
	}
}
