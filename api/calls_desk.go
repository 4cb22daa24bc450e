// SPDX-License-Identifier: Apache-2.0

package api

// This file holds the client's calls about the node, its people and its
// partners.

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/taxii"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Node is what the node says of itself to anyone.
func (c *Client) Node(ctx context.Context) (Node, error) { return get[Node](ctx, c, "/node") }

// Public lists the statements that were cleared, to anyone.
func (c *Client) Public(ctx context.Context) ([]warning.Statement, error) {
	return list[warning.Statement](ctx, c, "/public")
}

// Enrol spends a one-time link for a credential of the person's own.
func (c *Client) Enrol(ctx context.Context, link string) (Enrolled, error) {
	return post[Enrolled](ctx, c, "/enrol", Enrol{Link: link})
}

// SignOut ends the credential this client uses.
func (c *Client) SignOut(ctx context.Context) error {
	_, err := post[struct{}](ctx, c, "/signout", struct{}{})
	return err
}

// Me is whom the node takes this client for.
func (c *Client) Me(ctx context.Context) (Me, error) { return get[Me](ctx, c, "/me") }

// Board is what a desk must see at once.
func (c *Client) Board(ctx context.Context) (Board, error) { return get[Board](ctx, c, "/board") }

// Persons lists who may sign in.
func (c *Client) Persons(ctx context.Context) ([]Person, error) {
	return list[Person](ctx, c, "/persons")
}

// AddPerson adds somebody and answers the one-time sign-in link.
func (c *Client) AddPerson(ctx context.Context, person NewPerson) (Link, error) {
	return post[Link](ctx, c, "/persons", person)
}

// LinkPerson makes a new one-time sign-in link.
func (c *Client) LinkPerson(ctx context.Context, name string) (Link, error) {
	return post[Link](ctx, c, path("/persons", name)+"/link", struct{}{})
}

// RemovePerson takes somebody away: every credential of that person ends at once.
func (c *Client) RemovePerson(ctx context.Context, name string) (Person, error) {
	return remove[Person](ctx, c, path("/persons", name))
}

// SetRoles replaces a person's roles.
func (c *Client) SetRoles(ctx context.Context, name string, roles NewRoles) (Person, error) {
	return replace[Person](ctx, c, path("/persons", name)+"/roles", roles)
}

// Tokens lists the tools' tokens, without their secrets.
func (c *Client) Tokens(ctx context.Context) ([]TokenLine, error) {
	return list[TokenLine](ctx, c, "/tokens")
}

// RevokeToken ends a tool's token at once.
func (c *Client) RevokeToken(ctx context.Context, name string) (TokenLine, error) {
	return remove[TokenLine](ctx, c, path("/tokens", name))
}

// AddToken makes a token for a tool.
func (c *Client) AddToken(ctx context.Context, token NewToken) (Token, error) {
	return post[Token](ctx, c, "/tokens", token)
}

// Invite makes an invitation.
func (c *Client) Invite(ctx context.Context, terms *warning.Terms) (Invitation, error) {
	return post[Invitation](ctx, c, "/invitations", Invite{Terms: terms})
}

// Accept takes a partner's invitation.
func (c *Client) Accept(ctx context.Context, text string) (Partner, error) {
	return post[Partner](ctx, c, "/partners", Invitation{Text: text})
}

// Partners lists the partners in a line each.
func (c *Client) Partners(ctx context.Context) ([]PartnerLine, error) {
	return list[PartnerLine](ctx, c, "/partners")
}

// Partner shows one partner.
func (c *Client) Partner(ctx context.Context, name string) (Partner, error) {
	return get[Partner](ctx, c, path("/partners", name))
}

// Confirm says that the 60 digits were compared by voice.
func (c *Client) Confirm(ctx context.Context, name, digits string) (Partner, error) {
	return post[Partner](ctx, c, path("/partners", name)+"/confirm", Confirm{Digits: digits})
}

// Propose puts terms on the table.
func (c *Client) Propose(ctx context.Context, name string, propose Propose) (Partner, error) {
	return post[Partner](ctx, c, path("/partners", name)+"/terms", propose)
}

// SignTerms signs the terms on the table.
func (c *Client) SignTerms(ctx context.Context, name string) (Partner, error) {
	return post[Partner](ctx, c, path("/partners", name)+"/sign", struct{}{})
}

// SetState limits, suspends, freezes, expels or restores a partner.
func (c *Client) SetState(ctx context.Context, name string, state SetState) (Partner, error) {
	return post[Partner](ctx, c, path("/partners", name)+"/state", state)
}

