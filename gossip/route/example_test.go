package route_test

import (
	"errors"
	"fmt"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/gossip/graph"
	"github.com/offset-p2p/offset/gossip/route"
	"github.com/offset-p2p/offset/ledger"
)

// Alice pays Carol by way of Bob, who charges one cent. What Bob says of Alice
// and what Alice says of Bob make the edge between them.
func ExamplePlanner_Plan() {
	alice, bob, carol := ledger.NodeID{1}, ledger.NodeID{2}, ledger.NodeID{3}
	names := map[ledger.NodeID]string{alice: "Alice", bob: "Bob", carol: "Carol"}
	eur := ledger.Currency{Name: "EUR", Decimals: 2}
	n := ledger.NewAmount

	g := graph.New()
	g.Apply(
		capacity.Change{Node: alice, Currency: eur, After: []capacity.Entry{
			{Friend: bob, CanSend: n(5000)},
		}},
		capacity.Change{Node: bob, Currency: eur, After: []capacity.Entry{
			{Friend: alice, CanReceive: n(4000), Rate: ledger.Rate{Add: 1}},
			{Friend: carol, CanSend: n(3000), Transit: n(2000)},
		}},
		capacity.Change{Node: carol, Currency: eur, After: []capacity.Entry{
			{Friend: bob, CanReceive: n(9000)},
		}},
	)
	query := &route.Query{
		Currency: eur, Amount: n(1250), Source: alice, Destination: carol,
		MaxFee: n(100), MaxHops: route.HopsMax, MaxRoutes: 1,
	}
	planner := route.NewPlanner()
	g.Read(eur, func(v graph.View) {
		answers, err := planner.Plan(v, query)
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, hop := range answers[0].Routes[0].Hops {
			fmt.Println(names[hop.Node], "receives", eur.Format(hop.Amount))
		}

		query.Amount = n(2500)
		_, err = planner.Plan(v, query)
		var none *route.NoRouteError
		if errors.As(err, &none) {
			fmt.Println(none.Reason, eur.Format(none.Largest))
		}
	})
	// Output:
	// Bob receives 12.51 EUR
	// Carol receives 12.50 EUR
	// capacity_near_destination 20.00 EUR
}
