// Package mutate takes rules out of the code, one at a time, and wants that a
// test notices. A rule whose absence no test notices may go missing tomorrow;
// and an explorer that finds nothing wrong is worth as much as what it would
// find.
//
// A Mutant replaces one piece of one file; the go tool reads the changed file
// through an overlay, so that neither the checkout nor the production code knows
// of it. Mutants stand in tables, one for each package, beside the test that
// runs them. Each names the test that must fail, and may say what that test must
// say. The text that it replaces must stand in its file exactly once: when the
// code changes, the mutant is mended or the build fails.
//
//	OFFSET_MUTANTS=all go test ./integration/mutate -timeout 60m
//
// runs all of them, a comma list in place of all those whose names contain a part
// of it, and without the variable a few that show that the machinery works.
package mutate
