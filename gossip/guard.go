package gossip

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"golang.org/x/time/rate"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pubsubpb "github.com/libp2p/go-libp2p-pubsub/pb"

	"github.com/offset-p2p/offset/gossip/capacity"
)

// options sets pubsub up for a small federation of trusted servers; see the
// package comment and dependencies.md for what each of them prevents.
func (f *Federation) options() []pubsub.Option {
	params := pubsub.DefaultGossipSubParams()
	params.D, params.Dlo, params.Dhi = meshDegree, meshLow, meshHigh
	params.Dscore, params.Dout = meshLow, meshOutbound
	return []pubsub.Option{
		pubsub.WithGossipSubProtocols([]protocol.ID{ProtocolID}, features),
		pubsub.WithGossipSubParams(params),
		pubsub.WithNoAuthor(),
		pubsub.WithMessageSignaturePolicy(pubsub.StrictNoSign),
		pubsub.WithMessageIdFn(messageID),
		pubsub.WithMaxMessageSize(rpcBytesMax),
		pubsub.WithMaxControlMessageSize(rpcControlBytesMax),
		pubsub.WithPeerOutboundQueueSize(outboundQueue),
		pubsub.WithValidateQueueSize(validateQueue),
		pubsub.WithSubscriptionFilter(pubsub.WrapLimitSubscriptionFilter(
			pubsub.NewAllowlistSubscriptionFilter(topics()...), subscriptionsMax)),
		pubsub.WithAppSpecificRpcInspector(f.inspect),
		pubsub.WithPeerFilter(func(id peer.ID, _ string) bool { return f.trust.Mutual(id) }),
		pubsub.WithPeerExchange(false),
		pubsub.WithRawTracer(dropTracer{&f.count}),
	}
}

// features says what ProtocolID can do: the mesh and IDONTWANT; neither peer
// exchange (trust is not transitive) nor extensions.
func features(feature pubsub.GossipSubFeature, id protocol.ID) bool {
	switch feature {
	case pubsub.GossipSubFeatureMesh, pubsub.GossipSubFeatureIdontwant:
		return id == ProtocolID
	}
	return false
}

// messageID names a message by its topic and content.
func messageID(m *pubsubpb.Message) string {
	h := sha256.New()
	h.Write([]byte(m.GetTopic()))
	h.Write([]byte{0})
	h.Write(m.GetData())
	return string(h.Sum(nil))
}

// inspect sees every RPC before pubsub does anything with it. What depends on
// the link that delivers is decided here: a message refused here is not marked
// as seen, so another link can still deliver it.
func (f *Federation) inspect(from peer.ID, rpc *pubsub.RPC) error {
	if !f.trust.Mutual(from) {
		f.count.add(rpcsRefused, 1)
		return errNotTrusted
	}
	if len(rpc.GetPublish()) == 0 {
		return nil
	}
	f.mu.Lock()
	pace := f.link(from).pace
	f.mu.Unlock()
	now := time.Now()
	kept := rpc.Publish[:0]
	for i, m := range rpc.Publish {
		pages := countPages(m.GetData())
		if i >= rpcBatchesMax || !pace.AllowN(now, min(pages, BatchPagesMax)) {
			f.count.add(pagesOverQuota, pages)
			continue
		}
		kept = append(kept, m)
	}
	rpc.Publish = kept
	return nil
}

// link returns what is remembered of a peer; the caller holds mu.
func (f *Federation) link(id peer.ID) *link {
	l, ok := f.links[id]
	if !ok {
		l = &link{pace: rate.NewLimiter(rate.Limit(f.cfg.LinkPagesPerSecond), f.cfg.LinkPagesBurst)}
		f.links[id] = l
	}
	return l
}

// Strike notes a context-free fault of a trusted peer, in gossip or in any
// other stream of the federation. After StrikesMax the peer is cut off (see
// TrustCut) and the operator is told.
func (f *Federation) Strike(id peer.ID, why string) {
	if !f.trust.Mutual(id) {
		return
	}
	f.mu.Lock()
	l := f.link(id)
	l.strikes++
	strikes := l.strikes
	f.mu.Unlock()
	f.log.Warn("trusted server sent what it should not", "peer", id, "fault", why, "strikes", strikes)
	if strikes == StrikesMax {
		f.count.add(linksCut, 1)
		f.log.Error("trusted server cut off", "peer", id, "fault", why)
		f.trust.Cut(id)
	}
}

// validator decides about the messages of a shard. Who delivered is to blame,
// never an author.
func (f *Federation) validator(shard int) pubsub.ValidatorEx {
	self := f.host.ID()
	return func(_ context.Context, from peer.ID, msg *pubsub.Message) pubsub.ValidationResult {
		if from == self {
			return pubsub.ValidationAccept // made of pages admitted here
		}
		if !f.trust.Mutual(from) {
			return pubsub.ValidationIgnore // trust ended while it was queued
		}
		pages, err := decodeBatch(msg.GetData())
		if err != nil {
			return f.refuse(from, err)
		}
		return f.take(from, shard, pages)
	}
}

// refuse decides about a message that is no batch.
func (f *Federation) refuse(from peer.ID, err error) pubsub.ValidationResult {
	if errors.Is(err, errOtherVersion) {
		f.count.add(batchesVersion, 1)
		return pubsub.ValidationIgnore
	}
	f.count.add(batchesFaulty, 1)
	f.Strike(from, err.Error())
	return pubsub.ValidationReject
}

// take gives the pages of a batch to the intake and decides whether the batch
// travels on as it is.
func (f *Federation) take(from peer.ID, shard int, pages []capacity.SignedPage) pubsub.ValidationResult {
	var admitted []capacity.SignedPage
	faulty := 0
	for _, p := range pages {
		switch f.cfg.Intake(from, shard, p) {
		case Admitted:
			admitted = append(admitted, p)
		case Faulty:
			faulty++
		case Ignored:
		}
	}
	f.count.add(pagesAdmitted, len(admitted))
	f.count.add(pagesFaulty, faulty)
	f.count.add(pagesIgnored, len(pages)-len(admitted)-faulty)
	if len(admitted) == len(pages) {
		return pubsub.ValidationAccept
	}
	f.Publish(shard, admitted...)
	if faulty > 0 {
		f.Strike(from, "page that no server should forward")
		return pubsub.ValidationReject
	}
	return pubsub.ValidationIgnore
}
