package friendship

import "github.com/offset-p2p/offset/ledger"

// Judge returns what this side would answer to terms that come with these
// requests, and what accepting them costs. It changes nothing.
func (f *Friendship) Judge(env Env, t *ledger.Terms, supplied ...*ledger.Request) (ledger.RefuseReason, []Cost) {
	f.link.supplied = make(map[ledger.Hash]*ledger.Request, len(supplied))
	for _, r := range supplied {
		f.link.supplied[r.Hash()] = r
	}
	defer func() { f.link.supplied = nil }()
	r, reason := f.judgeTerms(env, t)
	return reason, r.list()
}
