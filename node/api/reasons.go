package api

// Reasons of errors that programs branch on. Package apiserver gives these;
// the engine's refusals bring their own, and all are lower_case words that
// never change their meaning.
const (
	// ReasonPermission: the application lacks the permission.
	ReasonPermission = "permission"
	// ReasonUnknownCaller: the connection does not say who calls.
	ReasonUnknownCaller = "unknown_caller"
	// ReasonInternal: the node is in trouble.
	ReasonInternal = "internal"
	// ReasonTooManyStreams: the application has too many streams open.
	ReasonTooManyStreams = "too_many_streams"

	// ReasonBadAmount: not a number, zero, negative, or out of range.
	ReasonBadAmount = "bad_amount"
	// ReasonBadCurrency: the name or the decimals are out of bounds.
	ReasonBadCurrency = "bad_currency"
	// ReasonOtherDecimals: the name is known, but with other decimals.
	ReasonOtherDecimals = "other_decimals"
	// ReasonUnknownCurrency: no friend counts in that currency.
	ReasonUnknownCurrency = "unknown_currency"
	// ReasonBadRate: a fee that is not a number or out of range.
	ReasonBadRate = "bad_rate"
	// ReasonBadTicket: not a multiaddr that ends in a peer ID, or not usable
	// for what it was given for.
	ReasonBadTicket = "bad_ticket"
	// ReasonBadName: empty, too long, or not printable.
	ReasonBadName = "bad_name"
	// ReasonNameTaken: another friend or application has that name.
	ReasonNameTaken = "name_taken"
	// ReasonUnknownFriend: no friend has that name or peer ID.
	ReasonUnknownFriend = "unknown_friend"
	// ReasonAmbiguous: the beginning of a name fits several.
	ReasonAmbiguous = "ambiguous"
	// ReasonFriendExists: the peer is a friend already.
	ReasonFriendExists = "friend_exists"
	// ReasonSelf: the node itself was given as somebody else.
	ReasonSelf = "self"
	// ReasonUnknownRelay: no such relay is configured.
	ReasonUnknownRelay = "unknown_relay"
	// ReasonUnknownServer: no such index server is configured.
	ReasonUnknownServer = "unknown_index_server"
	// ReasonTooMany: a list would be longer than allowed.
	ReasonTooMany = "too_many"
	// ReasonNothingToChange: the request changes nothing.
	ReasonNothingToChange = "nothing_to_change"

	// ReasonBadInvoice: the text is no invoice, damaged, or wrongly signed.
	ReasonBadInvoice = "bad_invoice"
	// ReasonExpired: the invoice's time is over.
	ReasonExpired = "expired"
	// ReasonOwnInvoice: the invoice is this node's own.
	ReasonOwnInvoice = "own_invoice"
	// ReasonNoAmount: the invoice leaves the amount to the payer.
	ReasonNoAmount = "no_amount"
	// ReasonUnknownInvoice: the node has no such invoice.
	ReasonUnknownInvoice = "unknown_invoice"
	// ReasonUnknownPayment: the node has no such payment.
	ReasonUnknownPayment = "unknown_payment"
	// ReasonBadID: an id that is not hexadecimal of its length.
	ReasonBadID = "bad_id"
	// ReasonBadTime: a duration out of range.
	ReasonBadTime = "bad_time"
	// ReasonBadText: a description or note that is too long or no UTF-8.
	ReasonBadText = "bad_text"
	// ReasonBadPage: a page size or cursor out of range.
	ReasonBadPage = "bad_page"

	// ReasonBadPermission: a permission that does not exist, or none.
	ReasonBadPermission = "bad_permission"
	// ReasonUnknownApp: no application has that name or peer ID.
	ReasonUnknownApp = "unknown_app"
)
