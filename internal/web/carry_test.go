// SPDX-License-Identifier: Apache-2.0

package web_test

// This file carries files between two nodes by pages, recovers a node by them, and
// takes a backup.

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
)

// written is the form by which the newest file is said to be on a medium.
func (p *page) written() string {
	p.Helper()
	for _, form := range p.all("form[action]") {
		if action := attr(form, "action"); strings.HasSuffix(action, "/written") {
			return action
		}
	}
	p.Fatalf("no file can be said to be on a medium: %s", text(p.one("main")))
	return ""
}

// carried saves a file for a partner by its page.
func (b *browser) carried(to string) []byte {
	b.Helper()
	path := "/carry/" + to
	file := b.submit(path, path, nil)
	if file.status != http.StatusOK || !strings.Contains(file.header.Get("Content-Disposition"), `-for-`+to+`-`) {
		b.Fatalf("no file for %s: %d %s", to, file.status, text(file.one("body")))
	}
	return file.body
}

func TestFilesAreCarriedByPages(t *testing.T) {
	alpha, bravo := pair(t)
	alpha.deaf.Store(true)
	bravo.deaf.Store(true)
	composed := alpha.people["ines"].submit("/warnings/new", "/warnings/new", typedWarning(bravoText))
	draft, _, _ := strings.Cut(composed.path, "?")
	alpha.people["ruth"].submit(draft, draft+"/release", nil)
	alpha.people["omar"].submit(draft, draft+"/release", nil)

	ines, dana := alpha.people["ines"], bravo.people["dana"]
	ines.get("/carry").want("td", "1 message").wellMade("ines")
	ines.get("/partners/bravo").want("section a", "carry to bravo")
	file := ines.carried("bravo")
	made := ines.get("/carry/bravo").want("td", "message no. 2").want("td", "ines")
	ines.submit("/carry/bravo", made.written(), nil).want("main .notice", "on the medium").want("td", "said")

	dana.upload("/carry", "file", nil).refused(422, "no file was chosen").want422("#take-file-wrong")
	dana.upload("/carry", "file", []byte("a letter")).refused(422, "no carry file for this node")
	if p := dana.upload("/carry", "file", file[:len(file)/2]); p.status != 422 && !p.says("#taken", "Not everything") {
		t.Errorf("half a file: %d %s", p.status, text(p.one("main")))
	}
	dana.upload("/carry", "file", file).want("#taken", "Taken whole").want("a", "carry to alpha").wellMade("dana")
	dana.get("/cases").want("td", "Cathedral")
	dana.upload("/carry", "file", file).want("#taken", "Taken whole")
	dana.get("/carry").want("td", "1 receipt")
	dana.get("/").want("td a", "1 receipt to be carried")
	receipts := dana.carried("alpha")
	dana.submit("/carry/alpha", dana.get("/carry/alpha").want("td", "1 receipt").written(), nil)
	dana.submit("/carry/alpha", "/carry/alpha", nil).refused(409, "nothing waits")
	alpha.people["dana"].upload("/carry", "file", receipts).want("#taken", "Taken whole")
	ines.get("/carry").want("td .quiet", "nothing")

	for who, status := range map[string]int{"vera": 403, "ada": 200} {
		for _, path := range []string{"/carry", "/carry/bravo"} {
			if p := alpha.people[who].get(path); p.status != status {
				t.Errorf("%s at %s: %d", who, path, p.status)
			}
		}
	}
	if p := alpha.people["vera"].upload("/carry", "file", receipts); p.status != 403 {
		t.Errorf("the overseer takes a file: %d", p.status)
	}
}

// want422 fails unless an element stands on a page that was refused.
func (p *page) want422(selector string) {
	p.Helper()
	if len(p.all(selector)) != 1 {
		p.Errorf("%s: no %s", p.path, selector)
	}
}

