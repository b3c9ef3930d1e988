// Package apiclient is the Go SDK for applications of an Offset node: typed
// calls over the node's unix socket, or over libp2p with the application's own
// key, through relays if need be.
//
//	id, err := identity.Load("till.key", nil)
//	node, err := address.ParseOne(ticketOfTheNode)
//	c, err := apiclient.Dial(ctx, apiclient.Options{Node: node, Identity: id})
//	defer c.Close()
//	inv, err := c.CreateInvoice(ctx, apiclient.InvoiceRequest{Currency: eur, Amount: price})
//
// The node's owner lists the application once, by its peer ID and with the
// permissions it needs. Programs on the node's own machine that may open the
// socket need neither: Options{Socket: path}.
//
// Errors of calls are of type *Error, with a Code to branch on, a Reason that
// is stable for programs, and a text for people. Everything that a node
// answers is checked: what does not decode is an *Error of code Broken.
package apiclient
