// SPDX-License-Identifier: Apache-2.0

package taxiiserver_test

// This file lets a partner's tool read while we part from the partner.

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/desk"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/taxii"
	"github.com/tocsin-exchange/tocsin/warning"
)

// befriend makes bravo a partner, and a tool of bravo's.
func (d *door) befriend() api.AccountSecrets {
	d.Helper()
	ring, err := keys.Generate("bravo", "SE")
	must(d, err)
	own, err := keys.Generate("alpha", "NO")
	must(d, err)
	must(d, d.store.Change(d.Context(), caller.Self(), store.What{Act: caller.Tick}, func(tx *store.Tx) error {
		terms, err := warning.Encode(desk.DefaultTerms(tx.Now))
		if err != nil {
			return err
		}
		channel := partner.NewChannel(own.Card("https://alpha.example.org"), ring.Card("https://bravo.example.org"), terms, tx.Now)
		channel.State, channel.ConfirmedBy, channel.OurTerms, channel.TheirTerms = partner.Active, "root", terms, terms
		return tx.AddChannel(channel)
	}))
	made, err := d.people.AddAccount(d.Context(), person(caller.Administrator), api.NewAccount{Name: "bravo-siem", TLP: handling.Green, Read: []string{"feed"}, Partner: "bravo"})
	must(d, err)
	d.tokens["bravo-siem"] = made.Token
	return made
}

func (d *door) turn(state partner.State) {
	d.Helper()
	_, err := d.people.SetState(d.Context(), person(caller.DutyOfficer), "bravo", state, "a reason")
	must(d, err)
}

// A tool of a partner's opens nothing unless the channel is active, and is told
// what a stranger is told; expulsion ends it for good.
func TestAPartnersTool(t *testing.T) {
	d := newDoor(t)
	d.befriend()
	address := api.RootPath + "collections/" + d.ids["feed"] + "/objects/"
	stranger := d.do("GET", address, "guess", nil)
	ask := func(when string, want int) {
		t.Helper()
		got := d.do("GET", address, "bravo-siem", nil)
		if got.Code != want || want != 200 && got.Body.String() != stranger.Body.String() {
			t.Errorf("%s: answered %d %s", when, got.Code, got.Body)
		}
	}
	ask("active", 200)
	for _, state := range []partner.State{partner.Limited, partner.Suspended, partner.Frozen} {
		d.turn(state)
		ask(string(state), 401)
		d.turn(partner.Active)
		ask("active again", 200)
	}
	d.turn(partner.Expelled)
	ask("expelled", 401)
	d.turn(partner.Active)
	channel, digits := partner.Channel{}, ""
	must(t, d.store.Glance(t.Context(), caller.Self(), store.What{Act: caller.Tick}, func(tx *store.Tx) (err error) {
		channel, err = store.Channels.Get(tx, "bravo")
		digits = envelope.SafetyNumber(d.card, channel.Card)
		return err
	}))
	_, err := d.people.Confirm(t.Context(), person(caller.Administrator), "bravo", digits)
	must(t, err)
	ask("restored", 401)
	accounts, err := d.people.Accounts(t.Context(), person(caller.Administrator))
	must(t, err)
	for _, account := range accounts {
		if account.Name == "bravo-siem" && (account.Partner != "bravo" || account.Ended.IsZero()) {
			t.Errorf("the account is %+v", account)
		}
	}
	_, err = d.people.ChangeAccount(t.Context(), person(caller.Administrator), api.NewAccount{Name: "bravo-siem", Read: []string{"other"}})
	if err == nil || !strings.Contains(err.Error(), "ended when bravo was expelled") {
		t.Errorf("an account that has ended was changed: %v", err)
	}
}

// A tool that reads its answer slowly does not hold up the expulsion, and gets
// no byte more than was on its way.
func TestExpulsionCutsAnAnswerOff(t *testing.T) {
	d := newDoor(t)
	secrets := d.befriend()
	objects := make([]string, 100)
	for i := range objects {
		objects[i] = fmt.Sprintf(`{"type":"note","spec_version":"2.1","id":"note--%08d-0000-4000-8000-000000000000","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z",`+
			`"content":"%s","object_refs":["note--00000000-0000-4000-8000-000000000000"],"object_marking_refs":["marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"]}`, i, strings.Repeat("x", 100_000))
	}
	added := d.do("POST", api.RootPath+"collections/"+d.ids["feed"]+"/objects/", "red", strings.NewReader(`{"objects":[`+strings.Join(objects, ",")+`]}`))
	if added.Code != http.StatusAccepted {
		t.Fatalf("added: %d %s", added.Code, added.Body)
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(serve(t, d.handler), "http://"))
	must(t, err)
	defer conn.Close()
	must(t, conn.(*net.TCPConn).SetReadBuffer(64<<10))
	must(t, conn.SetReadDeadline(time.Now().Add(20*time.Second)))
	_, err = fmt.Fprintf(conn, "GET %scollections/%s/objects/?limit=100 HTTP/1.1\r\nHost: x\r\nAccept: %s\r\nAuthorization: Bearer %s\r\n\r\n", api.RootPath, d.ids["feed"], taxii.MediaType, secrets.Token)
	must(t, err)
	head := make([]byte, 1000)
	_, err = io.ReadFull(conn, head)
	must(t, err)
	if !bytes.Contains(head, []byte("200 OK")) {
		t.Fatalf("%s", head)
	}
	start := time.Now()
	d.turn(partner.Expelled)
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("the expulsion took %v", took)
	}
	rest, err := io.Copy(io.Discard, conn)
	if whole := int64(100 * 100_000); rest >= whole || err == nil && rest > whole*3/4 {
		t.Errorf("%d bytes came afterwards (%v)", rest, err)
	}
	t.Log("bytes that were on their way:", rest)
}
