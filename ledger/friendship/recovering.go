package friendship

// StopSigning makes this side recovering, as the friend's proof that this node
// lost data does by itself: from here on it signs nothing with this friend, and
// its Hello says so. It is for the other friendships of a node that one friend
// has proved it to (ledger.md 2.5), also when they are loaded or made later. A
// stream that is up is dropped, so that the friend hears it in a new Hello. It is
// not stored here, does nothing the second time, and cannot be undone.
func (f *Friendship) StopSigning(env Env) Effects {
	var eff Effects
	if f.lostData {
		return eff
	}
	f.lostData = true
	if f.link.up {
		eff.Drop = "this node has lost data"
	}
	f.exch.proposal = nil
	f.ready = false
	f.settle(env, &eff)
	return eff
}
