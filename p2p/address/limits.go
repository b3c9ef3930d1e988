package address

const (
	// TextBytesMax bounds a whole ticket text, in bytes: room for
	// TicketsMax tickets of usual length.
	TextBytesMax = 64 << 10

	// TicketsMax bounds the tickets in one text: a file of public relays
	// has tens.
	TicketsMax = 256

	// TicketBytesMax bounds one ticket, in bytes. A relayed one with a long
	// DNS name has about 400.
	TicketBytesMax = 1024

	// AddrsPerPeerMax bounds the addresses of one peer. A host with both IP
	// families, three transports and two relays has 18.
	AddrsPerPeerMax = 64

	// quotedBytesMax is how much of a malformed ticket an error repeats.
	quotedBytesMax = 96
)
