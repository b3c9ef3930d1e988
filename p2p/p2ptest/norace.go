//go:build !race

package p2ptest

// raceEnabled says that this is a build with the race detector.
const raceEnabled = false
