// SPDX-License-Identifier: Apache-2.0

package web

// This file makes, changes and takes away the accounts of tools at the STIX door.

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
)

func (s *site) accountRoutes(mux *http.ServeMux) {
	mux.Handle("GET /accounts", s.page(s.accounts))
	mux.Handle("POST /accounts", s.post("account", s.addAccount, s.accounts))
	mux.HandleFunc("POST /accounts/{name}", func(w http.ResponseWriter, r *http.Request) {
		s.post(accountForm(r.PathValue("name")), s.changeAccount, s.accounts)(w, r)
	})
	mux.Handle("POST /accounts/{name}/remove", s.post("remove", s.removeAccount, s.accounts))
}

// accountForm is the form by which one account is changed: there are several on a
// page.
func accountForm(name string) string { return "account-" + name }

func (s *site) accounts(v *visit) error {
	all, err := s.desk.Accounts(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	kept, err := s.shelf.ListCollections(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	var collections []choice
	for _, c := range kept {
		collections = append(collections, choice{cmp.Or(c.Alias, c.ID), c.Title})
	}
	partners, err := s.partnerChoices(v)
	if err != nil {
		return err
	}
	v.section = "accounts"
	return v.show("STIX accounts", accountsPage(v, all, collections, partners))
}

// account reads what is asked of an account.
func (in *input) account(name string) api.NewAccount {
	return api.NewAccount{
		Name: name, TLP: handling.TLP(in.text("tlp")), Actions: api.Actions(in.text("actions")), Read: in.values["read"], Write: in.values["write"], See: in.values["see"],
		Certificate: in.text("certificate"), Reason: in.text("why"), Partner: in.text("partner"),
	}
}

// addAccount shows the secrets of a new account once: the node keeps only hashes.
func (s *site) addAccount(v *visit) (string, error) {
	in := v.input()
	made, err := s.desk.AddAccount(v.r.Context(), v.who, in.account(in.text("name")))
	if err != nil {
		return shown, besideField("name", err)
	}
	address := strings.TrimSuffix(v.node.Address, "/")
	made.Discovery, made.APIRoot = address+api.DiscoveryPath, address+api.RootPath
	v.section = "accounts"
	return shown, v.show("Account "+made.Name, secretsPage(v, made))
}

func (s *site) changeAccount(v *visit) (string, error) {
	_, err := s.desk.ChangeAccount(v.r.Context(), v.who, v.input().account(v.r.PathValue("name")))
	return "/accounts?done=account", err
}

func (s *site) removeAccount(v *visit) (string, error) {
	_, err := s.desk.RemoveAccount(v.r.Context(), v.who, v.r.PathValue("name"))
	return "/accounts?done=account-removed", err
}

// toolActions are what a tool does with what it reads, in words.
var toolActions = []choice{
	{string(api.Passive), "passive: cross-checks, and touches nothing outside; may read PAP:AMBER"},
	{string(api.Active), "active: may be noticed by those whom an indicator names"},
}

// received is the collection of what partners sent: nobody adds to it.
const received = "received"

// filled are the collections that a tool may add to.
func filled(collections []choice) (some []choice) {
	for _, c := range collections {
		if c.value != received {
			some = append(some, c)
		}
	}
	return some
}
