// SPDX-License-Identifier: Apache-2.0

package api

// This file holds the types and the client's calls about assurances.

import (
	"context"
	"net/url"

	"github.com/tocsin-exchange/tocsin/warning"
)

// Assurance is a sheet, and why nobody can be named by it, if nobody can. One that
// waits does not hold yet: Waits says for what.
type Assurance struct {
	warning.Assurance
	Against string `json:"against,omitempty"`
	Waits   string `json:"waits,omitempty"`
}

// Assurances lists the sheets.
func (c *Client) Assurances(ctx context.Context) ([]Assurance, error) {
	return list[Assurance](ctx, c, "/assurances")
}

// AssuranceHistory lists every sheet there was, the newest first: on a partner and
// a country, if they are named.
func (c *Client) AssuranceHistory(ctx context.Context, partner, country string) ([]warning.AssuranceHistory, error) {
	return list[warning.AssuranceHistory](ctx, c, "/assurances/history?"+url.Values{"partner": {partner}, "country": {country}}.Encode())
}

// SetAssurance judges a partner and a country anew.
func (c *Client) SetAssurance(ctx context.Context, a warning.Assurance) (Assurance, error) {
	return post[Assurance](ctx, c, "/assurances", a)
}
