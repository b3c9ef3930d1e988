package engine

import (
	"strings"
	"unicode/utf8"

	"github.com/offset-p2p/offset/ledger"
)

// command does what was asked, or refuses it and changes nothing.
func (s *step) command(c Command) {
	if pay, ok := c.Do.(Pay); ok {
		p, old, err := s.pay(pay)
		switch {
		case err != nil:
			s.reply(c.ID, nil, err)
		case old != nil:
			s.reply(c.ID, old.clone(), nil)
		default:
			s.answers = append(s.answers, answer{c.ID, p})
		}
		return
	}
	s.reply(c.ID, nil, s.do(c.Do))
}

func (s *step) reply(id uint64, value any, err *CommandError) {
	s.fx.Replies = append(s.fx.Replies, Reply{ID: id, Value: value, Err: err})
}

// do carries out the commands that have no value.
func (s *step) do(a Action) *CommandError {
	switch a := a.(type) {
	case AddFriend:
		return s.addFriend(a)
	case EditFriend:
		return s.editFriend(a)
	case RemoveFriend:
		return s.removeFriend(a)
	case SetCredit:
		if err := s.maySign(); err != nil {
			return err
		}
		return s.setCredit(a)
	case SetRate:
		return s.setRate(a)
	case SetQuota:
		return s.setQuota(a)
	case SetOpen:
		return s.setOpen(a)
	case AcceptTerms:
		return s.acceptTerms(a)
	case WriteOff:
		return s.writeOff(a)
	case SetRelays:
		return s.setTickets(&s.settings.Relays, a.Tickets, "relay")
	case SetIndexServers:
		return s.setTickets(&s.settings.IndexServers, a.Tickets, "index server")
	case PutApp:
		return s.putApp(a.App)
	case RemoveApp:
		return s.removeApp(a.Key)
	case CreateInvoice:
		if err := s.maySign(); err != nil {
			return err
		}
		return s.createInvoice(a)
	case Withdraw:
		return s.withdrawPayment(a)
	case CancelInvoice:
		return s.cancelInvoice(a.ID)
	default:
		return refuse(Invalid, "unknown_command", "this node does not know the command %T", a)
	}
}

// known returns a friend, or the refusal that tells how to get one.
func (s *step) known(id ledger.NodeID) (*friend, *CommandError) {
	if f := s.friends[id]; f != nil {
		return f, nil
	}
	return nil, refuse(NotFound, "unknown_friend", "no friend %v: add it with `stctrl friends add`", id)
}

// named checks a name that people gave to what.
func named(what, name string) *CommandError {
	switch {
	case strings.TrimSpace(name) == "":
		return refuse(Invalid, "name_empty", "the name of the %s is empty: give it one of at most %d bytes", what, NameBytesMax)
	case len(name) > NameBytesMax:
		return refuse(Invalid, "name_too_long", "the name of the %s has %d bytes, at most %d are allowed", what, len(name), NameBytesMax)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, isControl):
		return refuse(Invalid, "name_unprintable", "the name of the %s has characters that cannot be printed", what)
	default:
		return nil
	}
}

func isControl(r rune) bool { return r < 0x20 || r == 0x7f }

// setTickets replaces one of the two lists of the settings.
func (s *step) setTickets(list *[]string, tickets []string, what string) *CommandError {
	if len(tickets) > TicketsMax {
		return refuse(Exhausted, "too_many_tickets", "%d %s tickets are too many: at most %d are used", len(tickets), what, TicketsMax)
	}
	seen := make(map[string]bool, len(tickets))
	for _, t := range tickets {
		switch {
		case t == "" || len(t) > TicketBytesMax || !utf8.ValidString(t):
			return refuse(Invalid, "ticket_invalid", "a %s ticket is empty or longer than %d bytes", what, TicketBytesMax)
		case seen[t]:
			return refuse(Invalid, "ticket_twice", "the %s ticket %s is named twice", what, t)
		}
		seen[t] = true
	}
	*list = append([]string(nil), tickets...)
	s.configured(PutSettings{s.settings})
	return nil
}

func (s *step) putApp(a AppRecord) *CommandError {
	if a.Key.IsZero() {
		return refuse(Invalid, "app_key_missing", "the application has no key: make one with `stctrl ident`")
	}
	if err := named("application", a.Name); err != nil {
		return err
	}
	if len(a.Permissions) > PermissionsMax {
		return refuse(Invalid, "too_many_permissions", "%d permissions are more than there are", len(a.Permissions))
	}
	if _, old := s.apps[a.Key]; !old && len(s.apps) >= AppsMax {
		return refuse(Exhausted, "too_many_apps", "the node trusts %d applications already: remove one first", AppsMax)
	}
	for key, other := range s.apps {
		if other.Name == a.Name && key != a.Key {
			return refuse(Exists, "name_taken", "another application is named %q already", a.Name)
		}
	}
	a.Permissions = append([]string(nil), a.Permissions...)
	s.apps[a.Key] = a
	s.configured(PutAppRecord{a})
	return nil
}

func (s *step) removeApp(key ledger.NodeID) *CommandError {
	if _, ok := s.apps[key]; !ok {
		return refuse(NotFound, "unknown_app", "no application has the key %v", key)
	}
	delete(s.apps, key)
	s.configured(DeleteAppRecord{key})
	return nil
}

// configured writes a change of the settings and tells the shell to read them.
func (s *step) configured(w Write) {
	s.write(w)
	s.fx.Reconfigured = true
}
