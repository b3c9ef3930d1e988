package ledgertest

import (
	"fmt"
	"strings"

	"github.com/offset-p2p/offset/ledger"
)

// FrameText returns one line about a frame: kind, fields, hashes cut to eight
// digits. It says enough that a change of the protocol's behaviour changes it.
func FrameText(f ledger.Frame) string {
	switch m := f.(type) {
	case *ledger.Hello:
		return fmt.Sprintf("hello number %d epoch %s %s highest %d mine %s yours %s",
			m.Number, short(m.Epoch), m.State, m.Highest, headText(m.Mine), headText(m.Yours))
	case *ledger.SignedEntry:
		return entryText(m.Body)
	case *ledger.Opened:
		return fmt.Sprintf("opened epoch %s by %s", short(m.Opening.ID()), termsText(m.Opening.Terms))
	case *ledger.Propose:
		return "propose " + termsText(m.Terms)
	case *ledger.Accept:
		return fmt.Sprintf("accept terms %s highest %d epoch %s", short(m.Terms), m.Highest, short(m.Epoch))
	case *ledger.Confirm:
		return "confirm epoch " + short(m.Epoch)
	case *ledger.Refuse:
		text := fmt.Sprintf("refuse terms %s highest %d because %q", short(m.Terms), m.Highest, m.Reason)
		for _, h := range m.Missing {
			text += " missing " + short(h)
		}
		return text
	case *ledger.Supply:
		text := "supply"
		for _, r := range m.Requests {
			text += " and " + opText(r)
		}
		return text
	default:
		return strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", f), "*ledger."))
	}
}

// short returns the first eight digits of a hash, or a dash for none.
func short(h ledger.Hash) string {
	if h.IsZero() {
		return "-"
	}
	return h.String()[:8]
}

func headText(h ledger.Head) string {
	if h.Seq == 0 {
		return "0"
	}
	return fmt.Sprintf("%d:%s", h.Seq, short(h.Hash))
}

func termsText(t *ledger.Terms) string {
	var b strings.Builder
	fmt.Fprintf(&b, "terms %s number %d base %s", short(t.Hash()), t.Number, short(t.Base))
	for _, x := range t.Balances {
		fmt.Fprintf(&b, " balance %s %s", x.Currency, x.Balance)
	}
	for _, k := range t.Kept {
		fmt.Fprintf(&b, " keep %s %d:%s", sideNames[k.Author], k.Ordinal, short(k.Request))
	}
	return b.String()
}

func entryText(body []byte) string {
	n, err := ledger.DecodeEntry(body)
	if err != nil {
		return fmt.Sprintf("entry that does not decode: %v", err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "entry %d:%s ack %s", n.Seq, short(ledger.EntryHash(body)), headText(n.Ack))
	for i, op := range n.Ops {
		if i > 0 {
			b.WriteString(" and")
		}
		b.WriteString(" " + opText(op))
	}
	for _, t := range n.Totals {
		fmt.Fprintf(&b, " | %s", t.Currency)
		for _, c := range t.Logs {
			fmt.Fprintf(&b, " %s-%s-%s", c.Requested, c.Collected, c.Cancelled)
		}
	}
	return b.String()
}