// One way, nothing comes back: what is in the file counts as carried.
func TestAFileGoesOneWayByAPage(t *testing.T) {
	alpha, bravo := pair(t)
	bravo.deaf.Store(true)
	composed := alpha.people["ines"].submit("/warnings/new", "/warnings/new", typedWarning(bravoText))
	draft, _, _ := strings.Cut(composed.path, "?")
	alpha.people["ruth"].submit(draft, draft+"/release", nil)
	alpha.people["omar"].submit(draft, draft+"/release", nil)
	ines := alpha.people["ines"]
	p := ines.submit("/carry/bravo", "/carry/bravo", url.Values{"again": {"most"}, "one_way": {"yes"}})
	if kept := offered(p.form("/carry/bravo")); p.status != 422 || kept.Get("again") != "most" || kept.Get("one_way") != "yes" {
		t.Errorf("what was typed is lost: %d %v", p.status, kept)
	}
	ines.submit("/carry/bravo", "/carry/bravo", url.Values{"one_way": {"yes"}})
	ines.submit("/carry/bravo", ines.get("/carry/bravo").want("td .quiet", "one way").written(), nil)
	ines.get("/carry").want("td .quiet", "nothing")
}

// What does not fit the size that was asked for goes into the files that follow, which
// the page offers until nothing is left; they are taken in their order.
func TestAFileIsSplitByAPage(t *testing.T) {
	alpha, bravo := pair(t)
	alpha.deaf.Store(true)
	bravo.deaf.Store(true)
	ines, dana := alpha.people["ines"], bravo.people["dana"]
	for range 20 {
		composed := ines.submit("/warnings/new", "/warnings/new", typedWarning(strings.Repeat("An attack is planned. ", 1400)))
		draft, _, _ := strings.Cut(composed.path, "?")
		alpha.people["ruth"].submit(draft, draft+"/release", nil)
		alpha.people["omar"].submit(draft, draft+"/release", nil)
	}
	for _, size := range []string{"much", "5MB", "-1"} {
		p := ines.submit("/carry/bravo", "/carry/bravo", url.Values{"max_size": {size}}).refused(422, "cannot be read")
		if p.want422("#carry-max_size-wrong"); offered(p.form("/carry/bravo")).Get("max_size") != size {
			t.Errorf("%q was lost", size)
		}
	}
	// A page asks for 9 MiB at least: so much does not wait here.
	var files [][]byte
	var file bytes.Buffer
	who := caller.Caller{Kind: caller.Person, Name: "ines", Roles: []caller.Role{caller.Analyst}}
	made, err := alpha.carry.CarryOut(t.Context(), who, "bravo", api.CarryOut{MaxSize: 600 << 10}, func() {}, &file)
	must(t, err)
	for files = append(files, file.Bytes()); ; {
		p := ines.get("/carry/bravo")
		p.wellMade("ines")
		rest := ""
		for _, form := range p.all("form[action]") {
			if action := attr(form, "action"); strings.HasSuffix(action, "/rest") {
				rest = action
			}
		}
		if rest == "" {
			break
		}
		answer := ines.submit("/carry/bravo", rest, nil)
		if answer.status != http.StatusOK || len(answer.body) > 600<<10 {
			t.Fatalf("the rest of file %d: %d, %d bytes", len(files), answer.status, len(answer.body))
		}
		files = append(files, answer.body)
	}
	if !made.More || len(files) < 2 {
		t.Fatalf("%d files", len(files))
	}
	ines.get("/carry/bravo").want("td .quiet", "no. 2 follows").want("td .quiet", "follows no. 1")
	ines.post("/carry/bravo/"+made.File[:10]+"/rest", nil).refused(404, "")
	dana.upload("/carry", "file", files[1]).want("#taken", "Not everything").want("main", "take file 1 of alpha first")
	for _, file := range files {
		dana.upload("/carry", "file", file).want("#taken", "Taken whole")
	}
	if n := len(dana.get("/cases").all("td a")); n < 20 {
		t.Errorf("%d cases came", n)
	}
}

