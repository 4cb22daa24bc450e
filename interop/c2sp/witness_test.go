// SPDX-License-Identifier: Apache-2.0

package c2sp_test

// This file holds our cosignatures against stock code, has a stock witness watch
// our log, and asks our witness as any log does.

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// neutral is litewitness, the stock witness, run for the test.
type neutral struct {
	address string
	vkey    string
	db      string
}

// startWitness builds and runs it. Its key lies in an agent of the test's own.
func (w *world) startWitness() (*neutral, error) {
	program := filepath.Join(w.dir, "litewitness")
	if out, err := exec.Command("go", "build", "-o", program, "filippo.io/torchwood/cmd/litewitness").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building litewitness: %w\n%s", err, out)
	}
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	fingerprint, err := w.serveAgent(private)
	if err != nil {
		return nil, err
	}
	const name = "witness.example.org/neutral"
	signer, err := torchwood.NewCosignatureSigner(name, private)
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	n := &neutral{address: "http://" + port, vkey: signer.Verifier().String(), db: filepath.Join(w.dir, "litewitness.db")}
	server := exec.Command(program, "-name", name, "-db", n.db, "-ssh-agent", filepath.Join(w.dir, "agent"), "-listen", port, "-key", fingerprint)
	server.Dir, server.Env = w.dir, w.env
	if err := server.Start(); err != nil {
		return nil, err
	}
	w.servers = append(w.servers, server)
	for began := time.Now(); ; <-time.After(20 * time.Millisecond) {
		if answer, err := http.Get(n.address); err == nil {
			return n, answer.Body.Close()
		} else if time.Since(began) > 20*time.Second {
			return nil, fmt.Errorf("litewitness does not answer: %w", err)
		}
	}
}

// serveAgent serves a key as an SSH agent does.
func (w *world) serveAgent(private ed25519.PrivateKey) (fingerprint string, err error) {
	keyring := agent.NewKeyring()
	if err := keyring.Add(agent.AddedKey{PrivateKey: private}); err != nil {
		return "", err
	}
	public, err := ssh.NewPublicKey(private.Public())
	if err != nil {
		return "", err
	}
	listener, err := net.Listen("unix", filepath.Join(w.dir, "agent"))
	if err != nil {
		return "", err
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(keyring, conn) }()
		}
	}()
	return ssh.FingerprintSHA256(public), nil
}

// knows tells the witness of a log, as its own tool does.
func (n *neutral) knows(logKey string) error {
	origin, _, _ := strings.Cut(logKey, "+")
	db, err := sqlite.OpenConn(n.db, sqlite.OpenReadWrite)
	if err != nil {
		return err
	}
	defer db.Close()
	empty, err := tlog.TreeHash(0, nil)
	if err != nil {
		return err
	}
	err = sqlitex.Execute(db, `INSERT INTO log(origin, tree_size, tree_hash) VALUES(?, 0, ?)`, &sqlitex.ExecOptions{Args: []any{origin, empty.String()}})
	return errors.Join(err, sqlitex.Execute(db, `INSERT INTO key(origin, key) VALUES(?, ?)`, &sqlitex.ExecOptions{Args: []any{origin, logKey}}))
}

// policy is the file that alpha's node reads, in the form of C2SP tlog-policy.
func (n *neutral) policy() string {
	return "witness neutral " + n.vkey + " " + n.address + "\nquorum neutral\n"
}

// cosigned is a checkpoint of alpha's, out of the dossier of its case, once it has
// cosignatures by all of these.
func cosigned(t *testing.T, vkeys ...string) []byte {
	t.Helper()
	policies := []torchwood.Policy{policyOf(t, shared.card(t, "alpha").Log)}
	for _, vkey := range vkeys {
		verifier, err := torchwood.NewCosignatureVerifier(vkey)
		must(t, err)
		policies = append(policies, torchwood.SingleVerifierPolicy(verifier))
	}
	all := torchwood.ThresholdPolicy(len(policies), policies...)
	var lastErr error
	for began := time.Now(); time.Since(began) < 30*time.Second; <-time.After(100 * time.Millisecond) {
		var file struct {
			Dossier struct {
				Cosigned []struct{ Checkpoint string }
			}
		}
		must(t, json.Unmarshal([]byte(shared.as(t, "alpha", "dossier", shared.caseID, "--without-text")), &file))
		for _, c := range file.Dossier.Cosigned {
			if _, _, lastErr = torchwood.VerifyCheckpoint([]byte(c.Checkpoint), all); lastErr == nil {
				return []byte(c.Checkpoint)
			}
		}
	}
	t.Fatalf("never cosigned by all of %d: %v\n%s", len(vkeys), lastErr, shared.as(t, "alpha", "ledger", "heads"))
	return nil
}

