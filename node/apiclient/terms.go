package apiclient

import (
	"context"

	"connectrpc.com/connect"

	"github.com/offset-p2p/offset/ledger"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
)

// Disagreement is what the two sides of a ledger propose that they do not agree
// about. While it lasts nothing is requested from or by the friend, and what is
// pending stays pending.
type Disagreement struct {
	Mine   *Terms `json:"mine,omitempty"`   // nil: none can be made now
	Theirs *Terms `json:"theirs,omitempty"` // nil: none came since the node started
	// Costs of accepting Theirs now, where they are not 0.
	Costs []Cost `json:"costs"`
	// Lost are requests that the friend's terms drop although the node loses
	// their amounts by that; Costs counts them in.
	Lost []LostRequest `json:"lost"`
	// Allowed is the decision of AcceptTerms that is stored; empty: none.
	Allowed []Cost `json:"allowed"`
	// Refused is the friend's newest answer to Mine, "cost" when its user has to
	// decide; "": none yet.
	Refused string `json:"refused,omitempty"`
}

// Terms are the start of a new epoch as one side proposes it.
type Terms struct {
	Number   uint64         `json:"number"`
	Base     string         `json:"base,omitempty"` // hexadecimal id of the epoch before; "": none
	Balances []TermsBalance `json:"balances"`       // that are not 0
	KeptOut  int            `json:"kept_out"`       // pending requests to the friend that go on
	KeptIn   int            `json:"kept_in"`        // and from it
}

// TermsBalance is one balance of Terms, in smallest units.
type TermsBalance struct {
	Currency ledger.Currency `json:"currency"`
	Balance  ledger.Balance  `json:"balance"` // positive: the friend owes the node
}

// Cost is what accepting terms takes in one currency, in smallest units.
type Cost struct {
	Currency ledger.Currency `json:"currency"`
	Amount   ledger.Balance  `json:"amount"` // negative: it gives
}

// LostRequest is a request that terms drop at the node's cost.
type LostRequest struct {
	PartLock ledger.Lock     `json:"part_lock"`
	Currency ledger.Currency `json:"currency"`
	Amount   ledger.Amount   `json:"amount"`
}

// Fault is something that a friend signed against the rules of the ledger.
type Fault struct {
	Why  string `json:"why"`
	Seq  uint64 `json:"seq"`  // number of the friend's entry
	Fork bool   `json:"fork"` // it signed two entries of that number
}

// AcceptTerms stores the decision that the friend's next terms are accepted if
// they cost at most this in every currency, and nothing in others. At least one
// currency must be named. It is refused with Precondition when there is nothing
// to decide or the friend's terms cost more already. The friend's terms are
// accepted within seconds while both are connected: then Friend.Disagreement is
// nil and Friend.Epoch higher.
func (c *Client) AcceptTerms(ctx context.Context, friend string, atMost []Cost) error {
	msg := &appv1.AcceptTermsRequest{Friend: friend}
	for _, m := range atMost {
		msg.AtMost = append(msg.AtMost, &appv1.Cost{Currency: currencyPB(m.Currency), Amount: m.Amount.String()})
	}
	_, err := c.rpc.AcceptTerms(ctx, connect.NewRequest(msg))
	return c.fail(err)
}

// WithdrawTerms takes the decision of AcceptTerms back.
func (c *Client) WithdrawTerms(ctx context.Context, friend string) error {
	_, err := c.rpc.WithdrawTerms(ctx, connect.NewRequest(&appv1.WithdrawTermsRequest{Friend: friend}))
	return c.fail(err)
}

// Evidence returns what proves to others that a friend broke a rule of the
// ledger, now (Friend.Fault) or in the last epoch that ended for it, as
// friendship.DecodeProof reads it. Precondition when there is nothing.
func (c *Client) Evidence(ctx context.Context, friend string) ([]byte, error) {
	res, err := c.rpc.GetEvidence(ctx, connect.NewRequest(&appv1.GetEvidenceRequest{Friend: friend}))
	if err != nil {
		return nil, c.fail(err)
	}
	return res.Msg.GetProof(), nil
}

func (d *decoder) disagreement(m *appv1.Disagreement) *Disagreement {
	if m == nil {
		return nil
	}
	return &Disagreement{
		Mine: d.terms(m.GetMine()), Theirs: d.terms(m.GetTheirs()), Refused: m.GetRefused(),
		Costs: all(d, m.GetCosts(), (*decoder).cost), Allowed: all(d, m.GetAllowed(), (*decoder).cost),
		Lost: all(d, m.GetLost(), func(d *decoder, r *appv1.LostRequest) LostRequest {
			return LostRequest{PartLock: d.lock(r.GetPartLock()), Currency: d.currency(r.GetCurrency()), Amount: d.amount(r.GetAmount())}
		}),
	}
}

func (d *decoder) terms(m *appv1.Terms) *Terms {
	if m == nil {
		return nil
	}
	return &Terms{
		Number: m.GetNumber(), Base: m.GetBase(), KeptOut: int(m.GetKeptOut()), KeptIn: int(m.GetKeptIn()),
		Balances: all(d, m.GetBalances(), func(d *decoder, b *appv1.TermsBalance) TermsBalance {
			return TermsBalance{Currency: d.currency(b.GetCurrency()), Balance: d.balance(b.GetBalance())}
		}),
	}
}

func (d *decoder) cost(m *appv1.Cost) Cost {
	return Cost{Currency: d.currency(m.GetCurrency()), Amount: d.balance(m.GetAmount())}
}

func (d *decoder) fault(m *appv1.Fault) *Fault {
	if m == nil {
		return nil
	}
	return &Fault{Why: m.GetWhy(), Seq: m.GetSeq(), Fork: m.GetFork()}
}
