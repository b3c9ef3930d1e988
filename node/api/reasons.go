package api

// Reasons of errors that the interface itself gives, for programs to branch on.
// The engine's refusals bring their own, of the same kind: lower_case words that
// never change their meaning.
const (
	// ReasonPermission: the application lacks the permission.
	ReasonPermission = "permission"
	// ReasonUnknownCaller: the connection does not say who calls.
	ReasonUnknownCaller = "unknown_caller"
	// ReasonInternal: the node is in trouble.
	ReasonInternal = "internal"
	// ReasonTimeout: the time of the call is over.
	ReasonTimeout = "timeout"
	// ReasonCancelled: the caller gave the call up.
	ReasonCancelled = "cancelled"
	// ReasonTooManyStreams: the application has too many streams open.
	ReasonTooManyStreams = "too_many_streams"

	// ReasonAmount: an amount that is negative or no number.
	ReasonAmount = "amount_invalid"
	// ReasonAmountZero: an amount that must not be 0.
	ReasonAmountZero = "amount_zero"
	// ReasonAmountRange: an amount of 2^96 and above.
	ReasonAmountRange = "amount_out_of_range"
	// ReasonCurrency: a name or decimals out of bounds.
	ReasonCurrency = "currency_invalid"
	// ReasonDecimals: friends count that currency with other decimals.
	ReasonDecimals = "currency_decimals"
	// ReasonRate: a fee that is no number or out of range.
	ReasonRate = "rate_invalid"

	// ReasonTicket: not a multiaddr that ends in a peer ID, or not usable for
	// what it was given for.
	ReasonTicket = "ticket_invalid"
	// ReasonSelf: the node itself, given as a server or an application.
	ReasonSelf = "self"
	// ReasonName: a name that cannot be shown or would be taken for another.
	ReasonName = "name_invalid"
	// ReasonUnknownFriend: no friend has that name or peer ID.
	ReasonUnknownFriend = "unknown_friend"
	// ReasonNoStatement: nothing is signed by this node and the friend yet.
	ReasonNoStatement = "no_statement"
	// ReasonNoEvidence: the friend has signed nothing against the rules.
	ReasonNoEvidence = "no_evidence"
	// ReasonBound: what terms may cost is not said, said twice in one currency, or
	// negative.
	ReasonBound = "bound_invalid"
	// ReasonQuota: a quota that is no percentage.
	ReasonQuota = "quota_out_of_range"
	// ReasonAmbiguous: a beginning of a name that fits several friends.
	ReasonAmbiguous = "ambiguous"
	// ReasonUnknownRelay: no such relay is configured.
	ReasonUnknownRelay = "unknown_relay"
	// ReasonUnknownServer: no such index server is configured.
	ReasonUnknownServer = "unknown_index_server"
	// ReasonTooManyServers: a list of servers would be longer than allowed.
	ReasonTooManyServers = "too_many_servers"
	// ReasonNothingToChange: a request that changes nothing.
	ReasonNothingToChange = "nothing_to_change"

	// ReasonInvoice: a text that is no invoice, damaged, or wrongly signed.
	ReasonInvoice = "invoice_invalid"
	// ReasonUnknownInvoice: the node has made no such invoice.
	ReasonUnknownInvoice = "unknown_invoice"
	// ReasonUnknownPayment: the node has made no such payment.
	ReasonUnknownPayment = "unknown_payment"
	// ReasonID: an id that is not hexadecimal of its length.
	ReasonID = "id_invalid"
	// ReasonTime: a duration out of range.
	ReasonTime = "time_out_of_range"
	// ReasonText: a description that is too long or no UTF-8.
	ReasonText = "text_invalid"
	// ReasonPage: a page size out of range.
	ReasonPage = "page_invalid"
	// ReasonState: the number of a state that the node does not know.
	ReasonState = "state_invalid"
	// ReasonCursor: a cursor that the node did not give out.
	ReasonCursor = "bad_cursor"

	// ReasonAppKey: not the peer ID of an Ed25519 key.
	ReasonAppKey = "app_key_invalid"
	// ReasonPermissions: a permission that does not exist, or none.
	ReasonPermissions = "permissions_invalid"
	// ReasonUnknownApp: no application has that name or peer ID.
	ReasonUnknownApp = "unknown_app"
)
