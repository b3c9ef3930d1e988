package friendship

import "github.com/offset-p2p/offset/ledger"

// Judge returns what this side would answer to terms that come with these
// requests, and what accepting them costs. It changes nothing, and may be asked as
// often as a test likes.
func (f *Friendship) Judge(env Env, t *ledger.Terms, supplied ...*ledger.Request) (ledger.RefuseReason, []Cost) {
	f.link.supplied = make(map[ledger.Hash]*ledger.Request, len(supplied))
	weighed := f.exch.weighed
	f.exch.weighed = newBucket(0, 1)
	for _, r := range supplied {
		f.link.supplied[r.Hash()] = r
	}
	defer func() { f.link.supplied, f.exch.weighed = nil, weighed }()
	r, reason := f.judgeTerms(env, t)
	return reason, r.list()
}
