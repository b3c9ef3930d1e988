package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/node/apiclient"
)

func (c *cli) friendsEvidence() *cobra.Command {
	return &cobra.Command{
		Use: "evidence FRIEND FILE", Short: "Save the proof of what a friend signed against the rules", Args: exactly(2),
		Long: "Write a file that proves to anybody, without your node, what the friend's node signed against\n" +
			"the rules of the ledger, now or in the last epoch that ended for it. FILE must not exist; - is\n" +
			"standard output.",
		Example: "  stctrl friends evidence bob bob.evidence\n  stctrl evidence verify bob.evidence",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.call(cmd, func(ctx context.Context, client *apiclient.Client) error {
				proof, err := client.Evidence(ctx, args[0])
				if err != nil {
					return err
				}
				if args[1] == "-" {
					_, err := c.out.Write(proof)
					return err
				}
				if err := writeNew(args[1], proof); err != nil {
					return err
				}
				return c.done("the evidence is in %s: check it with stctrl evidence verify %s", args[1], quotedName(args[1]))
			})
		},
	}
}

// writeNew writes a file that does not exist yet.
func writeNew(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return badInput("%s exists already and is not overwritten: choose another name", path)
	}
	if err != nil {
		return badInput("%w", err)
	}
	_, err = f.Write(content)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// verdict is what evidence verify prints with --json.
type verdict struct {
	Valid   bool          `json:"valid"`
	Accused ledger.NodeID `json:"accused"`
	Witness ledger.NodeID `json:"witness"`
	Epoch   ledger.Hash   `json:"epoch"`
	Number  uint64        `json:"number"` // of the epoch
	Seq     uint64        `json:"seq"`    // of the entry
	Rule    string        `json:"rule"`   // what is wrong with the entry
}

func (c *cli) evidence() *cobra.Command {
	g := group("evidence", "Judge evidence against a node, without any node", "")
	g.AddCommand(&cobra.Command{
		Use: "verify FILE", Short: "Say what a file of evidence proves", Args: exactly(1),
		Long: "Replay the ledger in the file and say which rule the accused has broken, if it has. The witness,\n" +
			"who holds the file, is not believed: only what the accused has signed counts. FILE - is standard\n" +
			"input.",
		Example: "  stctrl evidence verify bob.evidence",
		RunE: func(_ *cobra.Command, args []string) error {
			content, err := c.evidenceFile(args[0])
			if err != nil {
				return err
			}
			v, err := judge(content)
			if err != nil {
				return err
			}
			return c.show(v, func(t *table) {
				t.line("proven: a rule of the ledger was broken")
				t.row("by", v.Accused.String())
				t.row("told by", v.Witness.String())
				t.row("epoch", fmt.Sprintf("%d, %v", v.Number, v.Epoch))
				t.row("entry", fmt.Sprint(v.Seq))
				t.row("rule", v.Rule)
			})
		},
	})
	return g
}

// judge says what a file proves.
func judge(content []byte) (verdict, error) {
	p, err := friendship.DecodeProof(content)
	if err != nil {
		return verdict{}, badInput("this is no file of evidence, or it is damaged: %w", err)
	}
	rule, err := p.Check()
	if err != nil {
		return verdict{}, &failure{code: exitBadInput, reason: "proves_nothing", err: fmt.Errorf("this proves nothing: %w", err)}
	}
	v := verdict{
		Valid: true, Accused: p.Accused(), Witness: p.Witness, Epoch: p.Ledger.Opening.ID(), Number: p.Ledger.Opening.Terms.Number, Rule: rule,
	}
	if n, err := ledger.DecodeEntry(p.Ledger.Inconsistent.Entry.Body); err == nil { // Check has read it
		v.Seq = n.Seq
	}
	return v, nil
}

// evidenceFile reads a file of evidence, or standard input.
func (c *cli) evidenceFile(path string) ([]byte, error) {
	r := c.in
	if path != "-" {
		f, err := os.Open(strings.TrimPrefix(path, "@"))
		if err != nil {
			return nil, badInput("%w", err)
		}
		defer func() { _ = f.Close() }()
		r = f
	}
	b, err := io.ReadAll(io.LimitReader(r, evidenceBytesMax+1))
	switch {
	case err != nil:
		return nil, badInput("reading %s: %w", path, err)
	case len(b) > evidenceBytesMax:
		return nil, badInput("%s is longer than %d bytes: it is no file of evidence", path, evidenceBytesMax)
	}
	return b, nil
}
