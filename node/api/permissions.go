package api

import (
	"fmt"
	"slices"
	"strings"

	"github.com/offset-p2p/offset/node/api/pb/offset/app/v1/appv1connect"
)

// Permission is what an application may be allowed to do. Its text is stored
// with the application and shown to users, so it never changes.
type Permission string

// The permissions, from the most harmless to the most dangerous.
const (
	// PermRead: see who the node is, its friends, balances and attachments.
	PermRead Permission = "read"
	// PermRoutes: ask what a payment would cost, without paying.
	PermRoutes Permission = "routes"
	// PermBuyer: pay, and see payments.
	PermBuyer Permission = "buyer"
	// PermSeller: make invoices, and see them.
	PermSeller Permission = "seller"
	// PermConfig: change friends, limits, rates, relays and index servers.
	PermConfig Permission = "config"
	// PermAdmin: list applications and change their permissions.
	PermAdmin Permission = "admin"
)

// AllPermissions lists every permission in the order above.
func AllPermissions() []Permission {
	return []Permission{PermRead, PermRoutes, PermBuyer, PermSeller, PermConfig, PermAdmin}
}

// ParsePermissions reads names of permissions and returns them without repeats
// in the order of AllPermissions. A name that is unknown, or none at all, is an
// error that lists the names there are.
func ParsePermissions(names []string) ([]Permission, error) {
	all := AllPermissions()
	for _, name := range names {
		if !slices.Contains(all, Permission(name)) {
			return nil, fmt.Errorf("permission %.30q is unknown: choose from %s", name, permissionNames())
		}
	}
	perms := slices.DeleteFunc(all, func(p Permission) bool { return !slices.Contains(names, string(p)) })
	if len(perms) == 0 {
		return nil, fmt.Errorf("no permission given: choose from %s", permissionNames())
	}
	return perms, nil
}

func permissionNames() string {
	var names []string
	for _, p := range AllPermissions() {
		names = append(names, string(p))
	}
	return strings.Join(names, ", ")
}

// PermissionOf returns the permission that a procedure needs, named as Connect
// names it ("/offset.app.v1.NodeService/Info"); false when it is not listed and
// must be refused.
func PermissionOf(procedure string) (Permission, bool) {
	p, ok := permissions[procedure]
	return p, ok
}

// permissions is the one table of what needs which permission.
var permissions = map[string]Permission{
	appv1connect.NodeServiceInfoProcedure:             PermRead,
	appv1connect.NodeServiceListFriendsProcedure:      PermRead,
	appv1connect.NodeServiceGetFriendProcedure:        PermRead,
	appv1connect.NodeServiceGetStatementProcedure:     PermRead,
	appv1connect.NodeServiceGetEvidenceProcedure:      PermRead,
	appv1connect.NodeServiceListIncomeProcedure:       PermRead,
	appv1connect.NodeServiceListPendingProcedure:      PermRead,
	appv1connect.NodeServiceListRelaysProcedure:       PermRead,
	appv1connect.NodeServiceListIndexServersProcedure: PermRead,
	appv1connect.NodeServiceEventsProcedure:           PermRead,

	appv1connect.NodeServiceGetQuoteProcedure: PermRoutes,

	appv1connect.NodeServicePayProcedure:           PermBuyer,
	appv1connect.NodeServiceCancelPaymentProcedure: PermBuyer,
	appv1connect.NodeServiceGetPaymentProcedure:    PermBuyer,
	appv1connect.NodeServiceListPaymentsProcedure:  PermBuyer,

	appv1connect.NodeServiceCreateInvoiceProcedure: PermSeller,
	appv1connect.NodeServiceCancelInvoiceProcedure: PermSeller,
	appv1connect.NodeServiceGetInvoiceProcedure:    PermSeller,
	appv1connect.NodeServiceListInvoicesProcedure:  PermSeller,

	appv1connect.NodeServiceAddFriendProcedure:         PermConfig,
	appv1connect.NodeServiceEditFriendProcedure:        PermConfig,
	appv1connect.NodeServiceRemoveFriendProcedure:      PermConfig,
	appv1connect.NodeServiceAcceptTermsProcedure:       PermConfig,
	appv1connect.NodeServiceWithdrawTermsProcedure:     PermConfig,
	appv1connect.NodeServiceSetCreditProcedure:         PermConfig,
	appv1connect.NodeServiceSetRateProcedure:           PermConfig,
	appv1connect.NodeServiceSetOpenProcedure:           PermConfig,
	appv1connect.NodeServiceSetQuotaProcedure:          PermConfig,
	appv1connect.NodeServiceWriteOffProcedure:          PermConfig,
	appv1connect.NodeServiceAddRelaysProcedure:         PermConfig,
	appv1connect.NodeServiceRemoveRelayProcedure:       PermConfig,
	appv1connect.NodeServiceSetRelaysProcedure:         PermConfig,
	appv1connect.NodeServiceAddIndexServersProcedure:   PermConfig,
	appv1connect.NodeServiceRemoveIndexServerProcedure: PermConfig,
	appv1connect.NodeServiceSetIndexServersProcedure:   PermConfig,

	appv1connect.NodeServiceListAppsProcedure:  PermAdmin,
	appv1connect.NodeServiceAddAppProcedure:    PermAdmin,
	appv1connect.NodeServiceRemoveAppProcedure: PermAdmin,
}
