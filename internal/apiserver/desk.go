// SPDX-License-Identifier: Apache-2.0

package apiserver

// This file answers about the node, its people and its partners.

import (
	"net/http"
	"strings"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/taxii"
	"github.com/tocsin-exchange/tocsin/warning"
)

// nothing is the body of a request that says all in its path.
type nothing struct{}

func (s *server) node(w http.ResponseWriter, r *http.Request) { s.answer(w, r, s.shelf.Node(), nil) }

func (s *server) public(w http.ResponseWriter, r *http.Request) {
	statements, err := s.shelf.Public(r.Context())
	s.answer(w, r, api.List[warning.Statement]{Items: statements}, err)
}

// enrol spends a one-time link; the whole link will do for its secret.
func (s *server) enrol(w http.ResponseWriter, r *http.Request) {
	in, err := read[api.Enrol](w, r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	secret := in.Link[strings.LastIndexByte(in.Link, '/')+1:]
	token, person, err := s.desk.Enrol(r.Context(), secret)
	s.answer(w, r, api.Enrolled{Token: token, Person: person}, err)
}

func (s *server) me(c call) (api.Me, error) {
	me := api.Me{Kind: string(c.who.Kind), Name: c.who.Name, Title: c.who.Title}
	for _, role := range c.who.Roles {
		me.Roles = append(me.Roles, string(role))
	}
	return me, nil
}

func (s *server) signOut(c call, _ nothing) (nothing, error) {
	return nothing{}, s.desk.SignOut(c.ctx(), c.who, c.secret)
}

func (s *server) persons(c call) ([]api.Person, error) { return s.desk.Persons(c.ctx(), c.who) }

// link is a sign-in link as it is handed over.
func (s *server) link(name, secret string, err error) (api.Link, error) {
	if err != nil {
		return api.Link{}, err
	}
	return api.Link{Name: name, Link: s.shelf.Node().Address + api.SignInPath + secret}, nil
}

func (s *server) addPerson(c call, in api.NewPerson) (api.Link, error) {
	secret, err := s.desk.AddPerson(c.ctx(), c.who, in.Name, in.Title, in.Roles)
	return s.link(in.Name, secret, err)
}

func (s *server) linkPerson(c call, _ nothing) (api.Link, error) {
	secret, err := s.desk.Link(c.ctx(), c.who, c.id())
	return s.link(c.id(), secret, err)
}

func (s *server) removePerson(c call, _ nothing) (api.Person, error) {
	return s.desk.RemovePerson(c.ctx(), c.who, c.id())
}

func (s *server) setRoles(c call, in api.NewRoles) (api.Person, error) {
	return s.desk.SetRoles(c.ctx(), c.who, c.id(), in.Roles)
}

func (s *server) tokens(c call) ([]api.TokenLine, error) { return s.desk.Tokens(c.ctx(), c.who) }

func (s *server) revokeToken(c call, _ nothing) (api.TokenLine, error) {
	return s.desk.RevokeToken(c.ctx(), c.who, c.id())
}

func (s *server) addToken(c call, in api.NewToken) (api.Token, error) {
	secret, err := s.desk.AddToken(c.ctx(), c.who, in.Name)
	return api.Token{Name: in.Name, Token: secret}, err
}

func (s *server) invite(c call, in api.Invite) (api.Invitation, error) {
	text, err := s.desk.Invite(c.ctx(), c.who, in.Terms)
	return api.Invitation{Text: text}, err
}

func (s *server) accept(c call, in api.Invitation) (api.Partner, error) {
	channel, err := s.desk.Accept(c.ctx(), c.who, in.Text)
	return s.seen(c, channel.Name, err)
}

// seen is the partner as it is after a change.
func (s *server) seen(c call, name string, err error) (api.Partner, error) {
	if err != nil {
		return api.Partner{}, err
	}
	return s.shelf.Partner(c.ctx(), c.who, name)
}

func (s *server) partners(c call) ([]api.PartnerLine, error) { return s.shelf.Partners(c.ctx(), c.who) }

func (s *server) partner(c call) (api.Partner, error) { return s.shelf.Partner(c.ctx(), c.who, c.id()) }

func (s *server) confirm(c call, in api.Confirm) (api.Partner, error) {
	_, err := s.desk.Confirm(c.ctx(), c.who, c.id(), in.Digits)
	return s.seen(c, c.id(), err)
}

func (s *server) propose(c call, in api.Propose) (api.Partner, error) {
	if in.Theirs == (in.Terms != nil) {
		return api.Partner{}, invalid("give terms, or take theirs", "propose one of the two: terms, or theirs")
	}
	_, err := s.desk.Propose(c.ctx(), c.who, c.id(), in.Terms)
	return s.seen(c, c.id(), err)
}

func (s *server) signTerms(c call, _ nothing) (api.Partner, error) {
	_, err := s.outbox.SignTerms(c.ctx(), c.who, c.id())
	return s.seen(c, c.id(), err)
}

func (s *server) setState(c call, in api.SetState) (api.Partner, error) {
	_, err := s.desk.SetState(c.ctx(), c.who, c.id(), partner.State(in.State), in.Why)
	return s.seen(c, c.id(), err)
}

func (s *server) setLimits(c call, in api.Limits) (api.Partner, error) {
	_, err := s.desk.SetLimits(c.ctx(), c.who, c.id(), partner.Limits{Place: in.Place, Time: in.Time})
	return s.seen(c, c.id(), err)
}

func (s *server) unfreeze(c call, in api.Freeze) (api.Partner, error) {
	_, err := s.desk.Unfreeze(c.ctx(), c.who, c.id(), in.Why)
	return s.seen(c, c.id(), err)
}

func (s *server) freezeAll(c call, in api.Freeze) (api.List[api.PartnerLine], error) {
	return s.frozen(c, in.Why, false)
}

func (s *server) unfreezeAll(c call, in api.Freeze) (api.List[api.PartnerLine], error) {
	return s.frozen(c, in.Why, true)
}

func (s *server) frozen(c call, why string, undo bool) (all api.List[api.PartnerLine], err error) {
	if _, err = s.desk.FreezeAll(c.ctx(), c.who, why, undo); err != nil {
		return all, err
	}
	all.Items, err = s.shelf.Partners(c.ctx(), c.who)
	return all, err
}

func (s *server) collections(c call) ([]taxii.Collection, error) {
	return s.shelf.ListCollections(c.ctx(), c.who)
}

func (s *server) addCollection(c call, in api.NewCollection) (taxii.Collection, error) {
	return s.intake.AddCollection(c.ctx(), c.who, in.Title, in.Description, in.Alias, in.Purpose)
}

func (s *server) accounts(c call) ([]api.Account, error) { return s.desk.Accounts(c.ctx(), c.who) }

func (s *server) addAccount(c call, in api.NewAccount) (api.AccountSecrets, error) {
	made, err := s.desk.AddAccount(c.ctx(), c.who, in)
	made.Discovery, made.APIRoot = s.shelf.Node().Address+api.DiscoveryPath, s.shelf.Node().Address+api.RootPath
	return made, err
}

func (s *server) changeAccount(c call, in api.NewAccount) (api.Account, error) {
	in.Name = c.id()
	return s.desk.ChangeAccount(c.ctx(), c.who, in)
}

func (s *server) removeAccount(c call, _ nothing) (api.Account, error) {
	return s.desk.RemoveAccount(c.ctx(), c.who, c.id())
}