// SetLimits says how exactly a partner may be told where and when.
func (c *Client) SetLimits(ctx context.Context, name string, limits Limits) (Partner, error) {
	return post[Partner](ctx, c, path("/partners", name)+"/limits", limits)
}

// Unfreeze returns a frozen partner to the state it had.
func (c *Client) Unfreeze(ctx context.Context, name string, why Freeze) (Partner, error) {
	return post[Partner](ctx, c, path("/partners", name)+"/unfreeze", why)
}

// FreezeAll freezes every channel at once, and answers the partners as they are then.
func (c *Client) FreezeAll(ctx context.Context, why Freeze) ([]PartnerLine, error) {
	all, err := post[List[PartnerLine]](ctx, c, "/freeze", why)
	return all.Items, err
}

// UnfreezeAll returns every frozen channel to the state it had.
func (c *Client) UnfreezeAll(ctx context.Context, why Freeze) ([]PartnerLine, error) {
	all, err := post[List[PartnerLine]](ctx, c, "/unfreeze", why)
	return all.Items, err
}

// Alarms lists the alarms: those raised, or all.
func (c *Client) Alarms(ctx context.Context, all bool) ([]warning.Alarm, error) {
	return list[warning.Alarm](ctx, c, fmt.Sprintf("/alarms?all=%t", all))
}

// Dismiss ends an alarm.
func (c *Client) Dismiss(ctx context.Context, id, reason string) (warning.Alarm, error) {
	return post[warning.Alarm](ctx, c, path("/alarms", id)+"/dismiss", Dismiss{Reason: reason})
}

// Log lists audit lines before an index, newest first; from the newest if it is zero.
func (c *Client) Log(ctx context.Context, before int64, limit int) ([]LogLine, error) {
	return list[LogLine](ctx, c, fmt.Sprintf("/log?before=%d&limit=%d", before, limit))
}

// Checkpoint is the newest signed checkpoint of the node's log.
func (c *Client) Checkpoint(ctx context.Context) (Checkpoint, error) {
	return get[Checkpoint](ctx, c, "/ledger/checkpoint")
}

// Receipt is a message's receipt as a file.
func (c *Client) Receipt(ctx context.Context, hash string) ([]byte, error) {
	return c.raw(ctx, path("/receipts", hash), "*/*")
}

// Message is a message as a file; with headerOnly without its text.
func (c *Client) Message(ctx context.Context, hash string, headerOnly bool) ([]byte, error) {
	return c.MessageFor(ctx, hash, headerOnly, "")
}

// MessageFor is [Client.Message] for a purpose, one of handling.FilePurposes.
func (c *Client) MessageFor(ctx context.Context, hash string, headerOnly bool, purpose handling.FilePurpose) ([]byte, error) {
	return c.raw(ctx, fmt.Sprintf("%s?header_only=%t&purpose=%s", path("/messages", hash), headerOnly, url.QueryEscape(string(purpose))), "*/*")
}

// AddCollection makes a collection of the STIX door.
func (c *Client) AddCollection(ctx context.Context, collection NewCollection) (taxii.Collection, error) {
	return post[taxii.Collection](ctx, c, "/taxii/collections", collection)
}

// Collections lists the collections as this caller may use them.
func (c *Client) Collections(ctx context.Context) ([]taxii.Collection, error) {
	return list[taxii.Collection](ctx, c, "/taxii/collections")
}

// AddAccount makes an account of the STIX door, and answers its secrets.
func (c *Client) AddAccount(ctx context.Context, account NewAccount) (AccountSecrets, error) {
	return post[AccountSecrets](ctx, c, "/taxii/accounts", account)
}

// Accounts lists the accounts of the STIX door, without their secrets.
func (c *Client) Accounts(ctx context.Context) ([]Account, error) {
	return list[Account](ctx, c, "/taxii/accounts")
}

// ChangeAccount gives an account other collections, another label or another
// certificate: what is asked for. Its secrets stay.
func (c *Client) ChangeAccount(ctx context.Context, account NewAccount) (Account, error) {
	return replace[Account](ctx, c, path("/taxii/accounts", account.Name), account)
}

// RemoveAccount takes an account away at once.
func (c *Client) RemoveAccount(ctx context.Context, name string) (Account, error) {
	return remove[Account](ctx, c, path("/taxii/accounts", name))
}

// replace is post for what replaces a thing that is there.
func replace[T any](ctx context.Context, c *Client, path string, body any) (T, error) {
	return call[T](ctx, c, http.MethodPut, path, body)
}

// remove takes a thing away and answers what it was.
func remove[T any](ctx context.Context, c *Client, path string) (T, error) {
	return call[T](ctx, c, http.MethodDelete, path, nil)
}
