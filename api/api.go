// SPDX-License-Identifier: Apache-2.0

// Package api is our own JSON API: its types, and a client. The command line
// speaks to the node through it, and so can anyone.
package api
