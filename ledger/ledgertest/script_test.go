package ledgertest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// line is where a scenario fails, and with what; 0: it does not.
func runs(t *testing.T, text string, line int, want string) {
	t.Helper()
	s, err := ledgertest.ParseScenario(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	fails(t, text, s.Run(ledgertest.NewPair()), line, want)
}

func fails(t *testing.T, text string, err error, line int, want string) {
	t.Helper()
	if line == 0 {
		if err != nil {
			t.Errorf("%s\nfails: %v", text, err)
		}
		return
	}
	var e *ledgertest.ScenarioError
	if !errors.As(err, &e) || e.Line != line || !strings.Contains(e.Error(), want) {
		t.Errorf("%s\nfails with %v, want %q in line %d", text, err, want, line)
	}
}

func TestScenarioReads(t *testing.T) {
	for _, tt := range []struct {
		text string
		line int
		want string
	}{
		{"", 0, ""},
		{"# only a remark\n\n  connect # and another\n> 0s low sends hello", 0, ""},
		{"connect\ndance", 2, `"dance" is unknown; want one of add, agree, `},
		{"connect now", 1, `"now" is too much`},
		{"low", 1, "want what low does"},
		{"low dances", 1, `"dances" is unknown`},
		{"low offers EUR", 1, "want an amount; usage: offers CURRENCY LIMIT"},
		{"low offers eur 5", 1, `want a currency, not "eur"`},
		{"low offers EUR -5", 1, `want an amount, not "-5"`},
		{"low offers EUR/3 5", 0, ""},
		{"low requests 5 EUR r1", 1, `want "as"`},
		{"low requests 5 EUR as r1 and dance", 1, `want an operation, not "dance"`},
		{"low cancels r1 boredom", 1, `want a reason, not "boredom"`},
		{"low cancels r1 expired and cancels r2", 0, ""},
		{"low reserves r1 no", 1, "want a quoted text"},
		{`low drops "no end`, 1, "quoted text has no end"},
		{"wait long", 1, `want a duration, not "long"`},
		{"deliver middle", 1, `want a side, not "middle"`},
		{"deliver low few", 1, `want a count, not "few"`},
		{"crash low after writes", 1, `want "before"`},
		{"crash low before lunch", 1, "want writes or frames"},
		{"crash low before frames after lunch", 1, `want a count, not "lunch"`},
		{"hand low 00zz", 1, "want a frame in hexadecimal"},
		{"hand low 00", 1, "want a frame"},
		{"low not drops nothing", 1, `"drops" has no opposite`},
		{"low not dances", 1, `"dances" has no opposite`},
		{`fails "x"`, 1, "want the step that fails"},
		{"fails x connect", 1, "want a quoted text"},
		{`fails "x" dance`, 1, "unknown"},
		{"names ann", 1, "want two names"},
		{"names ann ann", 1, "want two names"},
		{"names ann connect", 1, "want two names"},
		{"high lies boldly", 1, "want a lie"},
		{"high proposes nonsense", 1, "is no clause"},
		{"high proposes base one", 1, `want "strange"`},
		{"low cost EUR", 1, "want a balance"},
		{"low refuses politely", 1, `want a reason, not "politely"`},
		{"low appends 00", 1, "want operations"},
	} {
		_, err := ledgertest.ParseScenario(tt.text)
		fails(t, tt.text, err, tt.line, tt.want)
	}
}

// TestScenarioExpects: every expectation holds where it should, and fails with
// what is so instead where it should not.
func TestScenarioExpects(t *testing.T) {
	const begin = "friends EUR 100\nlow requests 30 EUR as r1\nlow requests 5 EUR as r2\nsettle\nhigh collects r1\nsettle\n"
	for _, tt := range []struct{ good, bad, want string }{
		{"low balance EUR -30", "low balance EUR 30", "it is -30, want 30"},
		{"high balance EUR 30", "high balance EUR -30", "it is 30, want -30"},
		{"low balance USD 0", "low balance USD 1", "it is 0, want 1"},
		{"low limit EUR 100", "low limit EUR 99", "it is 100, want 99"},
		{"low sendable EUR 65", "high sendable EUR 65", "it is 130, want 65"},
		{"low frozen out EUR 5", "low frozen in EUR 5", "it is 0, want 5"},
		{"high frozen in EUR 5", "high frozen out EUR 5", "it is 0, want 5"},
		{"low active EUR", "low active USD", "USD/2 is not active"},
		{"low not active USD", "low not active EUR", "should not be"},
		{"low ready", "low not ready", "should not be"},
		{"low consistent", "low inconsistent", "it is consistent, want inconsistent"},
		{"low number 2", "low number 3", "it is 2, want 3"},
		{"low highest 2", "low highest 3", "it is 2, want 3"},
		{"low entries 3", "low entries 4", "it is 3, want 4"},
		{"low holds 2", "low holds 3", "it is 2, want 3"},
		{"low drops nothing", `low drops ""`, "0 times"},
		{"low hears collected r1", "low hears collected r2", "it heard"},
		{"high hears arrived r2", "high hears nothing", "it heard"},
		{"low awaits nothing", "low awaits hello", "the next frame is nothing"},
		{"low pending r2", "low pending r1", "it is not pending"},
		{"high not pending r1", "high not pending r2", "should not be"},
		{"high admitted r2", "low not pending r2", "should not be"},
		{"low ordinal r2 2", "low ordinal r2 1", "it is 2, want 1"},
		{"low not reserved r2", "low reserved r2", "it is not so"},
		{"low not withdrawn r2", "low withdrawn r2", "it is not so"},
		{"low not committed r2", "low committed r2", "it is not so"},
		{"low not again r2", "low again r2", "it is not so"},
		{"low not undecided", "low undecided", "nothing to decide"},
		{"low allowed nothing", "low allowed EUR 5", "the bound is"},
		{"low not fresh", "low cost nothing", "proposed nothing"},
		{"agree", "low blocked \"x\"", "it is blocked by \"\""},
		{"ready", "high evidence \"x\"", "it has no evidence"},
		{"check", "low refused \"x\"", "the friend's answer is unknown reason"},
		{`fails "such request" high collects r1`, `fails "such request" high collects r2`, "it succeeds"},
		{`fails "currency that is not active" low requests 1 USD as r9`, `fails "else" low requests 1 USD as r9`, "it should fail with"},
	} {
		runs(t, begin+tt.good, 0, "")
		runs(t, begin+tt.bad, 7, tt.want)
	}
}

func TestScenarioSteps(t *testing.T) {
	for _, tt := range []struct {
		text string
		line int
		want string
	}{
		{"names ann ben\nfriends EUR 10\nann requests 5 EUR as r1 and withdraws r1", 3, "no such request"},
		{"connect\ndeliver low 9", 2, "nothing is on its way"},
		{"friends EUR 10\ncut\nagree", 0, ""},
		{"friends EUR 10\ncut\nready", 3, "not ready"},
		{"friends EUR 10\nhigh requests 5 EUR as r1\nagree", 3, "different logs"},
		{"friends EUR 10\ncrash low before frames\nlow requests 5 EUR as r1\nopen\nagree\nhigh pending r1", 0, ""},
		{"friends EUR 10\ncrash low before writes\nlow requests 5 EUR as r1\nopen\nagree\nhigh not pending r1", 0, ""},
		{"friends EUR 10\ncrash low before writes after 1\nlow requests 5 EUR as r1\nlow requests 6 EUR as r2\nopen\nhigh pending r1\nhigh not pending r2", 0, ""},
		{"friends EUR 10\nremove low\nconnect", 3, "removed its friend"},
		{"friends EUR 10\nadd low", 2, "was not removed"},
		{"friends EUR 10\nlow requests 5 EUR as #7\nsettle\nhigh collects #7\nsettle\nlow balance EUR -5", 0, ""},
		{"friends EUR 10\nhigh lies balance\nlow inconsistent\nlow evidence \"totals\"\nlow drops \"illegal\"", 0, ""},
		{"friends EUR 10\nhigh forks\nlow evidence \"two entries\"", 0, ""},
		{"friends EUR 10\nhigh repeats\nlow consistent\nlow drops nothing", 0, ""},
		{"friends EUR 10\nlow requests 5 EUR as r1\nsettle\nhigh steals r1\nlow evidence \"does not open\"\nlow pending r1", 0, ""},
		{"high forks", 1, "signed no entry"},
		{"high accepts", 1, "no proposal"},
		{"high refuses busy", 1, "no proposal"},
		{"connect\ndeliver low\nhigh refuses missing r1", 3, "not pending"},
		{"connect\ndeliver low\nhigh refuses stale\nhigh awaits propose", 0, ""},
		{"high confirms", 1, "no acceptance"},
		{"connect\ndeliver high\nhigh steals r1", 3, "is pending"},
	} {
		runs(t, tt.text, tt.line, tt.want)
	}
}

// TestEveryLieIsOne: each is found, and found to be something else than a wrong
// sequence.
func TestEveryLieIsOne(t *testing.T) {
	for name := range ledgertest.Lies() {
		runs(t, "friends EUR 10\nhigh lies "+name+"\nlow inconsistent\nlow evidence \"\"\nlow balance EUR 0", 0, "")
	}
}

// TestTranscriptRepeats: a transcript is a scenario that does the same.
func TestTranscriptRepeats(t *testing.T) {
	const text = `
clock high 5m
friends EUR 1000
low requests 30 EUR as r1 and requests 4 EUR/2 as r2
settle
high collects r1 and reserves r2 "word"
deliver low
crash low before frames after 0
low commits r2 and withdraws r2
open
sleep 3s
tick high
high cancels r2 expired
cut
restart high
open
high lies balance
wait 3m
`
	first := transcript(t, text)
	for _, want := range []string{"clock high 5m0s", "crash low before frames", "sleep 3s", "hand low ", "> 0s low sends hello", `reserves #2 "word"`, "> 4m4s low sends entry 4"} {
		if !strings.Contains(first, want) {
			t.Fatalf("%q is not in the transcript:\n%s", want, first)
		}
	}
	if second := transcript(t, first); plain(second) != plain(first) {
		t.Fatalf("the transcript\n%s\nrepeated is\n%s", plain(first), plain(second))
	}
}

func transcript(t *testing.T, text string) string {
	t.Helper()
	s, err := ledgertest.ParseScenario(text)
	if err != nil {
		t.Fatal(err)
	}
	p := ledgertest.NewPair()
	p.Record()
	if err := s.Run(p); err != nil {
		t.Fatal(err)
	}
	return p.Transcript()
}

// plain leaves out what a scenario says of itself.
func plain(transcript string) string {
	var lines []string
	for line := range strings.Lines(transcript) {
		if !strings.HasPrefix(line, "# ") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

func TestTranscriptSaysWhatWordsCannot(t *testing.T) {
	p := ledgertest.NewPair()
	if p.Transcript() != "" {
		t.Fatal("a transcript without Record")
	}
	p.Record()
	if err := p.OpenWith(100); err != nil {
		t.Fatal(err)
	}
	odd := ledgertest.Request(ledgertest.EUR, 5, 1)
	odd.Hold++
	if err := p.Append(0, odd); err != nil {
		t.Fatal(err)
	}
	if err := p.Settle(); err != nil {
		t.Fatal(err)
	}
	if err := p.Append(1, ledgertest.Collect(1, 1)); err != nil {
		t.Fatal(err)
	}
	p.Note("the end")
	text := p.Transcript()
	if strings.Count(text, "\nlow appends ")+strings.Count(text, "\nhigh appends ") != 2 || !strings.HasSuffix(text, "# the end\n") {
		t.Fatal(text)
	}
	if again := transcript(t, text); plain(again) != plain(text) {
		t.Fatalf("repeated:\n%s\nwas\n%s", again, text)
	}
}
