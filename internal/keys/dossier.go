// SPDX-License-Identifier: Apache-2.0

package keys

// This file signs dossiers.

import "crypto/ed25519"

// SignDossier signs what the writer of a dossier signs, by dossier.SigningInput.
func (r *Ring) SignDossier(input []byte) []byte { return ed25519.Sign(r.set().sign, input) }
