package apiclient

import (
	"context"
	"time"

	"connectrpc.com/connect"

	"github.com/offset-p2p/offset/ledger"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
)

// Income is what forwarding the payments that came from a friend has earned in
// one currency. Amounts are in smallest units.
type Income struct {
	Node      ledger.NodeID   `json:"node"`
	Name      string          `json:"name,omitempty"` // "": no friend any more
	Currency  ledger.Currency `json:"currency"`
	Count     uint64          `json:"count"` // parts of payments
	Forwarded ledger.Amount   `json:"forwarded"`
	Earned    ledger.Amount   `json:"earned"`
	Last      time.Time       `json:"last"`
}

// Income lists what forwarding has earned, by friend and currency.
func (c *Client) Income(ctx context.Context) ([]Income, error) {
	res, err := c.rpc.ListIncome(ctx, connect.NewRequest(&appv1.ListIncomeRequest{}))
	if err != nil {
		return nil, c.fail(err)
	}
	return convert(res.Msg.GetIncome(), (*decoder).income)
}

func (d *decoder) income(m *appv1.Income) Income {
	return Income{
		Node: d.node(m.GetNodeId()), Name: m.GetName(), Currency: d.currency(m.GetCurrency()), Count: m.GetCount(),
		Forwarded: d.amount(m.GetForwarded()), Earned: d.amount(m.GetEarned()), Last: d.time(m.GetLast()),
	}
}
