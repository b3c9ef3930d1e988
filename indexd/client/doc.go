// Package client keeps a node's sessions with its index servers: it reports
// capacity pages to all of them and asks them for routes.
//
// A Client holds a session with every server of its list (one to three are
// enough: servers share what they know), reconnects with a jittered back-off
// when one ends, and works through relays as well as directly. The list may
// change at any time.
//
// The caller signs the pages. It hears of every new session by
// Config.OnWelcome, with the highest (epoch, seq) that this server remembers of
// the node; if that is not below what the caller issues it has to go on with a
// higher epoch, for it has lost its memory. The client sends the newest page
// of each number at once to a new session, so a server that was restarted knows
// the node within a round trip.
package client