// A node that was put back to an earlier day asks its partner in a file, is
// answered in one, and goes on.
func TestANodeRecoversByHandByPages(t *testing.T) {
	alpha, bravo := pair(t)
	alpha.deaf.Store(true)
	bravo.deaf.Store(true)
	ada, dana, theirs := alpha.people["ada"], alpha.people["dana"], bravo.people["dana"]
	dana.get("/recovery").want(".nothing", "never restored").wellMade("dana")
	if dana.get("/recovery").form("/recovery/by-hand") != nil {
		t.Error("a duty officer is offered to begin a recovery")
	}
	ada.submit("/recovery", "/recovery/by-hand", url.Values{"why": {" "}}).refused(422, "needs a reason").want422("#by-hand-why-wrong")
	ada.submit("/recovery", "/recovery/by-hand", url.Values{"why": {"Last night's copy."}}).
		want("h2", "In recovery").want("h3 .state", "waits").want("a", "write the file that asks")
	dana.get("/").want("#recovery", "In recovery").want("section a", "what can be done")
	dana.get("/carry/bravo").want(".notice.care", "holds that question alone")
	if dana.get("/recovery").form("/recovery/bravo/without") != nil {
		t.Error("a duty officer may go on without a partner")
	}
	question := dana.carried("bravo")
	dana.get("/recovery").want("dt", "Asked in file no.")

	theirs.upload("/carry", "file", question).want(".notice.care", "says that it was restored")
	theirs.get("/").want("td a", "asks what we hold of it")
	theirs.get("/recovery").want("h3", "alpha was restored, and asks what we hold of it").want("a.button", "Write the file that answers")
	answer := theirs.carried("alpha")
	theirs.get("/carry/alpha").want("td", "what this node holds of them")

	dana.upload("/carry", "file", answer).want("#taken", "Taken whole").want("section a", "recovery")
	alpha.await("the end of the recovery", func() bool { return dana.get("/recovery").says("h2", "Ended") })
	alpha.await("another name of the log", func() bool { return dana.get("/recovery").says("h2", "under another name") })
	ada.get("/recovery").want("h3 .state", "answered").want("h3 .quiet", "by hand").wellMade("ada")
}

func TestANodeGoesOnWithoutAPartnerByItsPage(t *testing.T) {
	alpha, bravo := pair(t)
	bravo.deaf.Store(true)
	ada := alpha.people["ada"]
	ada.submit("/recovery", "/recovery/by-hand", url.Values{"why": {"Last night's copy."}})
	ada.submit("/recovery", "/recovery/new-log", url.Values{"why": {""}}).refused(422, "needs a reason").want422("#new-log-why-wrong")
	p := ada.submit("/recovery", "/recovery/bravo/without", url.Values{"why": {"?"}}).refused(422, "needs a reason")
	p.want422("#without-bravo-why-wrong")
	ada.submit("/recovery", "/recovery/bravo/without", url.Values{"why": {"Their house burnt down."}}).
		want("main .notice", "does not wait").want("h3 .state", "left out").want("p", "Left out by ada: Their house burnt down.").want("li", "Nothing passes between bravo and us")
}

// A backup is handed out as a file to who knows what it is sealed with; one that
// breaks off ends its connection, so that no browser takes it for whole.
func TestABackupIsTakenByAPage(t *testing.T) {
	n := newNode(t, "alpha", "US")
	n.staff()
	ada := n.people["ada"]
	ada.get("/backup").want("h1", "Backup").wellMade("ada")
	ada.submit("/backup", "/backup", nil).refused(422, "say with what it is sealed").want422("#backup-to-wrong")
	p := ada.submit("/backup", "/backup", url.Values{"passphrase": {"a guess that is long enough"}}).refused(403, "passphrase of the key file")
	if strings.Contains(string(p.body), "a guess") {
		t.Error("what was typed as a passphrase is shown again")
	}
	file := ada.submit("/backup", "/backup", url.Values{"passphrase": {safePassphrase}})
	if file.status != 200 || !strings.HasPrefix(string(file.body), "age-encryption.org/v1") || !strings.Contains(file.header.Get("Content-Disposition"), "alpha-") {
		t.Errorf("%d %v %.40s", file.status, file.header, file.body)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, ada.base+"/backup", strings.NewReader(url.Values{"passphrase": {safePassphrase + "…"}}.Encode()))
	must(t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	if response, err := ada.client.Do(request); err == nil {
		if _, err = io.Copy(io.Discard, response.Body); err == nil {
			t.Error("a backup that broke off came as if it were whole")
		}
		must(t, response.Body.Close())
	}
	for _, who := range []string{"ruth", "dana", "vera", "ines"} {
		if p := n.people[who].get("/backup"); p.status != 403 {
			t.Errorf("%s: %d", who, p.status)
		}
		if slices.ContainsFunc(n.people[who].get("/recovery").all("nav a"), hrefIs("/backup")) {
			t.Errorf("%s is offered a backup", who)
		}
	}
}
