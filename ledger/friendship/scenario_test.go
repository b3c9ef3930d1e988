package friendship_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// TestScenarios runs every scenario and compares what left with the transcript
// beside it, so that a change of the protocol's behaviour is seen in review:
//
//	go test ./ledger/friendship -run Scenarios -update
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/scenarios/*.txt")
	ok(t, err)
	if len(files) == 0 {
		t.Fatal("no scenario is there")
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			ok(t, err)
			transcript := play(t, file, string(text))
			golden := strings.TrimSuffix(file, ".txt") + ".golden"
			if *update {
				ok(t, os.WriteFile(golden, []byte(transcript), 0o644))
			}
			want, err := os.ReadFile(golden)
			ok(t, err)
			if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(transcript, "\n")); d != "" {
				t.Errorf("what left is not what %s says:\n%s", golden, d)
			}
		})
	}
}

// play runs a scenario and returns its transcript.
func play(t *testing.T, name, text string) string {
	t.Helper()
	s, err := ledgertest.ParseScenario(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	p := ledgertest.NewPair()
	p.Record()
	if err := s.Run(p); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, p.Transcript())
	}
	return p.Transcript()
}

// TestTranscriptsRepeat: the golden transcripts are scenarios themselves, and do
// the same again.
func TestTranscriptsRepeat(t *testing.T) {
	files, err := filepath.Glob("testdata/scenarios/*.golden")
	ok(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		ok(t, err)
		if d := cmp.Diff(frames(string(text)), frames(play(t, file, string(text)))); d != "" {
			t.Errorf("%s repeated is another:\n%s", file, d)
		}
	}
}

// frames are the lines of a transcript that say what the sides did.
func frames(transcript string) []string {
	var out []string
	for line := range strings.Lines(transcript) {
		if strings.HasPrefix(line, "> ") {
			out = append(out, line)
		}
	}
	return out
}