// The partner's cosignatures verify with stock code, the Ed25519 one and the
// ML-DSA-44 one, and say when they were made.
func TestPartnerCosigns(t *testing.T) {
	bravo := shared.card(t, "bravo")
	if len(bravo.Witness) != 2 {
		t.Fatalf("bravo's card names %d cosigning keys", len(bravo.Witness))
	}
	raw := cosigned(t, bravo.Witness...)
	for _, vkey := range bravo.Witness {
		verifier, err := torchwood.NewCosignatureVerifier(vkey)
		must(t, err)
		opened, err := note.Open(raw, note.VerifierList(verifier))
		must(t, err)
		at, err := torchwood.CosignatureTimestamp(opened.Sigs[0])
		must(t, err)
		if made := time.Unix(at, 0); time.Since(made).Abs() > 10*time.Minute {
			t.Errorf("it says that it was made at %s", made)
		}
	}
}

// A stock witness that the policy names cosigns alpha's log, and goes on doing
// so: the proof of consistency that alpha sends it is right.
func TestStockWitness(t *testing.T) {
	first := cosigned(t, shared.witness.vkey)
	shared.as(t, "alpha", "thank", shared.caseID, "Thank you.")
	before, err := torchwood.ParseCheckpoint(text(first))
	must(t, err)
	for began := time.Now(); ; <-time.After(100 * time.Millisecond) {
		after, err := torchwood.ParseCheckpoint(text(cosigned(t, shared.witness.vkey)))
		must(t, err)
		if after.N > before.N {
			return
		}
		if time.Since(began) > 30*time.Second {
			t.Fatalf("the witness has not cosigned anything beyond %d leaves", before.N)
		}
	}
}

func text(note []byte) string {
	head, _, _ := strings.Cut(string(note), "\n\n")
	return head + "\n"
}

// ask posts to bravo's witness as a log does. C2SP tlog-witness
func ask(t *testing.T, body string) (status int, contentType, answer string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, shared.bravo+"/witness/add-checkpoint", strings.NewReader(body))
	must(t, err)
	response, err := http.DefaultClient.Do(request)
	must(t, err)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	must(t, err)
	return response.StatusCode, response.Header.Get("Content-Type"), string(raw)
}

func request(old int64, proof tlog.TreeProof, checkpoint []byte) string {
	var b strings.Builder
	fmt.Fprintf(&b, "old %d\n", old)
	for _, hash := range proof {
		b.WriteString(base64.StdEncoding.EncodeToString(hash[:]) + "\n")
	}
	return b.String() + "\n" + string(checkpoint)
}

// Bravo is a witness for alpha's log as C2SP tlog-witness says, for any client.
func TestWeAreAWitness(t *testing.T) {
	bravo := shared.card(t, "bravo")
	cosigned(t, bravo.Witness...)
	dir := filepath.Join(t.TempDir(), "log")
	now := export(t, "alpha", dir)
	// Bravo answers 409 with the size it has until it is asked from there.
	status, kind, answer := ask(t, request(0, nil, now.raw))
	var size int64
	if _, err := fmt.Sscanf(answer, "%d\n", &size); status != http.StatusConflict || kind != "text/x.tlog.size" || err != nil || size < 1 || size > now.tree.N {
		t.Fatalf("from 0 on: %d %s %q", status, kind, answer)
	}
	proof, err := tlog.ProveTree(now.tree.N, size, now.hashes(t))
	must(t, err)
	wrong := append(tlog.TreeProof{}, proof...)
	if len(wrong) > 0 {
		wrong[0][0] ^= 1
	}
	unknown := strings.ReplaceAll(string(now.raw), "tocsin/alpha/", "example.org/alpha/")
	for name, test := range map[string]struct {
		body string
		want int
	}{
		"a log nobody knows":         {request(size, proof, []byte(unknown)), http.StatusNotFound},
		"a root that is not signed":  {request(size, proof, bytes.Replace(now.raw, []byte("\n"+now.tree.Hash.String()), []byte("\n"+tlog.Hash{}.String()), 1)), http.StatusForbidden},
		"a proof that does not lead": {request(size, wrong, now.raw), http.StatusUnprocessableEntity},
		"older than it is":           {request(now.tree.N+1, nil, now.raw), http.StatusBadRequest},
		"no request at all":          {"hello", http.StatusBadRequest},
	} {
		if status, _, answer := ask(t, test.body); status != test.want {
			t.Errorf("%s: %d, want %d: %s", name, status, test.want, answer)
		}
	}
	status, _, answer = ask(t, request(size, proof, now.raw))
	if status == http.StatusConflict {
		t.Skip("alpha itself was faster")
	}
	if status != http.StatusOK {
		t.Fatalf("%d: %s", status, answer)
	}
	for _, vkey := range bravo.Witness {
		verifier, err := torchwood.NewCosignatureVerifier(vkey)
		must(t, err)
		if _, err := note.Open(append(bytes.Clone([]byte(text(now.raw))), "\n"+answer...), note.VerifierList(verifier)); err != nil {
			t.Errorf("%s: %v", verifier.Name(), err)
		}
	}
}

// The policy file that the node reads is one that stock code reads, and the
// checkpoint that the stock witness cosigned satisfies it there, too.
func TestPolicyFile(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(shared.dir, "alpha", "policy"))
	must(t, err)
	policy, err := torchwood.ParsePolicy(append([]byte("log "+shared.card(t, "alpha").Log+"\n"), raw...))
	must(t, err)
	_, _, err = torchwood.VerifyCheckpoint(cosigned(t, shared.witness.vkey), policy)
	must(t, err)
}
