// SPDX-License-Identifier: Apache-2.0

package interop_test

// This file has the clients from PyPI work with a node: the OASIS client, the
// TAXII source and sink of stix2, and cytaxii2.

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/internal/pytest"
)

func python(t testing.TB) string {
	t.Helper()
	return pytest.Python(t, "the clients and judges from PyPI", "requirements.txt")
}

// TestEnvironment makes the environment that the other tests share, and says
// what is in it.
func TestEnvironment(t *testing.T) {
	out, err := exec.Command(python(t), "-m", "pip", "list", "--disable-pip-version-check", "--format", "freeze").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var ours []string
	for line := range strings.Lines(string(out)) {
		switch name, _, _ := strings.Cut(line, "=="); name {
		case "cytaxii2", "stix2", "stix2-patterns", "stix2-validator", "taxii2-client":
			ours = append(ours, strings.TrimSpace(line))
		}
	}
	if len(ours) != 5 {
		t.Errorf("something is missing:\n%s", out)
	}
	t.Logf("clients and judges: %s", strings.Join(ours, ", "))
}

// world is a node as the scripts in clients know it.
type world struct {
	Discovery string `json:"discovery"`
	Root      string `json:"root"`
	// The account "user" reads and writes the collections shared, empty and
	// scratch; "reader" reads and "writer" writes shared. Nobody of them may know
	// of the collection foreign; missing is none.
	User           string `json:"user"`
	Password       string `json:"password"`
	Token          string `json:"token"`
	ReaderUser     string `json:"reader_user"`
	ReaderPassword string `json:"reader_password"`
	WriterUser     string `json:"writer_user"`
	WriterPassword string `json:"writer_password"`
	Shared         string `json:"shared"`
	Empty          string `json:"empty"`
	Scratch        string `json:"scratch"`
	Foreign        string `json:"foreign"`
	Missing        string `json:"missing"`
	// Whom a client trusts, and what it shows, where the node speaks TLS.
	CA                  string `json:"ca,omitempty"`
	Certificate         string `json:"certificate,omitempty"`
	Key                 string `json:"key,omitempty"`
	StrangerCertificate string `json:"stranger_certificate,omitempty"`
	StrangerKey         string `json:"stranger_key,omitempty"`
}

func (n *node) world() world {
	n.Helper()
	w := world{
		Discovery: n.address + "/taxii2/", Root: n.address + "/taxii2/root/",
		Shared: n.collection("Shared indicators", "shared"), Empty: n.collection("The empty one", "empty"),
		Scratch: n.collection("The scratch pad", "scratch"), Foreign: n.collection("Somebody else's", "foreign"),
		Missing: "0b7a1f6c-1111-4222-8333-444455556666",
	}
	tool := n.account("tool", "--read", "shared,empty,scratch", "--write", "shared,empty,scratch")
	reader, writer := n.account("reader", "--read", "shared"), n.account("writer", "--write", "shared")
	w.User, w.Password, w.Token = tool.Name, tool.Password, tool.Token
	w.ReaderUser, w.ReaderPassword, w.WriterUser, w.WriterPassword = reader.Name, reader.Password, writer.Name, writer.Password
	return w
}

// play runs a script of clients, and makes a test of each of its checks.
func (n *node) play(t *testing.T, interpreter, script string, given any) {
	t.Helper()
	told, err := json.Marshal(given)
	must(t, err)
	path, err := filepath.Abs(filepath.Join("clients", script))
	must(t, err)
	command := n.command(interpreter, path)
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	command.Env = append(command.Env, "TOCSIN_SCENE="+string(told))
	failure := command.Run()
	played := 0
	for decoder := jsontext.NewDecoder(&out); ; played++ {
		var check struct {
			Check   string `json:"check"`
			Expects string `json:"expects"`
			Failed  string `json:"failed"`
		}
		if err := json.UnmarshalDecode(decoder, &check); err != nil {
			break
		}
		t.Run(check.Check, func(t *testing.T) {
			if check.Failed != "" {
				t.Errorf("%s\n%s", check.Expects, check.Failed)
			}
		})
	}
	if failure != nil || played == 0 {
		t.Errorf("%s: %d checks, then %v\n%s", script, played, failure, &errs)
	}
}

// TestClients plays what each client's documentation says to do.
func TestClients(t *testing.T) {
	interpreter := python(t)
	for _, script := range []string{"taxii2_client.py", "stix2_store.py", "cytaxii2_calls.py"} {
		t.Run(strings.TrimSuffix(script, ".py"), func(t *testing.T) {
			n := start(t)
			n.play(t, interpreter, script, n.world())
		})
	}
}
