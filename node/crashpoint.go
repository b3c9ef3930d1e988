package node

// crashPoint names a moment of a step at which tests let the process die.
type crashPoint string

// The points, in the order in which a step passes them. What is true of the
// disk and of others is what a crash there has to live with.
const (
	crashStepped   crashPoint = "stepped"   // nothing is on disk, nobody knows
	crashCommitted crashPoint = "committed" // all is on disk, nobody knows
	crashReleased  crashPoint = "released"  // friends have the frames, applications no answer
	crashReplied   crashPoint = "replied"   // everybody knows
)
